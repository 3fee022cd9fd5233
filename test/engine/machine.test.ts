import test from 'ava';
import { SimulatedHost } from './simulated-host.ts';
import { expression, type Options, play, task } from './world.ts';

/** Two hosts of the inventory that are one machine, and one that is another. */
function world(state: Readonly<Record<string, string>> = {}) {
  const machine = new SimulatedHost(state);
  return { machine, hosts: { a: machine, b: machine, c: new SimulatedHost(state) } };
}

const sameMachine: Options = { sameMachine: ['a', 'b'] };
const set = (name: string, value: string) => task('value', { name, value });

test('hosts that are one machine take turns in each play, in their order, and another one goes on meanwhile', async (t) => {
  const { hosts } = world();
  const { events } = await play(hosts, [set('x', '1'), set('y', '1')], { ...sameMachine, next: {} });
  const order = events.flatMap((event) => (event.event === 'task' && event.host !== 'c' ? [event.host] : []));
  t.is(order.join(''), 'aabbaabb');
  const first = events.flatMap((event) => (event.event === 'task' ? [event.host] : []));
  t.true(first.indexOf('c') < first.indexOf('b'));
});

test('what one of them changes is asked anew for the other', async (t) => {
  const { hosts, machine } = world({ x: '1' });
  // b has looked ahead at x in its first play, before a changes it in the second one.
  const isA = expression((scope) => scope.get('inventory_hostname') === 'a');
  const { statuses } = await play(hosts, [set('y', '1')], {
    ...sameMachine,
    next: { tasks: [task('value', { name: 'x', value: '2' }, { when: [isA] }), set('x', '1')] },
  });
  t.deepEqual(
    statuses.filter((one) => one.startsWith('b')),
    ['b value ok', 'b value skipped', 'b value ok'],
  );
  t.is(machine.state.get('x'), '1');
});

test('what one of them has done is seen by the other, though that had looked before', async (t) => {
  const { hosts, machine } = world();
  const isA = expression((scope) => scope.get('inventory_hostname') === 'a');
  const second = [task('value', { name: 'x', value: '2' }, { when: [isA] }), task('need', { name: 'x' })];
  const { statuses, exitCode } = await play(hosts, [set('y', '1')], {
    sameMachine: ['a', 'b'],
    playHosts: ['a', 'b'],
    next: { tasks: second, hosts: expression(() => 'a:b') },
  });
  t.is(exitCode, 0, statuses.join('\n'));
  t.is(machine.state.get('x'), '2');
});

test('where one of them restarts the machine the other connects anew', async (t) => {
  const { hosts, machine } = world();
  const isA = expression((scope) => scope.get('inventory_hostname') === 'a');
  const { exitCode, statuses } = await play(hosts, [set('x', '1')], {
    ...sameMachine,
    next: { tasks: [task('leave', { script: 'get x' }, { when: [isA] }), set('y', '1')] },
  });
  t.is(exitCode, 0, statuses.join('\n'));
  t.is(machine.connects, 4);
});
