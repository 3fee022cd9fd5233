import test from 'ava';
import { PasswordRefused } from '../../src/remote/become-errors.ts';
import { createPasswordTries } from '../../src/remote/password-tries.ts';
import { TaskError } from '../../src/values/errors.ts';

const refusal = () => new PasswordRefused({ target: 'there', user: 'root', method: 'sudo' }, 'refused', 'check');

test('a password that was refused is not given to those who wait for their turn, nor later', async (t) => {
  const tries = createPasswordTries();
  const given: (string | undefined)[] = [];
  const attempt = (password: string | undefined): Promise<string> => {
    given.push(password);
    return password === undefined ? Promise.reject(new TaskError('it takes a password')) : Promise.reject(refusal());
  };
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => tries.one('web1', 'wrong', attempt)));
  await t.throwsAsync(tries.one('web1', 'wrong', attempt), { message: /not tried again in this run/ });
  t.deepEqual(
    results.map(({ status }) => status),
    Array.from({ length: 5 }, () => 'rejected'),
  );
  t.deepEqual(
    given.filter((password) => password !== undefined),
    ['wrong'],
  );
});

test('another host, another password, and what takes none are not kept from it', async (t) => {
  const tries = createPasswordTries();
  await t.throwsAsync(tries.one('web1', 'wrong', () => Promise.reject(refusal())));
  t.is(await tries.one('web2', 'wrong', (password) => Promise.resolve(password)), 'wrong');
  t.is(await tries.one('web1', 'right', (password) => Promise.resolve(password)), 'right');
  t.is(await tries.one('web1', 'wrong', (password) => Promise.resolve(password ?? 'none needed')), 'none needed');
});

test('what fails for another reason may be tried again', async (t) => {
  const tries = createPasswordTries();
  await t.throwsAsync(
    tries.one('web1', 'right', () => Promise.reject(new Error('there is no such user'))),
    { message: /no such user/ },
  );
  t.is(await tries.one('web1', 'right', (password) => Promise.resolve(password)), 'right');
});
