import test from 'ava';
import { createConditions } from '../../src/language/condition.ts';
import type { Scope } from '../../src/language/expression.ts';
import { exampleVariables } from '../../src/language/helper.ts';
import { helpers } from '../../src/language/helpers.ts';
import type { ScalarNode } from '../../src/language/node.ts';
import { Problems } from '../../src/language/problems.ts';
import { specialForms } from '../../src/language/special-forms.ts';
import { createTemplates } from '../../src/language/template.ts';
import { scopeOf, valueLayer } from '../../src/language/variables.ts';
import { InputError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import type { Value } from '../../src/values/vars.ts';
import { asFunction } from '../docs/helpers-page.ts';

const locate = (offset: number) => ({ file: 'a', line: 1, column: offset + 1 });
const lookups = {
  env: (name: string) => (name === 'HOST' ? new Secret('h.example') : undefined),
  secret: (name: string) => (name === 'pw' ? new Secret('hunter2') : undefined),
};
const examples = scopeOf([valueLayer('test', exampleVariables)]);

function inTemplate(call: string, scope: Scope = examples): Value {
  return createTemplates(lookups).compile(`{{ ${call} }}`, locate).evaluate(scope);
}

/** Whether a condition holds. */
function holds(text: string, scope: Scope = examples): boolean {
  const problems = new Problems();
  const node: ScalarNode = { kind: 'scalar', value: text, text, plain: false, unsafe: false, source: locate(0), locate };
  const [condition] = createConditions(lookups).compile(node, 'when', problems);
  if (!condition) throw new InputError(problems.errors);
  return condition.evaluate(scope);
}

const inJson = (value: Value) => JSON.stringify(JSON.stringify(value));

for (const [name, { example, inConditions, usage, summary }] of [...helpers, ...specialForms]) {
  test(`${name} says what it does`, (t) => {
    t.true(usage.startsWith(`${name} `));
    t.regex(summary, /\.$/);
    if (helpers.has(name)) t.true(example?.[0].includes(name));
  });
  if (!example) continue;
  const [call, gives] = example;
  test(`{{ ${call} }} gives ${JSON.stringify(gives)}`, (t) => t.deepEqual(inTemplate(call), gives));
  if (inConditions === undefined)
    test(`${asFunction(call)} gives ${JSON.stringify(gives)} in a condition`, (t) => t.true(holds(`json(${asFunction(call)}) == ${inJson(gives)}`)));
}

const more = scopeOf([
  valueLayer('test', {
    ...exampleVariables,
    document: '{"a": [1, null, true]}',
    deep: [1, [2, [3, []]]],
    twoLines: 'a\nb',
    none: null,
    long: 'x'.repeat(70),
  }),
]);

/** What the examples of the reference do not show; each in a template and in a condition. */
const cases: readonly (readonly [call: string, gives: Value])[] = [
  ['regex_replace "b=1 a=2" "(?P<key>[a-z])=([0-9])" "\\2=\\g<key>"', '1=b 2=a'],
  ['regex_replace "abxd" "x*" "-"', '-a-b--d-'],
  ['regex_replace twoLines "(?m)^" "# "', '# a\n# b'],
  ['regex_search "no" "[0-9]"', null],
  ['default (regex_search "no" "[0-9]") "none"', 'none'],
  ['regex_search "v1.22" "v(?P<major>[0-9]+)" "major"', '1'],
  [
    'regex_findall "a=1 b=2" "([a-z])=([0-9])"',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['regex_findall "a=1 b=2" "[a-z]=([0-9])"', ['1', '2']],
  ['regex_search "ÄÖ1" "\\w+"', 'ÄÖ1'],
  ['re_match "a.b*[c]" (regex_escape "a.b*[c]")', true],
  ['re_match twoLines "b"', false],
  ['re_search twoLines "^b"', false],
  ['from_json document', { a: [1, null, true] }],
  ['from_yaml document', { a: [1, null, true] }],
  ['from_yaml ""', null],
  ['length "a😀"', 2],
  ['unique (concat users users)', exampleVariables['users'] ?? null],
  ['difference names names', []],
  ['max names', 'web1'],
  ['where users "missing"', []],
  ['length (where_not users "missing")', 2],
  ['pluck (where users "admin" false) "name"', ['bob']],
  ['flatten deep', [1, 2, 3]],
  ['concat names names', ['web1', 'db1', 'web1', 'db1']],
  ['default limits.cpu 5', 2],
  ['default limits.cpu.deep 5', 5],
  ['default none 5', 5],
  ['default nothing.at.all "x"', 'x'],
  ['default (env "NOT_SET") "x"', 'x'],
  ['default (file "not-there") "x"', 'x'],
  ['defined name', true],
  ['defined (secret "none")', false],
  ['password_hash "" "a"', '$6$a$Z6IPkDduHdwavesVY2NFMpOHkigshxPYdhfLg0D3A7/XFQcso9RV2E8qczyJ2su.dj6RRLaTpvgwN1rZfK0I9.'],
  [
    'password_hash long "saltsaltsaltsalt"',
    '$6$saltsaltsaltsalt$/bWY2JRw9NhuCfRYJ7BEsOr30ScVFRy7BgcKGpBWTNlElWfwTUUZw1SK3QmACSIJCpMCFyPwsbAnTw4tjzhNU0',
  ],
  ['password_hash "密码 é" "./Az09"', '$6$./Az09$7nR2KwJTAVKdXGt7B2OZ6oioQyzte9HaqlHYQxdI5Bg7nDcXZc87t6.N.BfeDPdFdR.mU6bO49zIE0I/ZTbSD0'],
];

for (const [call, gives] of cases) {
  test(`{{ ${call} }} gives ${JSON.stringify(gives)}, as in a condition`, (t) => {
    t.deepEqual(inTemplate(call, more), gives);
    t.true(holds(`json(${asFunction(call)}) == ${inJson(gives)}`, more));
  });
}

/** What is wrong, in words that stand in both errors. */
const mistakes: readonly (readonly [call: string, says: string])[] = [
  ['re_search name "("', 'the pattern is wrong'],
  ['regex_replace name "w" "\\1"', 'names the group 1, which it does not have'],
  ['regex_search name "w" 1', 'the pattern has no group 1'],
  ['from_json name', 'the text is no JSON'],
  ['from_yaml "a: [1"', 'the text is no YAML: line 1'],
  ['pluck users "age"', 'a mapping of the list has no key "age"'],
  ['first (split "")', 'the list is empty'],
  ['min (split "")', 'the list is empty'],
  ['password_hash name "a$b"', 'the salt wants'],
  ['sum names', 'expected a number, got text'],
  ['where names "a"', 'expected a mapping, got text'],
];

for (const [call, says] of mistakes) {
  test(`{{ ${call} }} is told: ${says}`, (t) => {
    for (const run of [() => inTemplate(call, more), () => holds(`json(${asFunction(call)}) == ""`, more)])
      t.true(t.throws(run, { instanceOf: InputError })?.message.includes(says));
  });
}

test('each source of values from outside has one name, and lookup says which', (t) => {
  for (const [call, says] of [
    ['lookup "file" "motd"', 'there is no lookup of "file"\n  Write {{ file "motd" }}.'],
    ['lookup "env" name', 'there is no lookup of "env"\n  Write {{ env name }}.'],
    [
      'lookup "password" "/x"',
      'there is no lookup of "password"\n  Values from outside are {{ file "PATH" }}, {{ env "NAME" }} and {{ secret "NAME" }}.',
    ],
  ] as const)
    t.is(t.throws(() => inTemplate(call), { instanceOf: InputError })?.message, `a:1:4: ${says}`);
  t.regex(
    t.throws(() => holds('lookup("env", "A") == "b"'), { instanceOf: InputError })?.message ?? '',
    /file\("PATH"\), env\("NAME"\) and secret\("NAME"\)/,
  );
});

test('what only a template has says in a condition how CEL writes it', (t) => {
  t.is(t.throws(() => holds('eq(name, "a")'), { instanceOf: InputError })?.message, 'a:1:1: there is no function "eq"\n  In a condition: a == b.');
});

test('a condition that fails over a secret does not show it', (t) => {
  for (const text of [
    'int(secret("pw")) == 1',
    'secret("pw")',
    'from_json(secret("pw")) == 1',
    'int(env("HOST")) == 1',
    'pluck(users, secret("pw")) == []',
  ])
    t.notRegex(t.throws(() => holds(text), { instanceOf: InputError })?.message ?? '', /hunter2|h\.example/);
});

test('a helper that fails over a secret does not show it', (t) => {
  for (const call of ['pluck users (secret "pw")', 'regex_search name "w" (secret "pw")'])
    t.notRegex(t.throws(() => inTemplate(call), { instanceOf: InputError })?.message ?? '', /hunter2/);
});

test('a hash of a secret is one', (t) => t.true(inTemplate('password_hash (secret "pw") "a"') instanceof Secret));

// What a host sends: 10 MB that a nested quantifier takes for ever over, and lines that all differ.
const hostile = `${'a'.repeat(10_000_000)}!`;
const manyLines = Array.from({ length: 1_000_000 }, (_, index) => `${index}`).join('\n');

test('10 MB of a host stop no run, whatever the pattern', (t) => {
  const scope = scopeOf([valueLayer('test', { out: hostile, text: `${'a'.repeat(50)}!`, yaml: `[${'['.repeat(60)}${'a, '.repeat(3_000_000)}` })]);
  for (const run of [
    () => inTemplate('re_match out "(a+)+$"', scope),
    () => inTemplate('re_search text "(a|a)*$"', scope),
    () => inTemplate('regex_search text "^(a+)+$"', scope),
    () => inTemplate('regex_findall text "(a|aa)+$"', scope),
    () => inTemplate('regex_replace text "^(a|a)*$" "x"', scope),
    () => inTemplate('from_json out', scope),
    () => inTemplate('from_yaml yaml', scope),
    () => holds('re_match(out, "(a+)+$")', scope),
    () => holds('regex_replace(text, "^(a+)+$", "") == ""', scope),
    () => holds('out.matches("^(a+)+$")', scope),
  ]) {
    const started = performance.now();
    t.throws(run, { instanceOf: InputError }, String(run));
    t.true(performance.now() - started < 20_000, String(run));
  }
});

test('a million lines of a host are sorted out in seconds', (t) => {
  const started = performance.now();
  const scope = scopeOf([valueLayer('test', { out: manyLines })]);
  t.is(inTemplate('length (unique (split out))', scope), 1_000_000);
  t.is(inTemplate('length (difference (split out) (split out))', scope), 0);
  t.true(performance.now() - started < 60_000);
});
