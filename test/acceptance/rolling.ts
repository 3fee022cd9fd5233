// One homeserver after another: what breaks the first is not done to the next.

import test from 'ava';
import { complaint } from '../e2e/homerun.ts';
import { accept, reads } from './person.ts';
import type { Scene } from './scene.ts';
import { describe, onServer, tryRun } from './world.ts';

/** Since when Synapse runs, and with which configuration. */
const state = "docker inspect -f '{{.Id}} {{.State.StartedAt}}' synapse; sha256sum /var/matrix-synapse-data/homeserver.yaml";
/** How often anybody logged in to the host. */
const logins = "journalctl -u ssh -o cat | grep -c '^Accepted'";

export function rolling(scene: Scene): void {
  test.serial(
    'with --serial 1 a setting that Synapse refuses ends the run at the first homeserver, which goes on, and no other is touched',
    async (t) => {
      const { alice, bob, world } = scene;
      const first = () => onServer(world.lab, 'one', state);
      const others = () => Promise.all((['two', 'three'] as const).map((host) => onServer(world.lab, host, `${state}; ${logins}`)));
      const before = [await first(), ...(await others())];
      const wrong = { matrix_synapse_settings: { federation_custom_ca_list: ['/data/nothing.pem'] } };
      const ran = await tryRun(await describe(world.lab, { one: wrong, two: wrong, three: wrong }), '--serial', '1');
      t.is(ran.exitCode, 2, complaint(ran));
      t.deepEqual([...new Set(ran.tasks.map(({ host }) => host))], ['one']);
      t.deepEqual(
        ran.tasks.flatMap(({ task, status }) => (status === 'failed' ? [task] : [])),
        ['Configure Synapse'],
      );
      t.true(ran.stdout.includes('not begun: two, three'));
      t.deepEqual([await first(), ...(await others())], before);
      const { room_id: room } = await alice.client.createRoom({ invite: [bob.id] });
      await accept(bob, room);
      await alice.client.sendTextMessage(room, 'Nothing has happened');
      await reads(bob, room, 'Nothing has happened');
    },
  );
}
