import test from 'ava';
import type { RunEvent, TaskEvent } from '../../src/engine/event.ts';
import type { RunRecord } from '../../src/engine/run-record.ts';
import type { HostLock } from '../../src/engine/target.ts';
import { type Holder, lockRefused } from '../../src/remote/lock.ts';
import type { Step, StepResult } from '../../src/remote/session.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, handler, play, task } from './world.ts';

const holder: Holder = { run: 'a'.repeat(32), who: 'me@here', pid: 1, since: '2026-01-01T00:00:00.000Z' };
const other: Holder = { run: 'b'.repeat(32), who: 'alice@laptop', pid: 77, since: '2026-02-03T04:05:06.000Z' };
const lock = (more: Partial<HostLock> = {}): HostLock => ({ holder, waitSeconds: 0, isGone: () => false, ...more });

/** A host on which another run has the lock, until that is ended. */
class LockedHost extends SimulatedHost {
  isLocked = true;
  /** The scripts of all lock steps. */
  readonly asked: string[] = [];

  override execute(script: string, user: string): StepResult {
    if (!script.includes('homerun_lock')) return super.execute(script, user);
    this.asked.push(script);
    if (script.includes(`'${other.run}'`) || script.includes('-gt 0 ] && true')) this.isLocked = false;
    return this.isLocked
      ? { rc: lockRefused, stdout: `${other.run}\n${JSON.stringify(other)}\n`, stderr: '', durationMs: 0 }
      : { rc: 0, stdout: 'held\n', stderr: '', durationMs: 0 };
  }
}

const set = (name: string, more: Parameters<typeof task>[2] = {}) => task('value', { name, value: 'x' }, more);
const tasksOf = (events: readonly RunEvent[]): readonly TaskEvent[] => events.filter((event): event is TaskEvent => event.event === 'task');

test('the lock is taken in the trip of the first change of a session, and not again', async (t) => {
  const host = new LockedHost();
  host.isLocked = false;
  const first: string[] = [];
  host.beforeStep = ({ script, inShell }: Step) => first.push(inShell ? 'lock' : script);
  const free = new SimulatedHost();
  await play({ h: free }, [set('a'), set('b')]);
  await play({ h: host }, [set('a'), set('b')], { lock: lock() });
  t.is(host.trips, free.trips);
  t.is(host.asked.length, 1);
  t.true(first.indexOf('lock') < first.indexOf('put a x'));
});

test('what is as it should be takes no lock, nor does check mode', async (t) => {
  const host = new LockedHost({ a: 'x' });
  t.is((await play({ h: host }, [set('a')], { lock: lock() })).exitCode, 0);
  t.is((await play({ h: host }, [set('b')], { lock: lock(), check: true })).exitCode, 3);
  t.deepEqual(host.asked, []);
});

test('a host that another run has locked fails with who, since when and what to do, nothing is done there, and the others go on', async (t) => {
  const locked = new LockedHost();
  const free = new LockedHost();
  free.isLocked = false;
  const { events, exitCode, statuses } = await play({ l: locked, f: free }, [set('a', { notify: [expression(() => 'told')] }), set('b')], {
    lock: lock(),
    handlers: [handler('told', 'run', { script: 'put told 1' })],
  });
  t.is(exitCode, 2);
  t.deepEqual(locked.log, []);
  t.deepEqual(free.log, ['a=x', 'b=x', 'told=1']);
  t.deepEqual(
    statuses.filter((one) => one.startsWith('l ')),
    ['l value failed'],
  );
  const { message, hint } = tasksOf(events).find(({ host }) => host === 'l') ?? {};
  t.is(message, 'the host is locked: a run of alice@laptop (process 77) is changing it since 2026-02-03T04:05:06.000Z');
  t.regex(hint ?? '', /--lock-timeout SECONDS.*--break-lock/);
});

test('once refused, nothing is changed in the run, also where failures are ignored and the other run is over by then', async (t) => {
  const host = new LockedHost();
  const { statuses } = await play({ h: host }, [set('a', { ignoreErrors: expression(() => true) }), set('b')], {
    lock: lock(),
    onEvent: ({ event }) => {
      if (event === 'task') host.isLocked = false;
    },
  });
  t.deepEqual(host.log, []);
  t.deepEqual(statuses, ['h value failed', 'h value failed']);
});

test('what a run of the user that has come to its end has left on the host is ended, and the change made', async (t) => {
  const host = new LockedHost();
  const asked: string[] = [];
  const { exitCode } = await play({ h: host }, [set('a')], { lock: lock({ isGone: (run) => asked.push(run) > 0 }) });
  t.is(exitCode, 0);
  t.deepEqual(asked, [other.run]);
  t.deepEqual(host.log, ['a=x']);
});

test('a lock that is to be broken is taken over', async (t) => {
  const host = new LockedHost();
  t.is((await play({ h: host }, [set('a')], { lock: lock({ breaks: 'any' }) })).exitCode, 0);
  t.deepEqual(host.log, ['a=x']);
});

test('what was under way when the link broke is told as unknown, and stays on record; what has ended does not', async (t) => {
  const host = new SimulatedHost();
  host.beforeStep = ({ script }) => {
    if (script === 'put b x') host.lose();
  };
  const told: string[] = [];
  const record: RunRecord = {
    id: '',
    begins: (name, what) => told.push(`begins ${name}: ${what}`),
    ends: (name) => told.push(`ends ${name}`),
    told: (name) => told.push(`told ${name}`),
    close: () => undefined,
  };
  const { events, exitCode } = await play({ h: host }, [set('a'), set('b')], { record });
  t.is(exitCode, 4);
  t.deepEqual(told, ['begins h: set a', 'ends h', 'told h', 'begins h: set b', 'told h']);
  const last = tasksOf(events).at(-1);
  t.is(last?.status, 'unreachable');
  t.is(last?.hint, 'It is unknown whether this was done: set b. Run again: the next run finds out, and goes on from there.');
});
