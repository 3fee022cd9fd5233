import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Account } from '../../src/engine/account.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, handler, play, task } from './world.ts';

test('what a run cost on a host is told phase by phase', async (t) => {
  const host = new SimulatedHost({ a: 'x', b: 'y' });
  const { hosts } = await play(
    { h: host },
    [
      task('value', { name: 'a', value: 'x' }),
      task('value', { name: 'b', value: 'x' }, { notify: [expression(() => 'Tell')] }),
      task('value', { name: 'c', value: 'x' }),
    ],
    { handlers: [handler('Tell', 'run', { script: 'put told yes' })] },
  );
  t.like(hosts.get('h')?.recap().phases, {
    // The simulated host says what its connection took: 7 trips of 100 bytes each way.
    connect: { trips: 7, bytes_sent: 700, bytes_received: 700 },
    prefetch: { trips: 1, bytes_sent: 100, bytes_received: 100 },
    tasks: { trips: 2, bytes_sent: 200, bytes_received: 200 },
    handlers: { trips: 1, bytes_sent: 100, bytes_received: 100 },
  });
  t.is(host.trips, 4);
});

test('a host that was not needed has no costs', async (t) => {
  const { hosts } = await play({ h: new SimulatedHost() }, []);
  t.deepEqual(hosts.get('h')?.recap().phases?.prefetch, { trips: 0, bytes_sent: 0, bytes_received: 0, ms: 0 });
});

test('what goes on side by side is counted once, and what no phase waits for is that of the connection', async (t) => {
  const account = new Account();
  let bytes = 0;
  const traffic = () => ({ trips: bytes / 10, bytesSent: bytes, bytesReceived: 0 });
  account.follow(traffic);
  const some = () => sleep(20).then(() => void (bytes += 10));
  account.count('tasks');
  const began = performance.now();
  await Promise.all([account.during('tasks', some), account.during('tasks', some)]);
  const elapsed = performance.now() - began;
  bytes += 30;
  const { connect, tasks } = account.costs();
  t.like(tasks, { trips: 1, bytes_sent: 20 });
  t.true(tasks.ms >= 15 && tasks.ms <= Math.ceil(elapsed), `${tasks.ms} ms of ${elapsed}`);
  t.deepEqual([connect.trips, connect.bytes_sent], [3, 30]);
});

test('a new connection counts from its beginning', async (t) => {
  const account = new Account();
  account.follow(() => ({ trips: 5, bytesSent: 50, bytesReceived: 5 }));
  await account.during('connect', () => Promise.resolve());
  account.follow(() => ({ trips: 6, bytesSent: 60, bytesReceived: 6 }));
  const { connect } = account.costs();
  t.deepEqual([connect.trips, connect.bytes_sent, connect.bytes_received], [11, 110, 11]);
});
