import test from 'ava';
import type { RunEvent, TaskEvent } from '../../src/engine/event.ts';
import { InputError } from '../../src/values/errors.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, handler, play, task } from './world.ts';

const nowhere = { file: 'test.yaml', line: 1, column: 1 };
const taskEvents = (events: readonly RunEvent[]): readonly TaskEvent[] => events.filter((event): event is TaskEvent => event.event === 'task');
const always = expression(() => true);
const broken = expression<never>(() => {
  throw InputError.of('there is no such value', nowhere);
});
const meta = (action: 'end_play' | 'end_host' | 'flush_handlers', when = [always]) =>
  ({ kind: 'meta', source: nowhere, action, when, tags: [], vars: [] }) as const;

/** A journal in memory. */
function memory(start: Readonly<Record<string, readonly string[]>> = {}) {
  const entries = new Map(Object.entries(start));
  return {
    entries,
    pending: (_host: string, name: string) => entries.get(name) ?? [],
    save: (_host: string, name: string, handlers: readonly string[]) => void entries.set(name, handlers),
  };
}

test('a link lost while a change is made leaves its handler owed: the change may have been made', async (t) => {
  const journal = memory();
  const host = new SimulatedHost();
  host.beforeTrip = (trip) => {
    if (trip === 2) host.lose();
  };
  const { exitCode } = await play({ h: host }, [task('value', { name: 'a', value: 'x' }, { notify: [expression(() => 'restart')] })], {
    handlers: [handler('restart', 'run', { script: 'put r 1' })],
    journal,
  });
  t.is(exitCode, 4);
  t.deepEqual(journal.entries.get('test'), ['restart']);
});

test('what is owed to another play of the same name stays owed until that play comes', async (t) => {
  const host = new SimulatedHost();
  const journal = memory({ test: ['second'] });
  const saved: (readonly string[])[] = [];
  const noting = { ...journal, save: (h: string, p: string, handlers: readonly string[]) => (saved.push(handlers), journal.save(h, p, handlers)) };
  await play({ h: host }, [task('value', { name: 'a', value: 'x' }, { notify: [expression(() => 'first')] })], {
    handlers: [handler('first', 'run', { script: 'put first 1' })],
    journal: noting,
    next: { tasks: [], handlers: [handler('second', 'run', { script: 'put second 1' })] },
  });
  t.deepEqual(host.log, ['a=x', 'first=1', 'second=1']);
  t.true(saved[0]?.includes('second'));
  t.deepEqual(journal.entries.get('test'), []);
});

test('handlers that notify each other, or themselves, run once', async (t) => {
  const host = new SimulatedHost();
  const one = handler('one', 'run', { script: 'put one 1' });
  const two = handler('two', 'run', { script: 'put two 1' });
  const circle = [
    { ...one, task: { ...one.task, notify: [expression(() => 'two'), expression(() => 'one')] } },
    { ...two, task: { ...two.task, notify: [expression(() => 'one')] } },
  ];
  host.effects = () => {
    if (host.log.length > 10) throw new Error('it goes on for ever');
  };
  await play({ h: host }, [task('run', { script: 'put a 1' }, { notify: [expression(() => 'one')] })], { handlers: circle });
  t.deepEqual(host.log, ['a=1', 'one=1', 'two=1']);
});

test('a handler with run_once runs again when it is notified again after a flush', async (t) => {
  const host = new SimulatedHost();
  const once = handler('once', 'run', { script: 'put once 1' });
  const notify = [expression(() => 'once')];
  await play({ h: host }, [task('run', { script: 'put a 1' }, { notify }), meta('flush_handlers'), task('run', { script: 'put b 1' }, { notify })], {
    handlers: [{ ...once, task: { ...once.task, runOnce: always } }],
  });
  t.deepEqual(host.log, ['a=1', 'once=1', 'b=1', 'once=1']);
});

test('a condition of meta that cannot be told fails its host, not the run', async (t) => {
  const { hosts, exitCode } = await play({ a: new SimulatedHost(), b: new SimulatedHost() }, [
    meta('end_host', [broken]),
    task('value', { name: 'a', value: 'x' }),
  ]);
  t.is(exitCode, 2);
  t.is(hosts.get('a')?.recap().failed, 1);
});

test('ignore_errors that cannot be told ignores nothing', async (t) => {
  const { exitCode, statuses } = await play({ h: new SimulatedHost() }, [task('need', { name: 'a' }, { ignoreErrors: broken })]);
  t.is(exitCode, 2);
  t.deepEqual(statuses, ['h need failed']);
});

test('a label that cannot be told does not turn what was done into a failure', async (t) => {
  const { statuses, events } = await play({ h: new SimulatedHost() }, [
    task('value', { name: 'a', value: 'x' }, { loop: expression(() => ['one']), loopControl: { loopVar: 'item', label: broken } }),
  ]);
  t.deepEqual(statuses, ['h value changed']);
  t.is(taskEvents(events)[0]?.items?.[0]?.item, 'one');
});

