import { spawnSync } from 'node:child_process';
import test from 'ava';
import { extended } from '../../src/modules/support/extended-pattern.ts';
import { globTest, regexTest, roughGlob } from '../../src/modules/support/name-patterns.ts';
import { PatternError } from '../../src/values/python-pattern.ts';

const names = ['a.log', 'a.log.gz', '.hidden', 'мир', '-x', 'a\nb', 'back\\slash', '[x]', 'a^b', '😀', ''];

/** Shell pattern, and which of the names Python 3.11's fnmatch.fnmatchcase takes. */
const globs: readonly (readonly [glob: string, found: readonly string[]])[] = [
  ['*', names],
  ['*.log', ['a.log']],
  ['?????', ['a.log']],
  ['???', ['мир', 'a\nb', '[x]', 'a^b']],
  ['?', ['😀']],
  ['[!a]*', ['.hidden', 'мир', '-x', 'back\\slash', '[x]', '😀']],
  ['[a-c]?[a-c]', ['a\nb', 'a^b']],
  ['*[^]b', ['a^b']],
  ['[[]*', ['[x]']],
  ['[x', []],
  ['[x]', []],
  ['*\\*', ['back\\slash']],
  ['[]x-]x', ['-x']],
  ['A.LOG', []],
];

for (const [glob, found] of globs) {
  test(`globTest › ${glob}`, (t) => {
    t.deepEqual(names.filter(globTest(glob)), found);
    t.regex(roughGlob(glob), /^(?:[^[\\]|\\[[\\])*$/, 'no set is left to find(1)');
  });
}

test('regexTest › matches from the beginning of a name on, as re.match', (t) => {
  t.deepEqual(names.filter(regexTest('a|x')), ['a.log', 'a.log.gz', 'a\nb', 'a^b']);
  t.deepEqual(names.filter(regexTest('^.*?\\.(?:log|gz)$')), ['a.log', 'a.log.gz']);
});

/** Expression, lines, and those of them that Python 3.11's re.match takes. */
const lines: readonly (readonly [source: string, text: readonly string[], found: readonly string[]])[] = [
  ['a|b', ['a1', 'b1', 'xa'], ['a1', 'b1']],
  ['.*b', ['xab', 'xa'], ['xab']],
  ['(?i)key\\s*=\\s*\\d+$', ['KEY = 12', 'key=x', ' key=1'], ['KEY = 12']],
  ['(?:ab)+?c{,2}?$', ['ababcc', 'abccc', 'ab'], ['ababcc', 'ab']],
  ['[\\w.-]+@[^\\s\\d]', ['a.b-c@x', 'a@1', '@x'], ['a.b-c@x']],
  ['[]^[-]x', [']x', '^x', '[x', '-x', 'ax'], [']x', '^x', '[x', '-x']],
  ['[^]^]', [']', '^', 'a'], ['a']],
  ['[\\^]|[^^]', ['^', 'a'], ['^', 'a']],
  ['[\\]\\-\\\\]', [']', '-', '\\', 'a'], [']', '-', '\\']],
  ['\\{\\$a\\}\\.\\"\\-', ['{$a}."-', '{$a}x"-'], ['{$a}."-']],
  ['server {$', ['server {', 'server'], ['server {']],
  ['(?P<n>é)\\ x\\b', ['é x', 'é xy'], ['é x']],
  ['\\ta\\x41', ['\taA', 'taA'], ['\taA']],
];

for (const [source, text, found] of lines) {
  test(`extended › grep -E finds by ${source} what Python finds`, (t) => {
    const { pattern, ignoreCase } = extended(source);
    const { stdout, stderr } = spawnSync('grep', ['-a', '-E', ...(ignoreCase ? ['-i'] : []), '-e', pattern], {
      input: `${text.join('\n')}\n`,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    t.is(stderr, '');
    t.deepEqual(stdout.split('\n').slice(0, -1), found);
  });
}

test('extended › refuses what grep -E cannot do, and says what to write', (t) => {
  for (const [source, message] of [
    ['a(?=b)', 'which has no (?…)'],
    ['(a)\\1', 'write out what it stands for'],
    ['a\\nb', 'line by line'],
    ['[\\Wa]', 'no \\W in brackets'],
    ['[\\--/]', 'write out what'],
    ['a++', 'possessive'],
    ['[a', 'is not closed'],
  ] as const) {
    const error = t.throws(() => extended(source), { instanceOf: PatternError }, source);
    t.true(error?.message.includes(message), `${source}: ${error?.message}`);
  }
});
