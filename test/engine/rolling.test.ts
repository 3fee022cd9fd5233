import test from 'ava';
import { SimulatedHost } from './simulated-host.ts';
import { type Options, play, task } from './world.ts';

/** Five servers, on each of which a value is needed that some lack. */
function servers(...lacking: readonly string[]) {
  return Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, new SimulatedHost(lacking.includes(name) ? {} : { ok: 'x' })]));
}

const need = task('need', { name: 'ok' });
const set = task('value', { name: 'done', value: 'yes' });
/** Another play after it. */
const rolled = (serial: Options['serial'], more: Options = {}): Options => ({
  serial: serial ?? [],
  next: { tasks: [set], name: 'second' },
  ...more,
});

test('--serial takes one host through all plays before the next one begins', async (t) => {
  const { statuses, exitCode } = await play(servers(), [need], rolled([1]));
  t.is(exitCode, 0);
  t.deepEqual(
    statuses,
    ['a', 'b', 'c', 'd', 'e'].flatMap((name) => [`${name} need ok`, `${name} value changed`]),
  );
});

test('the run stops at the first host that fails, names those that it has not begun, and leaves them alone', async (t) => {
  const hosts = servers('c');
  const { statuses, exitCode, events } = await play(hosts, [need], rolled([1]));
  t.is(exitCode, 2);
  t.deepEqual(statuses, ['a need ok', 'a value changed', 'b need ok', 'b value changed', 'c need failed']);
  t.deepEqual([hosts['d']?.connects, hosts['e']?.connects], [0, 0]);
  const [warning] = events.flatMap((event) => (event.event === 'warning' ? [event] : []));
  t.is(warning?.message, 'stopped after a failure; not begun: d, e');
});

test('a host that cannot be reached stops it, too', async (t) => {
  const hosts = servers();
  if (hosts['b']) hosts['b'].beforeConnect = () => hosts['b']?.lose();
  const { statuses, exitCode } = await play(hosts, [need], rolled([1]));
  t.is(exitCode, 4);
  t.deepEqual(statuses, ['a need ok', 'a value changed', 'b need unreachable']);
});

test('where the last one fails nobody is left to be named', async (t) => {
  const { events, exitCode } = await play(servers('e'), [need], rolled([1]));
  t.is(exitCode, 2);
  t.false(events.some(({ event }) => event === 'warning'));
});

test('the others of a batch come to their end when one of them fails', async (t) => {
  const { statuses } = await play(servers('b'), [need], rolled([1, 2]));
  t.deepEqual(
    statuses.filter((one) => one.includes('value')),
    ['a value changed', 'c value changed'],
  );
  t.false(statuses.some((one) => /^[de]/.test(one)));
});

test('one first, then the rest', async (t) => {
  const { events } = await play(servers(), [need], rolled([1, '100%']));
  t.deepEqual(
    events.flatMap((event) => (event.event === 'play_start' ? [event.hosts.join('')] : [])),
    ['a', 'a', 'bcde', 'bcde'],
  );
});

test('serial of a play cuts each batch further', async (t) => {
  const { events } = await play(servers(), [need], rolled([2], { play: { serial: [1] } }));
  t.deepEqual(events.flatMap((event) => (event.event === 'task' ? [event.host] : [])).join(''), 'ababcdcdee');
});

test('an interruption begins no other batch', async (t) => {
  const controller = new AbortController();
  const { statuses, exitCode, events } = await play(servers(), [need], {
    ...rolled([1]),
    signal: controller.signal,
    onEvent: (event) => {
      if (event.event === 'task' && event.host === 'b') controller.abort();
    },
  });
  t.is(exitCode, 130);
  t.false(statuses.some((one) => /^[cde]/.test(one)));
  t.false(events.some(({ event }) => event === 'warning'));
});
