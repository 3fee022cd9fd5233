import test from 'ava';
import { UnreachableError } from '../../src/values/errors.ts';
import { SimulatedHost } from './simulated-host.ts';
import { expression, play, task } from './world.ts';

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

/** Refuses to be connected to at first, and after each time that it goes away. */
function refusing(host: SimulatedHost, times: number): void {
  let left = times;
  host.beforeConnect = () => {
    if (left-- > 0) throw new UnreachableError('connection refused', 'Is sshd running?');
  };
}

test('a host that went away is connected to anew until it shows that it is back, and nothing that was seen before counts', async (t) => {
  const host = new SimulatedHost({ a: 'new', boot: '1' });
  const scripts: string[] = [];
  let looks = 0;
  host.onScript = (script) => scripts.push(script);
  host.effects = (name, _, state) => name === 'boot' && state.set('a', 'lost') && refusing(host, 2);
  host.spoil = (script) => (script === 'get back' && looks++ === 0 ? { rc: 1 } : {});
  const { statuses, hosts } = await play({ h1: host }, [
    task('value', { name: 'a', value: 'new' }),
    task('leave', { script: 'put boot 2' }, { register: 'left' }),
    task('value', { name: 'a', value: 'new' }),
  ]);
  t.deepEqual(statuses, ['h1 value ok', 'h1 leave changed', 'h1 value changed']);
  t.like(hosts.get('h1')?.registered.get('left'), { changed: true, boot: '2' });
  t.is(host.connects, 5, 'the first, two in vain, one without the sign, one with it');
  t.is(scripts[scripts.indexOf('put boot 2') + 1], 'get back', 'nothing is asked of a host that is about to go away');
});

test('those whom tasks become are become anew', async (t) => {
  const host = new SimulatedHost({ boot: '1' });
  const asDeploy = { become: expression(() => true), becomeUser: expression(() => 'deploy') };
  const { statuses } = await play({ h1: host }, [
    task('value', { name: 'a', value: 'x' }, asDeploy),
    task('leave', { script: 'put boot 2' }),
    task('value', { name: 'b', value: 'x' }, asDeploy),
  ]);
  t.deepEqual(statuses, ['h1 value changed', 'h1 leave changed', 'h1 value changed']);
  t.is(host.entered.filter((user) => user === 'deploy').length, 2);
});

test('a host that does not come back in time fails its task, with what the last try came to', async (t) => {
  const host = new SimulatedHost({ boot: '1' });
  host.effects = () => refusing(host, 1000);
  const { events, exitCode } = await play({ h1: host }, [task('leave', { script: 'put boot 2', timeout: 0 }), task('need', { name: 'boot' })]);
  const told = events.filter((event) => event.event === 'task');
  t.is(told.length, 1);
  t.like(told[0], { status: 'failed', message: 'waited 0 seconds, and connection refused', hint: 'Is sshd running?' });
  t.is(exitCode, 2);
});

test('a host that stays as it is has not come back', async (t) => {
  const host = new SimulatedHost({ boot: '1' });
  host.spoil = (script) => (script === 'get back' ? { rc: 1, stderr: 'first\nthe same boot\n' } : {});
  const { events } = await play({ h1: host }, [task('leave', { script: 'put boot 2', timeout: 0 })]);
  t.like(
    events.find((event) => event.event === 'task'),
    { status: 'failed', message: 'waited 0 seconds, and it is not back (the same boot)' },
  );
});

test('without facts, a host that is not there yet may be waited for', async (t) => {
  const host = new SimulatedHost();
  refusing(host, 3);
  const { statuses, exitCode } = await play({ h1: host }, [task('find', {}), task('value', { name: 'a', value: 'x' })]);
  t.deepEqual(statuses, ['h1 find ok', 'h1 value changed']);
  t.is(exitCode, 0);
});

test('without facts, a host that is not there is unreachable at the first task that needs it, and is not tried again', async (t) => {
  const host = new SimulatedHost();
  refusing(host, 1000);
  const { statuses, exitCode } = await play({ h1: host }, [task('wait', { seconds: 0 }), task('value', { name: 'a', value: 'x' })]);
  t.deepEqual(statuses, ['h1 wait ok', 'h1 value unreachable']);
  t.is(host.connects, 1);
  t.is(exitCode, 4);
});

test('check mode neither looks for a host nor sends it away', async (t) => {
  const host = new SimulatedHost({ boot: '1' });
  const { statuses, exitCode } = await play({ h1: host }, [task('find', {}), task('leave', { script: 'put boot 2' })], { check: true });
  t.deepEqual(statuses, ['h1 find ok', 'h1 leave changed']);
  t.deepEqual([host.log, host.connects, exitCode], [[], 1, 3]);
});

test('the machine that the run is on is not sent away', async (t) => {
  for (const check of [true, false]) {
    const host = new SimulatedHost({ boot: '1' });
    host.isHere = true;
    const { events } = await play({ h1: host }, [task('leave', { script: 'put boot 2' })], { check });
    t.like(
      events.find((event) => event.event === 'task'),
      { status: 'failed', message: 'the run is on this machine: it cannot go away and come back' },
    );
    t.deepEqual(host.log, []);
  }
});

test('an interruption ends the search for a host', async (t) => {
  const interruption = new AbortController();
  const host = new SimulatedHost();
  host.beforeConnect = (count) => {
    if (count === 3) interruption.abort();
    throw new UnreachableError('connection refused');
  };
  const { statuses, exitCode } = await play({ h1: host }, [task('find', { timeout: aDay })], { signal: interruption.signal });
  t.deepEqual(statuses, ['h1 find failed']);
  t.deepEqual([host.connects, exitCode], [3, 130]);
});

test('a sign gets no more time than is left', async (t) => {
  const host = new SimulatedHost({ boot: '1' });
  const seconds: (number | undefined)[] = [];
  host.beforeStep = ({ script, timeoutSeconds }) => script === 'get back' && seconds.push(timeoutSeconds);
  host.spoil = (script) => (script === 'get back' ? { rc: 124, timedOut: true } : {});
  const { events } = await play({ h1: host }, [task('leave', { script: 'put boot 2', timeout: 0 })]);
  t.deepEqual(seconds, [1]);
  t.like(
    events.find((event) => event.event === 'task'),
    { status: 'failed', message: 'waited 0 seconds, and it is not back (it took too long)' },
  );
});

test('a host that several wait for at once is connected to anew once, for all of them', async (t) => {
  const shared = new SimulatedHost();
  // None of them has let go before all have begun to.
  shared.close = () => new Promise((resolve) => setTimeout(resolve, 5));
  const hosts = { h1: new SimulatedHost(), h2: new SimulatedHost(), h3: new SimulatedHost(), shared };
  const delegated = { delegateTo: expression(() => 'shared') };
  const { statuses } = await play(hosts, [task('value', { name: 'a', value: 'x' }, delegated), task('find', {}, delegated)], {
    playHosts: ['h1', 'h2', 'h3'],
  });
  t.deepEqual(statuses.filter((status) => status.includes('find')).sort(), ['h1 find ok', 'h2 find ok', 'h3 find ok']);
  t.is(shared.connects, 2);
});
