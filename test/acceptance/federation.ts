// Which servers are let in: all of them, until there is a list.

import test from 'ava';
import { MatrixError, Preset } from 'matrix-js-sdk';
import { until } from './person.ts';
import type { Scene } from './scene.ts';
import { describe, run } from './world.ts';

export function federation(scene: Scene): void {
  test.serial('a third server is let in until there is a list of servers that it does not stand on, and then it is refused both ways', async (t) => {
    const { alice, bob, mallory, world } = scene;
    const invite = { preset: Preset.PrivateChat };
    const { room_id: before } = await mallory.client.createRoom({ ...invite, invite: [alice.id] });
    await until('the invitation from the third server', () => alice.client.getRoom(before)?.getMyMembership() === 'invite');

    const inventory = await describe(world.lab, { one: { matrix_federation_domain_whitelist: ['two.lab.test'] } });
    const ran = await run(inventory);
    t.deepEqual(ran.changed, ['one: Configure Synapse']);

    const refused = { instanceOf: MatrixError, message: /\[403\] Federation denied/ } as const;
    await t.throwsAsync(mallory.client.createRoom({ ...invite, invite: [alice.id] }), refused);
    await t.throwsAsync(alice.client.createRoom({ ...invite, invite: [mallory.id] }), refused);
    await t.throwsAsync(alice.client.joinRoom(before), { instanceOf: MatrixError });
    const { room_id: after } = await alice.client.createRoom({ ...invite, invite: [bob.id] });
    await until('the invitation from the server on the list', () => bob.client.getRoom(after)?.getMyMembership() === 'invite');
  });
}
