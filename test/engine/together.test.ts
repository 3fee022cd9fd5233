import test from 'ava';
import type { RunEvent, TaskEvent } from '../../src/engine/event.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, play, task } from './world.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
const over = (items: readonly string[]) => ({ loop: expression(() => items) });
const values = (count: number) => task('value', (scope) => ({ name: String(scope.get('item')), value: 'x' }), over(names(count)));
/** What each item of the loop came to. */
const itemsOf = (events: readonly RunEvent[]) =>
  events
    .filter((event): event is TaskEvent => event.event === 'task')
    .flatMap(({ items = [] }) => items.map(({ item, status }) => `${item} ${status}`));

test('items of a loop that do not touch one another are changed in one trip, in their order', async (t) => {
  const host = new SimulatedHost({ v4: 'x' });
  const { events } = await play({ h: host }, [values(10)]);
  t.is(host.trips, 2);
  t.deepEqual(
    host.log,
    names(10)
      .filter((name) => name !== 'v4')
      .map((name) => `${name}=x`),
  );
  t.deepEqual(
    itemsOf(events),
    names(10).map((name) => `${name} ${name === 'v4' ? 'ok' : 'changed'}`),
  );
});

test('an item that reads what one before it writes has its turn after that', async (t) => {
  const host = new SimulatedHost({ p: 'src', src: 'one', q: 'a' });
  const items: readonly (readonly [string, string])[] = [
    ['p', 'a'],
    ['q', 'b'],
    ['p', 'c'],
  ];
  const loop = task(
    'follow',
    (scope) => {
      const [name = '', to = ''] = String(scope.get('item')).split(' ');
      return { name, to };
    },
    over(items.map((item) => item.join(' '))),
  );
  await play({ h: host }, [loop]);
  t.deepEqual(host.log, ['a=one', 'b=one', 'c=one']);
});

test('after an item whose command fails the others are done all the same', async (t) => {
  const host = new SimulatedHost();
  host.spoil = (script) => (script === 'put v1 x' ? { rc: 1 } : {});
  const { events } = await play({ h: host }, [values(4)]);
  t.deepEqual(itemsOf(events), ['v0 changed', 'v1 failed', 'v2 changed', 'v3 changed']);
  t.deepEqual(host.log, ['v0=x', 'v1=x', 'v2=x', 'v3=x']);
});

test('an item is not blamed for what a later one does to it', async (t) => {
  const host = new SimulatedHost();
  host.effects = (name, _, state) => void (name === 'v2' && state.set('v0', 'spoilt'));
  const { events, exitCode } = await play({ h: host }, [values(3)]);
  t.deepEqual(itemsOf(events), ['v0 changed', 'v1 changed', 'v2 changed']);
  t.is(exitCode, 0);
  t.is(host.state.get('v0'), 'spoilt');
});

test('an item that one before it has changed unasked is looked at again in its turn', async (t) => {
  const host = new SimulatedHost();
  host.effects = (name, _, state) => void (name === 'v0' && state.set('v1', 'x'));
  const { events } = await play({ h: host }, [values(3)]);
  t.deepEqual(itemsOf(events), ['v0 changed', 'v1 ok', 'v2 changed']);
  t.deepEqual(host.log, ['v0=x', 'v2=x']);
});

test('each item whose change has no effect is told of', async (t) => {
  const host = new SimulatedHost();
  const loop = task('liar', (scope) => ({ name: String(scope.get('item')), value: 'x' }), over(names(3)));
  const { events } = await play({ h: host }, [loop]);
  t.deepEqual(itemsOf(events), ['v0 failed', 'v1 failed', 'v2 failed']);
});

for (const [what, more] of [
  ['is registered', { register: 'said' }],
  ['is tried until it is so', { until: [expression(() => true)] }],
] as const)
  test(`the items of a task whose result ${what} have their turns one after another`, async (t) => {
    const host = new SimulatedHost();
    await play({ h: host }, [task('value', (scope) => ({ name: String(scope.get('item')), value: 'x' }), { ...over(names(4)), ...more })]);
    t.is(host.trips, 5);
  });

test('what was done for items in the trip that was interrupted is told', async (t) => {
  const host = new SimulatedHost();
  const interrupt = new AbortController();
  host.onScript = (script) => void (script === 'put v1 x' && interrupt.abort());
  const { events } = await play({ h: host }, [values(60)], { signal: interrupt.signal });
  const told = itemsOf(events);
  t.deepEqual(
    told,
    host.log.map((line) => `${line.split('=')[0]} changed`),
  );
  t.true(told.length > 2 && told.length < 60, `${told.length} of 60`);
});

test('very long loops go out in several trips', async (t) => {
  const host = new SimulatedHost();
  await play({ h: host }, [values(120)]);
  t.is(host.log.length, 120);
  t.true(host.trips <= 5, `${host.trips} trips`);
});
