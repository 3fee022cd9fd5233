import { fc, testProp } from '@fast-check/ava';
import type { Item } from '../../src/language/play.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, handler, include, play, task } from './world.ts';

/** A task as data, so that both engines get the same one and a failing case can be read. */
type Plan =
  | { readonly do: 'value'; readonly name: string; readonly value: string; readonly notify: boolean }
  | { readonly do: 'need'; readonly name: string; readonly ignore: boolean }
  | { readonly do: 'run'; readonly name: string; readonly value: string }
  | { readonly do: 'follow'; readonly name: string; readonly to: string }
  | { readonly do: 'registered'; readonly name: string; readonly to: string }
  | { readonly do: 'loop'; readonly names: readonly string[]; readonly value: string }
  | { readonly do: 'join'; readonly name: string }
  | { readonly do: 'outer'; readonly value: string }
  | {
      readonly do: 'include';
      readonly names: readonly string[];
      readonly asks: string;
      readonly low: readonly Plan[];
      readonly high: readonly Plan[];
    }
  | { readonly do: 'block'; readonly block: readonly Plan[]; readonly rescue: readonly Plan[] };

const name = fc.constantFrom('a', 'b', 'c', 'd');
const value = fc.constantFrom('a', 'b', 'c', 'd', 'x');
const leaf: fc.Arbitrary<Plan> = fc.oneof(
  fc.record({ do: fc.constant('value' as const), name, value, notify: fc.boolean() }),
  fc.record({ do: fc.constant('need' as const), name, ignore: fc.boolean() }),
  fc.record({ do: fc.constant('run' as const), name, value }),
  fc.record({ do: fc.constant('follow' as const), name, to: name }),
  fc.record({ do: fc.constant('registered' as const), name, to: name }),
  fc.record({ do: fc.constant('join' as const), name }),
  fc.record({ do: fc.constant('loop' as const), names: fc.array(name, { maxLength: 3 }), value }),
);
/** What an include brings may use the variable of its loop. */
const included = fc.array(fc.oneof({ weight: 2, arbitrary: leaf }, fc.record({ do: fc.constant('outer' as const), value })), { maxLength: 3 });
const plans = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('include' as const),
        names: fc.array(name, { maxLength: 3 }),
        asks: name,
        low: included,
        high: included,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('block' as const), block: fc.array(leaf, { maxLength: 3 }), rescue: fc.array(leaf, { maxLength: 2 }) }),
    },
  ),
  { maxLength: 8 },
);
const state = fc.dictionary(name, value, { noNullPrototype: true });
/** Effects that no module declares: when the first is written, the second becomes the third. Only a command has them. */
const effect = fc.option(fc.record({ when: name, name, value }), { nil: undefined });

function itemsOf(plan: readonly Plan[]): Item[] {
  return plan.flatMap((one): Item[] => {
    switch (one.do) {
      case 'value':
        return [task('value', { name: one.name, value: one.value }, one.notify ? { notify: [expression(() => 'note')] } : {})];
      case 'need':
        return [task('need', { name: one.name }, { ignoreErrors: expression(() => one.ignore) })];
      case 'run':
        return [task('run', { script: `put ${one.name} ${one.value}` })];
      case 'follow':
        return [task('follow', { name: one.name, to: one.to })];
      case 'registered':
        return [
          task('need', { name: one.name }, { register: 'found', ignoreErrors: expression(() => true) }),
          task(
            'value',
            (scope) => {
              const found = scope.get('found') as { value?: string } | undefined;
              if (found === undefined) throw new Error('found is not known yet');
              return { name: one.to, value: found.value ?? 'x' };
            },
            { when: [expression((scope) => !(scope.get('found') as { failed: boolean }).failed)] },
          ),
        ];
      // The second play is for some of these groups.
      case 'join':
        return [
          task('need', { name: one.name }, { register: 'found', ignoreErrors: expression(() => true) }),
          task('group_by', (scope) => ({ key: `g_${(scope.get('found') as { value?: string }).value ?? 'x'}` })),
        ];
      case 'loop':
        return [task('value', (scope) => ({ name: String(scope.get('item')), value: one.value }), { loop: expression(() => [...one.names]) })];
      case 'outer':
        return [task('value', (scope) => ({ name: String(scope.get('outer')), value: one.value }))];
      // The condition knows only what a task before it says, and the name only what the loop says.
      case 'include':
        return [
          task('need', { name: one.asks }, { register: 'asked', ignoreErrors: expression(() => true) }),
          include({ low: itemsOf(one.low), high: itemsOf(one.high) }, (scope) => (String(scope.get('outer')) < 'c' ? 'low' : 'high'), {
            loop: expression(() => [...one.names]),
            loopControl: { loopVar: 'outer' },
            when: [expression((scope) => (scope.get('asked') as { value?: string }).value !== scope.get('outer'))],
          }),
        ];
      case 'block':
        return [
          { kind: 'block', source: { file: 'test.yaml', line: 1, column: 1 }, block: itemsOf(one.block), rescue: itemsOf(one.rescue), always: [] },
        ];
    }
  });
}

async function outcome(
  plan: readonly Plan[],
  second: readonly Plan[],
  start: Readonly<Record<string, string>>,
  undeclared: { when: string; name: string; value: string } | undefined,
  prefetch: boolean,
) {
  const host = new SimulatedHost(start);
  if (undeclared) {
    const runs = new Set([...plan, ...second].flatMap((one) => (one.do === 'run' ? [`${one.name}=${one.value}`] : [])));
    host.effects = (written, to, all) => {
      if (written === undeclared.when && runs.has(`${written}=${to}`)) all.set(undeclared.name, undeclared.value);
    };
  }
  const next = { hosts: expression(() => 'g_a:g_b:g_x'), tasks: itemsOf(second) };
  const ran = await play({ h: host }, itemsOf(plan), { prefetch, handlers: [handler('note', 'run', { script: 'put noted 1' })], next });
  return {
    statuses: ran.statuses,
    changes: ran.events.flatMap((event) => (event.event === 'task' ? event.changes.map((one) => one.summary) : [])),
    log: host.log,
    state: Object.fromEntries(host.state),
    exitCode: ran.exitCode,
    trips: host.trips,
  };
}

testProp(
  'the law: asking ahead gives what asking one task after another gives',
  [plans, fc.array(leaf, { maxLength: 3 }), state, effect],
  async (t, plan, second, start, undeclared) => {
    // An undeclared effect of a declared write is a module that lies; the law is about those that do not.
    const isLie =
      undeclared && [...plan, ...second].some((one) => one.do !== 'run' && one.do !== 'need' && JSON.stringify(one).includes(undeclared.when));
    const { trips: quick, ...ahead } = await outcome(plan, second, start, isLie ? undefined : undeclared, true);
    const { trips: slow, ...naive } = await outcome(plan, second, start, isLie ? undefined : undeclared, false);
    t.deepEqual(ahead, naive);
    t.true(quick <= slow, `${quick} trips instead of ${slow}`);
  },
  { numRuns: 2000 },
);
