// Files: up to the limit, past it, and from one server to the other.

import { randomBytes } from 'node:crypto';
import test from 'ava';
import { MatrixError, MsgType, Preset } from 'matrix-js-sdk';
import { accept, type Person, reads } from './person.ts';
import type { Scene } from './scene.ts';
import { uploadLimit, type World } from './world.ts';

export function media(scene: Scene): void {
  test.serial('a file of the very limit is uploaded, and comes to the other server byte for byte; one byte more is refused', async (t) => {
    const { alice, bob, world } = scene;
    const file = randomBytes(uploadLimit);
    const { content_uri: address } = await alice.client.uploadContent(file, { type: 'application/octet-stream', name: 'largest.bin' });
    t.regex(address, /^mxc:\/\/one\.lab\.test\//);

    const { room_id: room } = await alice.client.createRoom({ preset: Preset.PrivateChat, invite: [bob.id] });
    await accept(bob, room);
    await alice.client.sendMessage(room, { msgtype: MsgType.File, body: 'largest.bin', url: address, info: { size: file.length } });
    const message = await reads(bob, room, 'largest.bin');
    t.true(file.equals(await download(world.fetch, bob, String(message.getContent()['url']))));

    const error = await t.throwsAsync(alice.client.uploadContent(Buffer.concat([file, Buffer.of(0)]), { type: 'application/octet-stream' }), {
      instanceOf: MatrixError,
    });
    t.like(error, { errcode: 'M_TOO_LARGE', httpStatus: 413 });
  });

  test.serial("a file is nobody's who has no account", async (t) => {
    const { alice, world } = scene;
    const { content_uri: address } = await alice.client.uploadContent(Buffer.from('for accounts'), { type: 'text/plain' });
    t.is((await download(world.fetch, alice, address)).toString(), 'for accounts');
    const url = alice.client.mxcUrlToHttp(address, undefined, undefined, undefined, false, true, true);
    t.is((await world.fetch(String(url))).status, 401);
  });
}

/** What a person's own server gives for an `mxc:` address. */
async function download(fetch: World['fetch'], { client }: Person, address: string): Promise<Buffer> {
  const url = client.mxcUrlToHttp(address, undefined, undefined, undefined, false, true, true);
  const answer = await fetch(String(url), { headers: { authorization: `Bearer ${client.getAccessToken()}` } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}
