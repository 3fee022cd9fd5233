import test from 'ava';
import type { RunEvent, TaskEvent } from '../../src/engine/event.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, handler, play, task } from './world.ts';

const taskEvents = (events: readonly RunEvent[]): readonly TaskEvent[] => events.filter((event): event is TaskEvent => event.event === 'task');
const values = (count: number) => Array.from({ length: count }, (_, index) => task('value', { name: `v${index}`, value: 'x' }));
const converged = (count: number) => new SimulatedHost(Object.fromEntries(Array.from({ length: count }, (_, index) => [`v${index}`, 'x'])));

test('a converged host costs one trip, however many tasks there are', async (t) => {
  const host = converged(100);
  const { statuses, exitCode } = await play({ h: host }, values(100));
  t.is(host.trips, 1);
  t.true(statuses.every((one) => one === 'h value ok'));
  t.is(exitCode, 0);
});

test('one drifted item in the middle of a hundred costs one trip more', async (t) => {
  const host = converged(100);
  host.state.set('v50', 'y');
  const { statuses } = await play({ h: host }, values(100));
  t.deepEqual(host.log, ['v50=x']);
  t.is(statuses.filter((one) => one === 'h value changed').length, 1);
  t.is(host.trips, 2);
});

test('a first install of n changing tasks costs n and one trips', async (t) => {
  const host = new SimulatedHost();
  await play({ h: host }, values(20));
  t.is(host.trips, 21);
});

test('without prefetching each task asks for itself, with the same end', async (t) => {
  const host = converged(10);
  const { statuses } = await play({ h: host }, values(10), { prefetch: false });
  t.is(host.trips, 10);
  t.true(statuses.every((one) => one === 'h value ok'));
});

test('what a command may have touched is asked again before it is believed', async (t) => {
  const host = new SimulatedHost({ a: 'x' });
  const { statuses } = await play({ h: host }, [task('run', { script: 'put a broken' }), task('value', { name: 'a', value: 'x' })]);
  t.deepEqual(statuses, ['h run changed', 'h value changed']);
  t.is(host.state.get('a'), 'x');
});

test('a host that changed since it was seen is planned again, not overwritten blindly', async (t) => {
  const host = new SimulatedHost({ a: '1' });
  host.beforeTrip = (trip) => {
    if (trip === 2) host.state.set('a', 'x');
  };
  const { statuses } = await play({ h: host }, [task('value', { name: 'a', value: 'x' })]);
  t.deepEqual(statuses, ['h value ok']);
  t.deepEqual(host.log, []);
});

test('a change that has no effect is a failure, not "changed"', async (t) => {
  const { events, exitCode } = await play({ h: new SimulatedHost() }, [task('liar', { name: 'a', value: 'x' })]);
  t.is(exitCode, 2);
  const told = taskEvents(events)[0];
  t.is(told?.status, 'failed');
  t.regex(told?.message ?? '', /after the change there is still a difference: set a/);
});

test('check mode shows every difference, changes nothing and ends with 3', async (t) => {
  const host = new SimulatedHost({ a: '1', b: 'x' });
  const { statuses, events, exitCode } = await play(
    { h: host },
    [task('value', { name: 'a', value: 'x' }), task('value', { name: 'b', value: 'x' })],
    { check: true, diff: true },
  );
  t.deepEqual(host.log, []);
  t.deepEqual(statuses, ['h value changed', 'h value ok']);
  t.is(exitCode, 3);
  const told = taskEvents(events)[0];
  t.deepEqual(told?.changes, [
    { summary: 'set a', diff: '--- a\n+++ a\n@@ -1,1 +1,1 @@\n-1\n\\ No newline at end of file\n+x\n\\ No newline at end of file\n' },
  ]);
});

test('in check mode a task that needs what an earlier one would make is unknown, not failed', async (t) => {
  const { statuses, exitCode } = await play({ h: new SimulatedHost() }, [task('value', { name: 'a', value: 'x' }), task('need', { name: 'a' })], {
    check: true,
  });
  t.deepEqual(statuses, ['h value changed', 'h need skipped']);
  t.is(exitCode, 3);
});

