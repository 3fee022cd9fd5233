import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import test from 'ava';
import { array, assert as check, property, string as text } from 'fast-check';
import { quote, raw, sh, withStdin } from '../../src/values/command.ts';
import { Secret } from '../../src/values/secret.ts';

const shells = [['/bin/dash'], ['/bin/bash', '--posix'], ['/bin/bash'], ['/usr/bin/busybox', 'sh'], ['/usr/bin/zsh'], ['/usr/bin/ksh']].filter(
  ([program]) => existsSync(program ?? ''),
);

/** The words that `shell` makes of a command line, byte for byte. */
function words(shell: readonly string[], line: string): string[] {
  const [program = '', ...options] = shell;
  const { stdout } = spawnSync(program, options, {
    input: `f() { for w in "$@"; do printf '%s\\0' "$w"; done; }; f ${line}\n`,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  return stdout.toString('utf8').split('\0').slice(0, -1);
}

const nasty = [
  '',
  ' ',
  '  two  spaces  ',
  '\t',
  '\n',
  'a\nb\n',
  '\n\n',
  "'",
  "''",
  "a'b'c",
  '"',
  '`id`',
  '$(id)',
  '$HOME',
  '${HOME}',
  '\\',
  '\\\\',
  "\\'",
  "'\\''",
  '!',
  '!!',
  '#',
  '# no comment',
  '~',
  '~root',
  '*',
  '?',
  '[a-z]',
  '{a,b}',
  '-n',
  '-e',
  '--',
  '-',
  '%s',
  '%',
  '\\n',
  ';',
  ';id',
  '&',
  '&&',
  '|',
  '>',
  '< /etc/passwd',
  '(',
  ')',
  'a=b',
  '=',
  '1',
  '01',
  'if',
  'é',
  '😀',
  '\u0081\u0088',
  '\u00ff',
  '\x01',
  '\x7f',
  '\x1b[31m',
  '\ufeff',
  '/usr/bin/x-y_z.1:2,3+4@5%',
  'x'.repeat(10_000),
  "'".repeat(500),
] as const;

for (const shell of shells) {
  test(`${shell.join(' ')} reads every quoted word as it was`, (t) => {
    t.deepEqual(words(shell, nasty.map(quote).join(' ')), [...nasty]);
    for (const word of nasty) t.deepEqual(words(shell, quote(word)), [word]);
  });

  test(`${shell.join(' ')} reads any list of quoted words as it was`, (t) => {
    // Text with a NUL has no word; halves of surrogate pairs are no text.
    const word = text({ unit: 'grapheme', maxLength: 30 }).filter((value) => !value.includes('\0') && Buffer.from(value).toString() === value);
    t.notThrows(() =>
      check(
        property(array(word, { minLength: 1, maxLength: 60 }), (list) => {
          const read = words(shell, list.map(quote).join(' '));
          return read.length === list.length && read.every((value, index) => value === list[index]);
        }),
        { numRuns: 60 },
      ),
    );
  });
}

test('a plain word is left alone, so that what people read stays readable', (t) => {
  for (const word of ['nginx.service', '/etc/nginx/nginx.conf', 'a@b:c', '0644', '50%', 'x=1'.slice(0, 1)]) t.is(quote(word), word);
  t.is(quote('two words'), "'two words'");
  t.is(quote("it's"), "'it'\\''s'");
});

test('sh quotes strings and numbers, spreads lists, and takes raw text as it is', (t) => {
  t.is(sh`systemctl restart ${'a b.service'}`.script, "systemctl restart 'a b.service'");
  t.is(sh`chmod ${644} ${['/a', '/b c']}`.script, "chmod 644 /a '/b c'");
  t.is(sh`rm ${[]}`.script, 'rm ');
  t.is(sh`true ${raw('&& echo "$HOME"')}`.script, 'true && echo "$HOME"');
  t.is(sh`printf ${''}`.script, "printf ''");
  t.is(sh`plain`.script, 'plain');
});

test('neither a secret, a NUL nor undefined can be an argument', (t) => {
  const secret = new Secret('hush') as unknown as string;
  const nothing = undefined as unknown as string;
  t.throws(() => sh`echo ${'a\0b'}`, { instanceOf: TypeError, message: /NUL/ });
  t.throws(() => quote('a\0'), { instanceOf: TypeError });
  t.throws(() => quote(secret), { instanceOf: TypeError, message: /standard input/ });
  t.throws(() => sh`echo ${secret}`, { instanceOf: TypeError, message: /standard input/ });
  t.throws(() => sh`echo ${[secret]}`, { instanceOf: TypeError, message: /standard input/ });
  t.throws(() => sh`echo ${nothing}`, { instanceOf: TypeError, message: /undefined/ });
});

test('standard input is added to a copy', (t) => {
  const command = sh`cat`;
  const secret = new Secret('hush');
  t.deepEqual(withStdin(command, secret), { script: 'cat', stdin: secret });
  t.false('stdin' in command);
});
