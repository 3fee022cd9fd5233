import test from 'ava';
import { runProject } from './local-run.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, include, play, task } from './world.ts';

const each = { loop: expression(() => ['a', 'b', 'c']), loopControl: { loopVar: 'outer' } };
const sets = () => task('value', (scope) => ({ name: `${String(scope.get('outer'))}${String(scope.get('item') ?? '')}`, value: 'x' }));

test('what is included is asked about ahead: a converged host costs one trip, however often a file is included', async (t) => {
  const host = new SimulatedHost({ first: 'x', a: 'x', b: 'x', c: 'x', last: 'x' });
  const items = [
    task('value', { name: 'first', value: 'x' }),
    include({ file: [sets()] }, () => 'file', each),
    task('value', { name: 'last', value: 'x' }),
  ];
  const { statuses, exitCode } = await play({ h: host }, items);
  t.is(exitCode, 0);
  t.deepEqual(statuses, ['h value ok', 'h include_tasks ok', 'h value ok', 'h value ok', 'h value ok', 'h value ok']);
  t.is(host.trips, 1);
});

test('what a false condition leaves out, and what another name stands for, is not asked about', async (t) => {
  const host = new SimulatedHost({ first: 'x' });
  const asked: string[] = [];
  host.onScript = (script) => asked.push(script);
  const need = (name: string) => task('need', { name });
  await play({ h: host }, [
    task('value', { name: 'first', value: 'x' }),
    include({ one: [need('first')], two: [need('two')] }, () => 'one'),
    include({ one: [need('three')] }, () => 'one', { when: [expression(() => false)] }),
  ]);
  t.is(host.trips, 1);
  t.false(
    asked.some((script) => /two|three/.test(script)),
    asked.join('\n'),
  );
});

test('what a round of an included file changes is asked about again ahead, in the same trip', async (t) => {
  const host = new SimulatedHost({ x: '1', y: '2', z: '3' });
  const changes = task('run', (scope) => ({ script: `put done ${String(scope.get('outer'))}` }));
  await play({ h: host }, [include({ file: [changes, ...['x', 'y', 'z'].map((name) => task('need', { name }))] }, () => 'file', each)]);
  t.is(host.trips, 3);
});

test('rounds that are past are not asked about again', async (t) => {
  const host = new SimulatedHost({ a: '1', b: '2', c: '3' });
  const asked: string[] = [];
  host.onScript = (script) => asked.push(...(script.match(/^get .*$/gm) ?? []));
  const items = [task('run', { script: 'put done 1' }), task('need', (scope) => ({ name: String(scope.get('outer')) }))];
  await play({ h: host }, [include({ file: items }, () => 'file', each)]);
  t.deepEqual(asked, ['get a b c', 'get b c', 'get c']);
});

test('what an included task registers is guessed for each round of the loop', async (t) => {
  const host = new SimulatedHost({ a: 'p', b: 'q', c: 'r', p: 'x', q: 'x', r: 'x' });
  const look = task('need', (scope) => ({ name: String(scope.get('outer')) }), { register: 'found' });
  const follow = task('value', (scope) => ({ name: (scope.get('found') as { value: string }).value, value: 'x' }));
  const { statuses } = await play({ h: host }, [include({ file: [look, follow] }, () => 'file', each)]);
  t.deepEqual(statuses.slice(1), Array.from({ length: 3 }, () => ['h need ok', 'h value ok']).flat());
  t.is(host.trips, 2);
});

test('includes within includes have the variables of all the loops around them, and each change is one trip', async (t) => {
  const host = new SimulatedHost();
  const inner = include({ file: [sets()] }, () => 'file', { loop: expression(() => [1, 2]) });
  await play({ h: host }, [include({ file: [inner] }, () => 'file', each)]);
  t.deepEqual(host.log, ['a1=x', 'a2=x', 'b1=x', 'b2=x', 'c1=x', 'c2=x']);
  t.is(host.trips, 7);
});

test('each host includes what is for it, and a task that runs once does so once a round', async (t) => {
  const [h1, h2] = [new SimulatedHost(), new SimulatedHost()];
  // The second host comes late: the first is through all rounds by then.
  const delays = Array.from({ length: 20 }, () =>
    task('run', { script: 'get x' }, { when: [expression((scope) => scope.get('inventory_hostname') === 'h2')] }),
  );
  const once = task('run', (scope) => ({ script: `put once ${String(scope.get('outer'))}` }), { runOnce: expression(() => true) });
  const own = (name: string) =>
    include({ h1: [task('value', { name, value: 'h1' })], h2: [task('value', { name, value: 'h2' })] }, (scope) =>
      String(scope.get('inventory_hostname')),
    );
  await play({ h1, h2 }, [...delays, include({ file: [once] }, () => 'file', each), own('own')]);
  t.deepEqual(h1.log, ['once=a', 'once=b', 'once=c', 'own=h1']);
  t.deepEqual(h2.log, ['own=h2']);
});

test('a failure within an include ends the host, and not one that a rescue waits for', async (t) => {
  const broken = () => include({ file: [task('need', { name: 'nothing' }), task('value', { name: 'after', value: 'x' })] }, () => 'file', each);
  const failed = await play({ h: new SimulatedHost() }, [broken(), task('value', { name: 'last', value: 'x' })]);
  t.deepEqual(failed.statuses, ['h include_tasks ok', 'h need failed']);
  t.is(failed.exitCode, 2);
  const source = { file: 'test.yaml', line: 1, column: 1 };
  const rescued = await play({ h: new SimulatedHost() }, [
    { kind: 'block', source, block: [broken()], rescue: [task('value', { name: 'rescue', value: 'x' })], always: [] },
  ]);
  t.deepEqual(rescued.statuses, ['h include_tasks ok', 'h need failed', 'h value changed']);
  t.is(rescued.exitCode, 0);
});

test('what is done once in an include is done by the first host in each round, also where it comes to a round last', async (t) => {
  const files = {
    'hosts.yaml': 'web:\n  vars: {ansible_connection: local}\n  hosts: {one: {}, two: {}}\n',
    'site.yaml': '- hosts: web\n  gather_facts: false\n  tasks: [{include_tasks: part.yaml, loop: [1, 2]}]\n',
    'part.yaml':
      '- {debug: {msg: "{{ inventory_hostname }} {{ item }}"}, run_once: true}\n- {command: sleep 0.1, when: inventory_hostname == "one"}\n',
  };
  const { tasks } = await runProject(files, 'hosts.yaml', 'site.yaml');
  t.deepEqual(
    tasks.flatMap(({ message = '' }) => (/^(one|two) \d$/.test(message) ? [message] : [])),
    ['one 1', 'one 2'],
  );
});