test('one failing host stops alone', async (t) => {
  const [good, bad] = [new SimulatedHost({ a: 'x' }), new SimulatedHost()];
  const { statuses, exitCode } = await play({ good, bad }, [task('need', { name: 'a' }), task('value', { name: 'b', value: 'x' })]);
  t.deepEqual(statuses.toSorted(), ['bad need failed', 'good need ok', 'good value changed']);
  t.is(exitCode, 2);
  t.deepEqual(bad.log, []);
});

test('a lost link is unreachable, never ok, and exit 4', async (t) => {
  const host = new SimulatedHost();
  host.beforeTrip = (trip) => {
    if (trip === 2) host.lose();
  };
  const { statuses, exitCode } = await play({ h: host }, values(3));
  t.deepEqual(statuses, ['h value unreachable']);
  t.is(exitCode, 4);
});

test('handlers run once at the end, in the order they are defined, only if something changed', async (t) => {
  const host = new SimulatedHost({ c: 'x' });
  const notify = (name: string) => ({ notify: [expression(() => name)] });
  const { statuses } = await play(
    { h: host },
    [
      task('value', { name: 'a', value: 'x' }, notify('second')),
      task('value', { name: 'b', value: 'x' }, notify('first')),
      task('value', { name: 'd', value: 'x' }, notify('second')),
      task('value', { name: 'c', value: 'x' }, notify('never')),
    ],
    {
      handlers: [
        handler('first', 'run', { script: 'put one 1' }),
        handler('second', 'run', { script: 'put two 2' }),
        handler('never', 'run', { script: 'put three 3' }),
      ],
    },
  );
  t.deepEqual(statuses.slice(4), ['h run changed', 'h run changed']);
  t.deepEqual(host.log.slice(3), ['one=1', 'two=2']);
});

test('a handler that an earlier, killed run owed is run by the next', async (t) => {
  const saved: string[][] = [];
  const journal = { pending: () => ['restart'], save: (_host: string, _play: string, handlers: readonly string[]) => void saved.push([...handlers]) };
  const host = new SimulatedHost({ a: 'x' });
  await play({ h: host }, [task('value', { name: 'a', value: 'x' })], { handlers: [handler('restart', 'run', { script: 'put r 1' })], journal });
  t.deepEqual(host.log, ['r=1']);
  t.deepEqual(saved.at(-1), []);
});

test('what will be owed is journaled before the change is made', async (t) => {
  const order: string[] = [];
  const journal = {
    pending: () => [],
    save: (_host: string, _play: string, handlers: readonly string[]) => void order.push(`journal ${handlers.join()}`),
  };
  const host = new SimulatedHost();
  host.effects = (name) => void order.push(`put ${name}`);
  await play({ h: host }, [task('value', { name: 'a', value: 'x' }, { notify: [expression(() => 'restart')] })], {
    handlers: [handler('restart', 'run', { script: 'put r 1' })],
    journal,
  });
  t.deepEqual(order.slice(0, 5), ['journal restart', 'put a', 'journal restart', 'put r', 'journal ']);
});

test('rescue takes over from a failure, always runs, and the host goes on', async (t) => {
  const host = new SimulatedHost();
  const { statuses, exitCode, hosts } = await play({ h: host }, [
    {
      kind: 'block',
      source: { file: 'test.yaml', line: 1, column: 1 },
      block: [task('need', { name: 'missing' }), task('value', { name: 'not', value: 'x' })],
      rescue: [task('value', { name: 'rescued', value: 'x' })],
      always: [task('value', { name: 'always', value: 'x' })],
    },
    task('value', { name: 'after', value: 'x' }),
  ]);
  t.deepEqual(statuses, ['h need failed', 'h value changed', 'h value changed', 'h value changed']);
  t.deepEqual(host.log, ['rescued=x', 'always=x', 'after=x']);
  t.is(exitCode, 0);
  t.like(hosts.get('h')?.recap(), { failed: 0, rescued: 1, ok: 3 });
});

