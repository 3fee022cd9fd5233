import test from 'ava';
import { SimulatedHost } from './simulated-host.ts';
import { expression, type Options, play, task } from './world.ts';

/** Two hosts of the inventory that are one machine, and one that is another. */
function world(state: Readonly<Record<string, string>> = {}) {
  const machine = new SimulatedHost(state);
  return { machine, hosts: { a: machine, b: machine, c: new SimulatedHost(state) } };
}

const sameMachine: Options = { sameMachine: ['a', 'b'] };
const is = (host: string) => expression((scope) => scope.get('inventory_hostname') === host);
const set = (name: string, value: string) => task('value', { name, value });

test('hosts that are one machine take turns in each play, in their order, and another one goes on meanwhile', async (t) => {
  const { hosts } = world();
  const { events } = await play(hosts, [set('x', '1'), set('y', '1')], { ...sameMachine, next: {} });
  const order = events.flatMap((event) => (event.event === 'task' && event.host !== 'c' ? [event.host] : []));
  t.is(order.join(''), 'aabbaabb');
  const first = events.flatMap((event) => (event.event === 'task' ? [event.host] : []));
  t.true(first.indexOf('c') < first.indexOf('b'));
});

test('accounts of one machine do not wait for each other, unless the play becomes the same user on them', async (t) => {
  const words = { when: [], tags: [], vars: [], environment: [], become: expression(() => true) };
  const order = async (more: Options) => {
    const { events } = await play(world().hosts, [set('x', '1'), set('y', '1')], { ...sameMachine, users: { b: 'another' }, ...more });
    return events.flatMap((event) => (event.event === 'task' && event.host !== 'c' ? [event.host] : [])).join('');
  };
  t.not(await order({}), 'aabb');
  t.is(await order({ play: { words } }), 'aabb');
});

test('accounts of one machine that are at work side by side cost no more than if each had its own', async (t) => {
  const names = ['a', 'b', 'd', 'e'];
  const users = Object.fromEntries(names.map((name) => [name, name]));
  // What a does may have changed anything.
  const tasks = ['x', 'y', 'x', 'y'].flatMap((name) => [task('run', { script: 'put seen yes' }, { when: [is('a')] }), set(name, '1')]);
  const trips = async (sameMachine: readonly string[]) => {
    const { machine } = world({ x: '1', y: '1' });
    await play(Object.fromEntries(names.map((name) => [name, machine])), tasks, { sameMachine, users });
    return machine.trips;
  };
  t.is(await trips(names), await trips([]));
});

test('what one of them changes is asked anew for the other, which had looked ahead at it', async (t) => {
  const { hosts, machine } = world({ x: '1' });
  const second = [task('value', { name: 'x', value: '2' }, { when: [is('a')] }), task('value', { name: 'x', value: '1' }, { when: [is('b')] })];
  const { statuses } = await play(hosts, [set('y', '1')], { ...sameMachine, next: { tasks: second } });
  t.deepEqual(
    statuses.filter((one) => one.startsWith('b')),
    ['b value ok', 'b value skipped', 'b value changed'],
  );
  t.is(machine.state.get('x'), '1');
});

test('where one of them restarts the machine the other connects anew', async (t) => {
  const { hosts, machine } = world();
  const { exitCode, statuses } = await play(hosts, [set('x', '1')], {
    ...sameMachine,
    next: { tasks: [task('leave', { script: 'get x' }, { when: [is('a')] }), set('y', '1')] },
  });
  t.is(exitCode, 0, statuses.join('\n'));
  t.is(machine.connects, 4);
});
