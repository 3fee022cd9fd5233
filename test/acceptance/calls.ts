// Calls of two people whose networks let nothing through: a TURN server relays.

import test from 'ava';
import { installTurnClient, overTls, relay, toPeer } from '../e2e/turn-client.ts';
import type { Scene } from './scene.ts';

export function calls(scene: Scene): void {
  test.serial('what a client is given for calls is taken by the TURN server from outside, and nothing else is', async (t) => {
    const { lab } = scene.world;
    const given = await scene.alice.client.turnServer();
    t.deepEqual(given.uris, [
      'turn:one.lab.test:3478?transport=udp',
      'turn:one.lab.test:3478?transport=tcp',
      'turns:one.lab.test:5349?transport=tcp',
    ]);
    await installTurnClient(lab, 'three');
    const call = (options: string, credentials: Partial<typeof given>) =>
      relay(lab, 'three', 'one.lab.test', `${options} ${toPeer(lab, 'three')}`, credentials);
    const [udp, tls, wrong] = await Promise.all([call('', given), call(overTls, given), call('', { ...given, password: 'wrong' })]);
    for (const { code, stdout, stderr } of [udp, tls]) {
      t.is(code, 0, `${stdout}\n${stderr}`);
      t.regex(stdout, /tot_recv_msgs=[1-9]\d*\n/);
    }
    t.not(wrong.code, 0, wrong.stdout);
    t.notRegex(wrong.stdout, /tot_recv_msgs=[1-9]/);
  });
}
