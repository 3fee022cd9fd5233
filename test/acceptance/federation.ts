// Which servers are let in: all of them, until there is a list. And what they may ask.

import test from 'ava';
import { MatrixError, Preset } from 'matrix-js-sdk';
import { until } from './person.ts';
import type { Scene } from './scene.ts';
import { describe, run } from './world.ts';

const invite = { preset: Preset.PrivateChat };
const refused = { instanceOf: MatrixError, message: /\[403\] Federation denied/ } as const;

export function federation(scene: Scene): void {
  test.serial("another server is told somebody's name where that is allowed, and not where nothing is said of it", async (t) => {
    const { alice, bob, mallory } = scene;
    t.deepEqual(await alice.client.getProfileInfo(bob.id, 'displayname'), { displayname: 'bob' });
    for (const asker of [bob, mallory])
      await t.throwsAsync(asker.client.getProfileInfo(alice.id, 'displayname'), { instanceOf: MatrixError, message: /\[403\] Profile lookup/ });
  });

  test.serial('a third server is let in until there is a list of servers that it does not stand on, and then it is refused both ways', async (t) => {
    const { alice, bob, mallory, world } = scene;
    const { room_id: before } = await mallory.client.createRoom({ ...invite, invite: [alice.id] });
    await until('the invitation from the third server', () => alice.client.getRoom(before)?.getMyMembership() === 'invite');

    const inventory = await describe(world.lab, { one: { matrix_federation_domain_whitelist: ['two.lab.test'] } });
    const ran = await run(inventory);
    t.deepEqual(ran.changed, ['one: Configure Synapse']);

    await t.throwsAsync(mallory.client.createRoom({ ...invite, invite: [alice.id] }), refused);
    await t.throwsAsync(alice.client.createRoom({ ...invite, invite: [mallory.id] }), refused);
    await t.throwsAsync(alice.client.joinRoom(before), { instanceOf: MatrixError });
    const { room_id: after } = await alice.client.createRoom({ ...invite, invite: [bob.id] });
    await until('the invitation from the server on the list', () => bob.client.getRoom(after)?.getMyMembership() === 'invite');
  });

  test.serial('a server with an empty list talks to no other, and those talk to it no more that are open to all', async (t) => {
    const { alice, bob, mallory, world } = scene;
    const lists = { one: { matrix_federation_domain_whitelist: null }, three: { matrix_federation_domain_whitelist: [] } };
    const ran = await run(await describe(world.lab, lists));
    t.deepEqual(ran.changed.toSorted(), ['one: Configure Synapse', 'three: Configure Synapse']);
    for (const other of [alice, bob]) {
      await t.throwsAsync(mallory.client.createRoom({ ...invite, invite: [other.id] }), refused);
      await t.throwsAsync(other.client.createRoom({ ...invite, invite: [mallory.id] }), refused);
    }
  });
}
