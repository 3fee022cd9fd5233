// Rooms without encryption: invitations, messages, read receipts, typing, groups, leaving, finding people and rooms.

import test from 'ava';
import { Direction, Preset } from 'matrix-js-sdk';
import { accept, type Person, reads, sees, until } from './person.ts';
import type { Scene } from './scene.ts';

export function rooms(scene: Scene): void {
  let room = '';

  test.serial('an invitation reaches the other server, and messages go both ways', async (t) => {
    const { alice, bob } = scene;
    const made = await alice.client.createRoom({ name: 'Two servers', preset: Preset.PrivateChat, invite: [bob.id] });
    room = made.room_id;
    await accept(bob, room);
    await sees(alice, room, bob.id, 'join');
    await alice.client.sendTextMessage(room, 'Do you read me?');
    const message = await reads(bob, room, 'Do you read me?');
    t.is(message.getSender(), alice.id);
    t.false(message.isEncrypted());
    await bob.client.sendTextMessage(room, '听得很清楚 🔔');
    t.is((await reads(alice, room, '听得很清楚 🔔')).getSender(), bob.id);
  });

  test.serial('the writer sees what the other one has read, and each sees the other one type', async (t) => {
    const { alice, bob } = scene;
    const { event_id: last } = await alice.client.sendTextMessage(room, 'Read this');
    const message = await reads(bob, room, 'Read this');
    await bob.client.sendReadReceipt(message);
    await until('the receipt of bob', () => alice.client.getRoom(room)?.hasUserReadEvent(bob.id, last));
    await bob.client.sendTyping(room, true, 20_000);
    await until('bob to type', () => alice.client.getRoom(room)?.getMember(bob.id)?.typing);
    await bob.client.sendTyping(room, false, 0);
    await until('bob to stop', () => alice.client.getRoom(room)?.getMember(bob.id)?.typing === false);
    await alice.client.sendTyping(room, true, 20_000);
    await until('alice to type', () => bob.client.getRoom(room)?.getMember(alice.id)?.typing);
    t.pass();
  });

  test.serial('five people of two servers share a group, each reads each, and who leaves reads no more', async (t) => {
    const { alice, bob, carol, dave, erin } = scene;
    const all = [alice, bob, carol, dave, erin];
    const others = [bob, carol, dave, erin];
    const made = await alice.client.createRoom({ name: 'Five', preset: Preset.PrivateChat, invite: others.map(({ id }) => id) });
    const group = made.room_id;
    for (const one of others) await accept(one, group);
    await Promise.all(all.flatMap((one) => all.map((other) => sees(one, group, other.id, 'join'))));
    await Promise.all(all.map((one) => one.client.sendTextMessage(group, `from ${one.id}`)));
    await Promise.all(all.flatMap((one) => all.map((other) => reads(one, group, `from ${other.id}`))));
    await dave.client.leave(group);
    await Promise.all([alice, bob, carol, erin].map((one) => sees(one, group, dave.id, 'leave')));
    await carol.client.sendTextMessage(group, 'after dave');
    await Promise.all([alice, bob, erin].map((one) => reads(one, group, 'after dave')));
    // By now the server of dave has it: bob is on the same one.
    const { chunk } = await dave.client.createMessagesRequest(group, null, 100, Direction.Backward);
    const texts = chunk.map(({ content }) => content['body']);
    t.true(texts.includes(`from ${dave.id}`));
    t.false(texts.includes('after dave'));
    await t.throwsAsync(dave.client.sendTextMessage(group, 'I am still here'), { message: /\[403\]/ });
  });

  test.serial('a public room is joined from the other server by its alias', async (t) => {
    const { carol, dave } = scene;
    const { room_id: square } = await carol.client.createRoom({
      name: 'Square',
      room_alias_name: 'square',
      preset: Preset.PublicChat,
    });
    await dave.client.joinRoom('#square:one.lab.test');
    await sees(carol, square, dave.id, 'join');
    t.pass();
  });

  test.serial('a search finds those that one shares a room with, and nobody else', async (t) => {
    const { alice, bob, carol, erin } = scene;
    const shared = [
      [alice, carol],
      [carol, erin],
    ] as const;
    for (const [searcher, other] of shared) await until(`${searcher.id} to find ${other.id}`, () => finds(searcher, other.id));
    t.false(await finds(alice, '@admin:one.lab.test'));
    t.false(await finds(bob, '@mallory:three.lab.test'));
  });
}

/** Whether the user directory of a person's server has somebody, looked for by the first part of the ID. */
async function finds({ client }: Person, id: string): Promise<boolean> {
  const { results } = await client.searchUserDirectory({ term: id.slice(1, id.indexOf(':')) });
  return results.some(({ user_id }) => user_id === id);
}