test('a registered result is there for the next task, and a question that depends on an answer is asked in the second trip', async (t) => {
  const host = new SimulatedHost({ pointer: 'there', there: 'x', copy: 'x' });
  const seen: unknown[] = [];
  const { statuses } = await play({ h: host }, [
    task('need', { name: 'pointer' }, { register: 'found' }),
    task('value', (scope) => {
      seen.push(scope.get('found'));
      const found = scope.get('found') as { value: string } | undefined;
      if (!found) throw new Error('found is not known yet');
      return { name: found.value, value: 'x' };
    }),
    task('follow', { name: 'pointer', to: 'copy' }),
  ]);
  t.deepEqual(statuses, ['h need ok', 'h value ok', 'h follow ok']);
  t.is(host.trips, 2);
  t.like(seen.at(-1), { value: 'there', changed: false });
});

test('a loop registers results, and is changed if one item is', async (t) => {
  const host = new SimulatedHost({ a: 'x' });
  const { events, hosts } = await play({ h: host }, [
    task('value', (scope) => ({ name: String(scope.get('item')), value: 'x' }), { loop: expression(() => ['a', 'b']), register: 'all' }),
  ]);
  const told = taskEvents(events)[0];
  t.is(told?.status, 'changed');
  t.deepEqual(
    told?.items?.map((one) => [one.item, one.status]),
    [
      ['a', 'ok'],
      ['b', 'changed'],
    ],
  );
  t.like(hosts.get('h')?.registered.get('all'), { changed: true });
});

test('until tries again, asking afresh, and tells of each try', async (t) => {
  const host = new SimulatedHost();
  host.beforeTrip = (trip) => {
    if (trip === 3) host.state.set('ready', 'x');
  };
  const { statuses, events } = await play({ h: host }, [
    task(
      'need',
      { name: 'ready' },
      {
        register: 'r',
        until: [expression((scope) => !(scope.get('r') as { failed: boolean }).failed)],
        retries: expression(() => 5),
        delay: expression(() => 0),
      },
    ),
  ]);
  t.deepEqual(statuses, ['h need ok']);
  t.is(events.filter((event) => event.event === 'retry').length, 2);
});

test('retries without until tries again while the task fails', async (t) => {
  const host = new SimulatedHost();
  const { statuses } = await play({ h: host }, [
    task('run', { script: 'fail' }, { retries: expression(() => 2), delay: expression(() => 0), ignoreErrors: expression(() => true) }),
  ]);
  t.deepEqual(statuses, ['h run failed']);
  t.is(host.trips, 3);
});

test('no_log hides texts and differences', async (t) => {
  const { events } = await play(
    { h: new SimulatedHost() },
    [task('value', { name: 'a', value: 'hidden-value' }, { noLog: expression(() => true) })],
    { diff: true },
  );
  t.false(JSON.stringify(events).includes('hidden-value'));
});

test('serial goes through the hosts in batches and stops when a whole batch fell out', async (t) => {
  const hosts = { a: new SimulatedHost(), b: new SimulatedHost({ ok: 'x' }), c: new SimulatedHost({ ok: 'x' }) };
  const { statuses } = await play(hosts, [task('need', { name: 'ok' })], { play: { serial: [1] } });
  t.deepEqual(statuses, ['a need failed']);
});

test('run_once is done by one host, and all have its result', async (t) => {
  const hosts = { a: new SimulatedHost({ v: 'x' }), b: new SimulatedHost({ v: 'x' }) };
  const ran = await play(hosts, [task('need', { name: 'v' }, { runOnce: expression(() => true), register: 'r' })]);
  t.is(ran.statuses.length, 1);
  t.like(ran.hosts.get('a')?.registered.get('r'), { value: 'x' });
  t.like(ran.hosts.get('b')?.registered.get('r'), { value: 'x' });
});