test('a bug in a module fails its host alone, and says that it is one', async (t) => {
  const hosts = { bad: new SimulatedHost(), good: new SimulatedHost() };
  const { statuses, exitCode, events } = await play(hosts, [
    task('value', (scope) => {
      if (scope.get('inventory_hostname') === 'bad') throw new TypeError('x is not a function');
      return { name: 'a', value: 'x' };
    }),
  ]);
  t.deepEqual(statuses.toSorted(), ['bad value failed', 'good value changed']);
  t.is(exitCode, 2);
  t.regex(taskEvents(events).find((event) => event.host === 'bad')?.message ?? '', /bug in homerun.*x is not a function/);
});

test('a loop that cannot be told, with ignore_errors, is ignored and registered', async (t) => {
  const { events, hosts, exitCode } = await play({ h: new SimulatedHost() }, [
    task('value', { name: 'a', value: 'x' }, { loop: broken, ignoreErrors: always, register: 'r' }),
  ]);
  t.is(exitCode, 0);
  t.true(taskEvents(events)[0]?.ignored);
  t.like(hosts.get('h')?.registered.get('r'), { failed: true });
});

test('no_log hides the values of a loop, and what a broken condition says of them', async (t) => {
  const loop = expression(() => ['hidden-value']);
  const says = expression<never>((scope) => {
    throw InputError.of(`no such key in ${String(scope.get('item'))}`, nowhere);
  });
  const { events } = await play({ h: new SimulatedHost() }, [
    task('value', { name: 'a', value: 'x' }, { loop, noLog: always }),
    task('value', { name: 'a', value: 'x' }, { loop, noLog: always, when: [says] }),
  ]);
  t.false(JSON.stringify(events).includes('hidden-value'));
});

test('in check mode what waits for a change that was not made is skipped, not failed', async (t) => {
  const { statuses, exitCode } = await play(
    { h: new SimulatedHost() },
    [
      task('value', { name: 'a', value: 'x' }),
      task('need', { name: 'a' }, { register: 'r', until: [expression((scope) => (scope.get('r') as { value: string }).value === 'x')] }),
      task('run', { script: 'put b 1' }, { register: 's', until: [expression((scope) => (scope.get('s') as { rc: number }).rc === 0)] }),
    ],
    { check: true },
  );
  t.deepEqual(statuses, ['h value changed', 'h need skipped', 'h run changed']);
  t.is(exitCode, 3);
});

test('what is sent is no change, and is not sent in check mode', async (t) => {
  const host = new SimulatedHost();
  const tasks = [task('send', { script: 'put sent yes' }, { register: 'r' })];
  const checked = await play({ h: host }, tasks, { check: true });
  t.deepEqual(checked.statuses, ['h send skipped']);
  t.is(host.state.get('sent'), undefined);
  const { statuses } = await play({ h: host }, tasks);
  t.deepEqual(statuses, ['h send ok']);
  t.is(host.state.get('sent'), 'yes');
});

test('what a module found before it refused is registered, and until may look at it', async (t) => {
  const seen: unknown[] = [];
  const look = expression((scope) => {
    seen.push((scope.get('r') as { value: string }).value);
    return true;
  });
  const { statuses } = await play({ h: new SimulatedHost() }, [
    task('need', { name: 'a' }, { register: 'r', until: [look], retries: expression(() => 0) }),
  ]);
  t.deepEqual(seen, ['none']);
  t.deepEqual(statuses, ['h need failed']);
});

test('any_errors_fatal and max_fail_percentage end the run, not only the play', async (t) => {
  for (const word of [{ anyErrorsFatal: true }, { maxFailPercentage: 40 }]) {
    const [good, bad] = [new SimulatedHost({ a: 'x' }), new SimulatedHost()];
    await play({ bad, good }, [task('need', { name: 'a' })], { play: word, next: { tasks: [task('value', { name: 'next', value: 'x' })] } });
    t.deepEqual(good.log, [], JSON.stringify(word));
  }
});

test('end_play lets hosts that are not there yet do what stands before it, and the next play goes on', async (t) => {
  const hosts = { quick: new SimulatedHost(), slow: new SimulatedHost() };
  const isQuick = expression((scope) => scope.get('inventory_hostname') === 'quick');
  await play(
    hosts,
    [
      ...['a', 'b', 'c'].map((name) => task('value', { name, value: 'x' }, { when: [expression((scope) => !isQuick.evaluate(scope))] })),
      meta('end_play', [isQuick]),
      task('value', { name: 'after', value: 'x' }),
    ],
    { next: { tasks: [task('value', { name: 'next', value: 'x' })] } },
  );
  t.deepEqual(hosts.quick.log, ['next=x']);
  t.deepEqual(hosts.slow.log, ['a=x', 'b=x', 'c=x', 'next=x']);
});

