import test from 'ava';
import { SimulatedHost } from './simulated-host.ts';
import { play, task } from './world.ts';

const aDay = 86_400;

test('what comes about during a wait is seen after it', async (t) => {
  const host = new SimulatedHost({ a: 'old' });
  const { statuses } = await play({ h1: host }, [task('wait', { seconds: 0.01 }), task('value', { name: 'a', value: 'new' })], {
    onEvent: (event) => event.event === 'task_start' && event.task.startsWith('wait') && host.state.set('a', 'new'),
  });
  t.deepEqual(statuses, ['h1 wait ok', 'h1 value ok']);
});

test('what was seen before a wait does not count after it', async (t) => {
  const host = new SimulatedHost({ a: 'new' });
  const { statuses } = await play(
    { h1: host },
    [task('value', { name: 'a', value: 'new' }), task('wait', { seconds: 0.01 }), task('value', { name: 'a', value: 'new' })],
    { onEvent: (event) => event.event === 'task_start' && event.task.startsWith('wait') && host.state.set('a', 'lost') },
  );
  t.deepEqual(statuses, ['h1 value ok', 'h1 wait ok', 'h1 value changed']);
  t.is(host.state.get('a'), 'new');
});

test('check mode does not wait, and a wait is no change', async (t) => {
  const { statuses, exitCode } = await play({ h1: new SimulatedHost() }, [task('wait', { seconds: aDay })], { check: true });
  t.deepEqual(statuses, ['h1 wait ok']);
  t.is(exitCode, 0);
});

test('an interruption ends a wait', async (t) => {
  const interruption = new AbortController();
  const { exitCode, statuses } = await play({ h1: new SimulatedHost() }, [task('wait', { seconds: aDay }), task('need', { name: 'a' })], {
    signal: interruption.signal,
    onEvent: (event) => event.event === 'task_start' && interruption.abort(),
  });
  t.is(exitCode, 130);
  t.deepEqual(statuses, ['h1 wait ok']);
});
