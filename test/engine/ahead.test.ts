import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Answers } from '../../src/engine/answers.ts';
import { batchOf } from '../../src/engine/batch.ts';
import { file } from '../../src/questions/file.ts';
import type { Become, Session } from '../../src/remote/session.ts';
import { runProject } from './local-run.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, play, task, value } from './world.ts';

const each = (count: number) => ({ loop: expression(() => Array.from({ length: count }, (_, index) => `v${index}`)) });

test('a loop at the very start of a converged run costs one trip, not one an item', async (t) => {
  const host = new SimulatedHost(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`v${index}`, 'x'])));
  await play({ h: host }, [task('value', (scope) => ({ name: String(scope.get('item')), value: 'x' }), each(20))]);
  t.is(host.trips, 1);
});

test('a loop whose items touch everything costs a trip an item', async (t) => {
  const host = new SimulatedHost();
  await play({ h: host }, [task('run', (scope) => ({ script: `put ${String(scope.get('item'))} x` }), each(10))]);
  t.is(host.trips, 10);
});

test('a first install of many tasks does not look at all the rest for each', async (t) => {
  let evaluated = 0;
  const tasks = Array.from({ length: 600 }, (_, index) =>
    task('value', () => {
      evaluated += 1;
      return { name: `v${index}`, value: 'x' };
    }),
  );
  const host = new SimulatedHost();
  await play({ h: host }, tasks);
  t.is(host.trips, 601);
  t.true(evaluated < 80 * 600, `${evaluated} times`);
});

test('what a host is asked while it does a task for another is only that task', async (t) => {
  const hosts = { a: new SimulatedHost(), b: new SimulatedHost({ there: 'x' }) };
  const asked: string[] = [];
  hosts.b.onScript = (script) => void asked.push(script);
  const { statuses } = await play(
    hosts,
    [task('need', { name: 'there' }, { delegateTo: expression(() => 'b') }), task('value', { name: 'own', value: 'x' })],
    { playHosts: ['a'] },
  );
  t.deepEqual(statuses, ['a need ok', 'a value changed']);
  t.deepEqual(asked, ['get there']);
});

test('one question that spoils the answer for all of its kind does not fail the tasks that did not ask it', async (t) => {
  const host = new SimulatedHost({ a: 'x', b: 'x' });
  host.spoil = (script) => (script.includes('huge') && script.startsWith('get') ? { truncated: true } : {});
  const { statuses, events } = await play({ h: host }, [
    task('value', { name: 'a', value: 'x' }),
    task('need', { name: 'huge' }, { ignoreErrors: expression(() => true) }),
    task('value', { name: 'b', value: 'x' }),
  ]);
  t.deepEqual(statuses, ['h value ok', 'h need failed', 'h value ok']);
  t.regex(JSON.stringify(events), /longer than can be read/);
});

test('an answer that was cut is an error, not an answer', (t) => {
  const [read] = batchOf([value('a')], {}).read([{ rc: 0, stdout: 'a=x\n', stderr: '', durationMs: 0, truncated: true }]);
  t.true(read && 'error' in read.known);
});

test('a write below a linked folder makes stale what was read below the real one', (t) => {
  const answers = new Answers();
  const real = file('/mnt/data/conf');
  answers.set('root', file('/data'), { part: '', answer: 1, reads: ['file:/data', 'file:/mnt/data'], hasAliases: true });
  answers.set('root', real, { part: '', answer: 1, reads: ['file:/mnt/data/conf'] });
  answers.invalidate(['file:/data/conf']);
  t.is(answers.get('root', real), undefined);
});

test('before a task refuses by what was seen ahead, it looks again', async (t) => {
  const host = new SimulatedHost({ a: 'x' });
  // Something else on the host makes it, once all has been asked ahead.
  host.onScript = (script) => {
    if (script.startsWith('put own')) host.state.set('late', 'x');
  };
  const { statuses } = await play({ h: host }, [
    task('value', { name: 'own', value: 'x' }),
    task('need', { name: 'late' }),
    task('need', { name: 'never' }),
  ]);
  t.deepEqual(statuses, ['h value changed', 'h need ok', 'h need failed']);
  t.is(host.trips, 4);
});

test('an answer asked ahead counts for nothing when another host has changed it meanwhile', async (t) => {
  const hosts = { a: new SimulatedHost(), b: new LateHost({ p: 'x', shared: 'x' }) };
  const onlyOn = (name: string) => ({ when: [expression((scope) => scope.get('inventory_hostname') === name)] });
  const { statuses } = await play(
    hosts,
    [
      task('value', { name: 'p', value: 'x' }, onlyOn('b')),
      task('value', { name: 'shared', value: 'y' }, { ...onlyOn('a'), delegateTo: expression(() => 'b') }),
      task('value', { name: 'shared', value: 'x' }, { ...onlyOn('b'), become: expression(() => true), becomeUser: expression(() => 'alice') }),
    ],
    { onEvent: (event) => event.event === 'task' && event.status === 'changed' && hosts.b.arrive() },
  );
  t.deepEqual(hosts.b.log, ['shared=y', 'shared=x']);
  t.is(statuses.at(-1), 'b value changed');
});

test('a file that is changed makes nothing stale that lies beside it: one trip for the old text, one for the change', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-ahead-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const files = {
    'hosts.yaml': 'web: {hosts: {one: {ansible_connection: local}}}\n',
    'site.yaml': `- hosts: web
  gather_facts: false
  tasks:
    - file: {path: ${folder}/d, state: directory}
    - copy: {dest: ${folder}/d/a, content: x}
    - copy: {dest: ${folder}/d/b, content: x}
`,
  };
  const trips = async () => {
    const { events } = await runProject(files, 'hosts.yaml', 'site.yaml');
    return events.flatMap((event) => (event.event === 'recap' ? [event.hosts['one']?.trips] : []));
  };
  t.deepEqual(await trips(), [4], 'one to look, one for each change');
  writeFileSync(join(folder, 'd/a'), 'y');
  t.deepEqual(await trips(), [3]);
  t.deepEqual(await trips(), [1]);
});

/** What it answers others than root arrives late. */
class LateHost extends SimulatedHost {
  arrive: () => void = () => undefined;
  readonly #arrived = new Promise<void>((resolve) => {
    this.arrive = resolve;
  });

  override async session(become?: Become): Promise<Session> {
    const session = await super.session(become);
    if (!become) return session;
    return {
      ...session,
      run: async (steps) => {
        const results = await session.run(steps);
        await this.#arrived;
        return results;
      },
    };
  }
}
