import test from 'ava';
import type { Connection } from '../../src/remote/session.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, play, task } from './world.ts';

const once = { runOnce: expression(() => true) };
const nowhere = { file: 'test.yaml', line: 1, column: 1 };
const endHost = { kind: 'meta', action: 'end_host', source: nowhere, tags: [], vars: [] } as const;
const isFirst = expression((scope) => scope.get('inventory_hostname') === 'a');

/** Takes some turns of the event queue to be connected to. */
class SlowHost extends SimulatedHost {
  readonly #turns: number;

  constructor(state: Readonly<Record<string, string>>, turns: number) {
    super(state);
    this.#turns = turns;
  }

  override async connect(): Promise<Connection> {
    for (let count = 0; count < this.#turns; count++) await Promise.resolve();
    return super.connect();
  }
}

test('run_once is done by the first host, however late it comes, and by the next one if it does not come any more', async (t) => {
  const slow = (name: string) => task('value', { name, value: 'x' }, { when: [isFirst] });
  const hosts = { a: new SimulatedHost(), b: new SimulatedHost() };
  await play(hosts, [slow('p'), slow('q'), task('value', { name: 'once', value: 'x' }, { ...once, throttle: expression(() => 1) })]);
  t.deepEqual([hosts.a.log, hosts.b.log], [['p=x', 'q=x', 'once=x'], []]);
  const failing = { a: new SimulatedHost(), b: new SimulatedHost({ there: 'x' }) };
  await play(failing, [task('need', { name: 'there' }), task('value', { name: 'once', value: 'x' }, once)]);
  t.deepEqual(failing.b.log, ['once=x']);
  const fatal = { a: new SimulatedHost(), b: new SimulatedHost({ there: 'x' }) };
  await play(fatal, [task('need', { name: 'there' }), task('value', { name: 'once', value: 'x' }, once)], { play: { anyErrorsFatal: true } });
  t.deepEqual(fatal.b.log, []);
  const ending = { a: new SimulatedHost(), b: new SimulatedHost() };
  await play(ending, [slow('p'), { ...endHost, when: [isFirst] }, task('value', { name: 'once', value: 'x' }, once)]);
  t.deepEqual(ending.b.log, ['once=x']);
});

test('run_once in an always is done by the first host though it has failed, whenever the next one comes there', async (t) => {
  const failing = { kind: 'block', source: nowhere, block: [task('need', { name: 'there' })], rescue: [] } as const;
  for (let turns = 0; turns < 40; turns++) {
    const hosts = { a: new SlowHost({}, turns), b: new SimulatedHost({ there: 'x' }) };
    await play(hosts, [{ ...failing, always: [task('value', { name: 'once', value: 'x' }, once)] }]);
    t.deepEqual([hosts.a.log, hosts.b.log], [['once=x'], []], `${turns} turns`);
  }
});
