import test from 'ava';
import { SimulatedHost } from './simulated-host.ts';
import { expression, play, task } from './world.ts';

const as = (user: string) => ({ become: expression(() => true), becomeUser: expression(() => user) });

/** A host on which a user is there once the value `user` says so. */
function hostOfUsers(start: Readonly<Record<string, string>> = {}): SimulatedHost {
  const host = new SimulatedHost(start);
  host.refuses = (user) => host.state.get('user') !== user;
  return host;
}

test('a user who is only made by an earlier task can be become by a later one', async (t) => {
  for (const prefetch of [true, false]) {
    const host = hostOfUsers();
    const { statuses } = await play(
      { h: host },
      [
        task('value', { name: 'first', value: 'x' }),
        task('value', { name: 'user', value: 'new' }),
        task('value', { name: 'a', value: 'x' }, as('new')),
      ],
      { prefetch },
    );
    t.deepEqual(statuses, ['h value changed', 'h value changed', 'h value changed']);
  }
});

test('to become the user that logged in, or to have another environment, costs no trip more', async (t) => {
  const host = new SimulatedHost({ a: 'x', b: 'x', c: 'x' });
  const { statuses } = await play({ h: host }, [
    task('value', { name: 'a', value: 'x' }),
    task('value', { name: 'b', value: 'x' }, as(host.user)),
    task('value', { name: 'c', value: 'x' }, { environment: [expression(() => ({ LC_ALL: 'de_DE' }))] }),
  ]);
  t.deepEqual(statuses, ['h value ok', 'h value ok', 'h value ok']);
  t.is(host.trips, 1);
});

test('a user who cannot be become fails the task that wants it, and no other', async (t) => {
  const host = hostOfUsers({ a: 'x' });
  const { statuses } = await play({ h: host }, [
    task('value', { name: 'a', value: 'x' }),
    task('value', { name: 'b', value: 'x' }, as('nobody')),
    task('value', { name: 'c', value: 'x' }),
  ]);
  t.deepEqual(statuses, ['h value ok', 'h value failed']);
});

test('a refusal (a wrong password) is not tried again while nothing has changed', async (t) => {
  const host = hostOfUsers({ a: 'x' });
  const ignoreErrors = expression(() => true);
  await play({ h: host }, [
    task('value', { name: 'a', value: 'x' }),
    task('value', { name: 'b', value: 'x' }, { ...as('nobody'), ignoreErrors }),
    task('value', { name: 'b', value: 'x' }, { ...as('nobody'), ignoreErrors }),
  ]);
  t.is(host.entered.filter((user) => user === 'nobody').length, 1);
});

test('the program by which one becomes a user is the word of the task; what one refuses another may allow', async (t) => {
  const host = new SimulatedHost({ a: 'x' });
  host.refuses = (_, method) => method !== 'su';
  const ignoreErrors = expression(() => true);
  const { statuses } = await play({ h: host }, [
    task('value', { name: 'a', value: 'x' }, { ...as('app'), ignoreErrors }),
    task('value', { name: 'a', value: 'x' }, { ...as('app'), becomeMethod: expression(() => 'su' as const) }),
    task('value', { name: 'a', value: 'x' }, { ...as('app'), becomeMethod: expression(() => 'su' as const) }),
  ]);
  t.deepEqual(statuses, ['h value failed', 'h value ok', 'h value ok']);
  t.deepEqual(
    host.entered.filter((name) => name.endsWith('app')),
    ['app', 'su app'],
  );
});
