import { mock } from 'node:test';
import test from 'ava';
import { type Place, Places } from '../../src/engine/places.ts';
import { Target } from '../../src/engine/target.ts';
import type { Connection } from '../../src/remote/session.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, play, task } from './world.ts';

// The time of all tests is this one: it goes on when told.
let now = 0;
mock.timers.enable({ apis: ['setTimeout'] });
mock.method(performance, 'now', () => now);

const allIsDone = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets everybody do what can be done at once, before and after `ms` have gone by. */
async function after(ms: number): Promise<void> {
  await allIsDone();
  now += ms;
  mock.timers.tick(ms);
  await allIsDone();
}

/** A promise that is kept when told. */
class Event {
  readonly #promise: Promise<void>;
  happen = (): void => undefined;

  constructor() {
    this.#promise = new Promise((resolve) => {
      this.happen = resolve;
    });
  }

  get happens(): Promise<void> {
    return this.#promise;
  }
}

/** A host that is connected to when `connected` happens. */
class LateHost extends SimulatedHost {
  readonly connected = new Event();

  override async connect(): Promise<Connection> {
    await this.connected.happens;
    return super.connect();
  }
}

/** Hosts that change something and write down when they begin and end, in so many places. */
class World {
  readonly log: string[] = [];
  readonly interruption = new AbortController();
  readonly ends = new Map<string, Event>();
  readonly #places: Places;
  readonly #all: Promise<void>[] = [];

  constructor(most: number) {
    this.#places = new Places(most, this.interruption.signal);
  }

  /** A host comes, and does `work` when it has a place. */
  comes(work: (place: Place) => Promise<void>): void {
    this.#all.push(this.#places.run(work));
  }

  /** A host comes that changes something, which takes until its end happens. */
  changes(name: string, host: SimulatedHost): void {
    this.ends.set(name, new Event());
    const target = new Target(() => host.connect());
    this.comes((place) => place.contact(target, () => this.#change(name), false).catch((error: Error) => void this.log.push(error.message)));
  }

  async #change(name: string): Promise<void> {
    this.log.push(`${name} begins`);
    await this.ends.get(name)?.happens;
    this.log.push(`${name} ends`);
  }

  /** Everybody has gone. */
  async isOver(): Promise<void> {
    await Promise.all(this.#all);
    this.#places.close();
  }
}

test.serial('never more hosts are at work than there are places', async (t) => {
  const world = new World(3);
  let atWork = 0;
  const counts: number[] = [];
  const work = async (turns: number): Promise<void> => {
    atWork += 1;
    counts.push(atWork);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    atWork -= 1;
  };
  const hosts = Array.from({ length: 20 }, () => new LateHost());
  for (const [index, host] of hosts.entries()) {
    const target = new Target(() => host.connect());
    world.comes(async (place) => {
      await work(index % 4);
      await place.contact(target, () => work(index % 7), false);
      await place.aside(() => Promise.resolve());
      await work(index % 5);
    });
  }
  // Each is late enough for others to begin in its place, and they come back in another order.
  for (let round = 0; round < 8; round += 1) await after(1000);
  for (const host of hosts.toReversed()) {
    host.connected.happen();
    if (hosts.indexOf(host) % 3 === 0) await after(10);
  }
  await world.isOver();
  t.is(counts.length, 60);
  t.is(Math.max(...counts), 3);
});

test.serial('a host that is slow to be reached lends its place after a second, and changes nothing until it has one again', async (t) => {
  const world = new World(1);
  const slow = new LateHost();
  world.changes('slow', slow);
  for (const name of ['b', 'c']) world.changes(name, new SimulatedHost());
  await after(999);
  t.deepEqual(world.log, []);
  await after(1);
  t.deepEqual(world.log, ['b begins']);
  slow.connected.happen();
  await after(0);
  t.deepEqual(world.log, ['b begins'], 'its place is taken');
  world.ends.get('b')?.happen();
  await after(0);
  t.deepEqual(world.log, ['b begins', 'b ends', 'c begins'], 'it took far longer than b: c does not wait for it');
  for (const name of ['c', 'slow']) world.ends.get(name)?.happen();
  await world.isOver();
  t.deepEqual(world.log.slice(3), ['c ends', 'slow begins', 'slow ends']);
});

test.serial('a host that took as long to be reached as is usual is the next in the line', async (t) => {
  const world = new World(1);
  const [first, second] = [new LateHost(), new LateHost()];
  world.changes('first', first);
  world.changes('second', second);
  await after(1000);
  await after(1000);
  world.changes('third', new SimulatedHost());
  world.changes('fourth', new SimulatedHost());
  await after(0);
  t.deepEqual(world.log, ['third begins']);
  for (const one of [first, second]) one.connected.happen();
  await after(0);
  for (const end of world.ends.values()) end.happen();
  await world.isOver();
  const begun = world.log.filter((line) => line.endsWith('begins'));
  t.deepEqual(begun, ['third begins', 'second begins', 'fourth begins', 'first begins']);
});

test.serial('a host that cannot be reached gives its place back', async (t) => {
  const world = new World(1);
  const refused = new SimulatedHost();
  refused.beforeConnect = () => refused.lose();
  world.comes(async (place) => {
    const target = new Target(() => refused.connect());
    await t.throwsAsync(
      place.contact(target, () => target.connect(), false),
      { message: 'the link was lost' },
    );
  });
  world.changes('next', new SimulatedHost());
  world.ends.get('next')?.happen();
  await world.isOver();
  t.deepEqual(world.log, ['next begins', 'next ends']);
});

for (const earlier of [[], [task('value', { name: 'first', value: 'x' })]]) {
  test.serial(`run_once after ${earlier.length} tasks is done by a first host that is late, though there is one place`, async (t) => {
    t.timeout(10_000);
    const hosts = { late: new LateHost(), b: new SimulatedHost(), c: new SimulatedHost() };
    const once = task('value', { name: 'once', value: 'x' }, { runOnce: expression(() => true) });
    const ending = play(hosts, [...earlier, once, task('value', { name: 'last', value: 'x' })], { forks: 1 });
    await after(1000);
    await after(1000);
    hosts.late.connected.happen();
    const { exitCode } = await ending;
    t.is(exitCode, 0);
    const own = [...(earlier.length > 0 ? ['first=x'] : []), 'last=x'];
    t.deepEqual([hosts.late.log, hosts.b.log, hosts.c.log], [[...own.slice(0, -1), 'once=x', 'last=x'], own, own]);
  });
}

test.serial('an interruption wakes everybody who waits for a place, and nobody begins any more', async (t) => {
  t.timeout(10_000);
  const world = new World(1);
  const late = new LateHost();
  world.changes('late', late);
  await after(1000);
  world.changes('at work', new SimulatedHost());
  await after(0);
  // One has been reached and is back, one has not begun, one waits for something else.
  late.connected.happen();
  world.changes('new', new SimulatedHost());
  const other = new Event();
  world.comes((place) => place.aside(() => other.happens));
  await after(0);
  world.interruption.abort();
  await after(0);
  const interrupted = 'the run was interrupted before the host had its turn';
  t.deepEqual(world.log.toSorted(), ['at work begins', interrupted, interrupted].toSorted());
  other.happen();
  world.ends.get('at work')?.happen();
  await world.isOver();
  t.deepEqual(world.log.slice(-1), ['at work ends']);
  world.changes('too late', new SimulatedHost());
  await world.isOver();
  t.deepEqual(world.log.slice(-1), [interrupted]);
});
