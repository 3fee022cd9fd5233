import { fc, testProp } from '@fast-check/ava';
import type { ExecutionContext } from 'ava';
import { type AuthorizedKey, parseKey, withKeys, withoutKeys } from '../../src/modules/support/authorized-keys.ts';
import { withJob, withoutJob, withoutVariable, withVariable } from '../../src/modules/support/cron-lines.ts';
import { settingIn, withoutSetting, withSetting } from '../../src/modules/support/sysctl-lines.ts';

/** Files of any of these lines, the last with or without an end. */
const fileOf = (...lines: readonly string[]) =>
  fc
    .tuple(
      fc.array(
        fc.oneof(
          fc.constantFrom(...lines),
          fc.string({ unit: 'binary-ascii' }).map((line) => line.replaceAll('\n', '')),
        ),
        { maxLength: 8 },
      ),
      fc.boolean(),
    )
    .map(([all, hasEnd]) => all.join('\n') + (hasEnd && all.length > 0 ? '\n' : ''));

const others = (file: string, isOwn: (line: string) => boolean) =>
  (file === '' ? [] : file.replace(/\n$/, '').split('\n')).filter((line) => !isOwn(line));

/** Once is as good as twice, and lines that are not meant stay as they are, in their order. */
function holds(t: ExecutionContext, file: string, edit: (file: string) => string, isOwn: (line: string) => boolean): void {
  const after = edit(file);
  t.is(edit(after), after);
  t.deepEqual(others(after, isOwn), others(file, isOwn));
}

const key = (blob: string, options = '', comment = ''): AuthorizedKey => ({ options, type: 'ssh-rsa', blob, comment });
const keyLines = [
  'ssh-rsa AAAA',
  'ssh-rsa AAAA x',
  'no-pty ssh-rsa AAAA',
  'ssh-rsa AAAB y',
  '  command="ssh-rsa AAAA"  ssh-rsa AAAC',
  '# ssh-rsa AAAA',
  '',
];
const isKey = (line: string) => ['AAAA', 'AAAB'].includes(parseKey(line)?.blob ?? '');

testProp(
  'authorized keys › what is there twice is once afterwards, and lines of others stay',
  [fileOf(...keyLines), fc.constantFrom('', 'no-pty')],
  (t, file, options) => {
    holds(t, file, (text) => withKeys(text, [key('AAAA', options), key('AAAB', options, 'y')], false), isKey);
    holds(t, file, (text) => withoutKeys(text, [key('AAAA'), key('AAAB')]), isKey);
    t.deepEqual(
      others(withKeys(file, [key('AAAA', options)], true), () => false)
        .map(parseKey)
        .map((one) => one?.blob)
        .filter((blob) => blob !== 'AAAA'),
      [],
    );
  },
);

const cronLines = ['#Ansible: a', '#Ansible: b', '* * * * * x', '* * * * * y', 'A="1"', 'A=2', 'B=3', ''];

testProp(
  'crontab › a job or variable that was put there is found again, and is gone when it was removed',
  [fileOf(...cronLines), fc.constantFrom('* * * * * x', '1 * * * * z')],
  (t, file, job) => {
    const has = withJob(file, 'a', job);
    t.is(withJob(has, 'a', job), has);
    t.true(has.includes(`#Ansible: a\n${job}\n`));
    const without = withoutJob(file, 'a');
    t.is(withoutJob(without, 'a'), without);
    t.false(without.split('\n').includes('#Ansible: a'));
    const isVariable = (line: string) => line.startsWith('A=') || line === '';
    holds(t, file, (text) => withVariable(text, { name: 'A', value: '1' }), isVariable);
    holds(t, file, (text) => withoutVariable(text, 'A'), isVariable);
  },
);

const sysctlLines = ['a.b=1', ' a.b = 2', '#a.b=1', ';a.b=1', 'a.bc=3', 'a.b', 'c=d\r', ''];

testProp(
  'sysctl.conf › a parameter is set once, as it was asked for, and lines of others stay',
  [fileOf(...sysctlLines), fc.constantFrom('1', '2 3')],
  (t, file, value) => {
    const isOwn = (line: string) => settingIn(line, 'a.b') !== undefined;
    holds(t, file, (text) => withSetting(text, 'a.b', value), isOwn);
    t.is(settingIn(withSetting(file, 'a.b', value), 'a.b'), value);
    holds(t, file, (text) => withoutSetting(text, 'a.b'), isOwn);
    t.is(settingIn(withoutSetting(file, 'a.b'), 'a.b'), undefined);
  },
);