test('hosts whose turn has not come when the run is interrupted are not contacted', async (t) => {
  const controller = new AbortController();
  const hosts = { a: new SimulatedHost(), b: new SimulatedHost() };
  const { exitCode, hosts: runs } = await play(hosts, [task('value', { name: 'a', value: 'x' }), task('value', { name: 'b', value: 'x' })], {
    signal: controller.signal,
    forks: 1,
    onEvent: (event) => event.event === 'task' && controller.abort(),
  });
  t.is(exitCode, 130);
  t.deepEqual(hosts.a.log, ['a=x']);
  t.is(runs.get('b')?.target, undefined);
});

test('a rescue that an interruption keeps from running is not counted', async (t) => {
  const controller = new AbortController();
  const { hosts } = await play(
    { h: new SimulatedHost() },
    [{ kind: 'block', source: nowhere, block: [task('need', { name: 'a' })], rescue: [task('value', { name: 'b', value: 'x' })], always: [] }],
    { signal: controller.signal, onEvent: (event) => event.event === 'task' && controller.abort() },
  );
  t.like(hosts.get('h')?.recap(), { rescued: 0, failed: 1 });
});

test('end_host inside a block ends the host without its always', async (t) => {
  const host = new SimulatedHost();
  await play({ h: host }, [
    { kind: 'block', source: nowhere, block: [meta('end_host')], rescue: [], always: [task('value', { name: 'b', value: 'x' })] },
    task('value', { name: 'c', value: 'x' }),
  ]);
  t.deepEqual(host.log, []);
});

test('an environment with a value that is no text fails the task with what was expected', async (t) => {
  const { events } = await play({ h: new SimulatedHost() }, [
    task('value', { name: 'a', value: 'x' }, { environment: [expression(() => ({ LIST: ['a'] }))] }),
  ]);
  t.is(taskEvents(events)[0]?.message, 'the environment variable LIST must be text, got a list');
});

test('a handler without a name is owed by what it listens to', async (t) => {
  const names: string[] = [];
  const listening = (topic: string, script: string) => {
    const { task: own } = handler(topic, 'run', { script });
    return { task: { ...own, name: { ...own.name, source: own.source, evaluate: () => 'run' } }, listen: [topic] };
  };
  const journal = memory({ test: ['topic'] });
  const noting = { ...journal, save: (h: string, p: string, owed: readonly string[]) => (names.push(...owed), journal.save(h, p, owed)) };
  const host = new SimulatedHost();
  await play({ h: host }, [task('run', { script: 'put a 1' }, { notify: [expression(() => 'topic')] })], {
    handlers: [listening('other', 'put other 1'), listening('topic', 'put topic 1')],
    journal: noting,
  });
  t.deepEqual(host.log, ['a=1', 'topic=1']);
  t.deepEqual([...new Set(names)], ['topic']);
});

test('throttle keeps hosts waiting until another has done the task, and lets no more begin once the run is interrupted', async (t) => {
  const names = ['a', 'b', 'c', 'd'];
  const hosts = () => Object.fromEntries(names.map((name) => [name, new SimulatedHost()]));
  const most = async (throttle: number) => {
    let [now, seen] = [0, 0];
    await play(hosts(), [task('value', { name: 'x', value: '1' }, { throttle: expression(() => throttle) })], {
      onEvent: ({ event }) => {
        now += event === 'task_start' ? 1 : event === 'task' ? -1 : 0;
        seen = Math.max(seen, now);
      },
    });
    return seen;
  };
  t.deepEqual([await most(1), await most(2), await most(0)], [1, 2, 4]);
  const controller = new AbortController();
  const { statuses, exitCode } = await play(hosts(), [task('value', { name: 'x', value: '1' }, { throttle: expression(() => 1) })], {
    signal: controller.signal,
    onEvent: (event) => event.event === 'task' && controller.abort(),
  });
  t.deepEqual([statuses.length, exitCode], [1, 130]);
});

test('a task that changes nothing writes down nothing that it would owe', async (t) => {
  const saved: (readonly string[])[] = [];
  const journal = { pending: () => [], save: (_host: string, _play: string, handlers: readonly string[]) => void saved.push(handlers) };
  const notifying = task('value', { name: 'a', value: 'x' }, { notify: [expression(() => 'restart')] });
  const handlers = [handler('restart', 'run', { script: 'put r 1' })];
  await play({ h: new SimulatedHost({ a: 'x' }) }, [notifying], { handlers, journal });
  // Once, at the end of the play.
  t.deepEqual(saved, [[]]);
});
