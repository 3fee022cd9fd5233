import test from 'ava';
import { createConditions } from '../../src/language/condition.ts';
import { type Condition, UnknownValue } from '../../src/language/expression.ts';
import type { ScalarNode } from '../../src/language/node.ts';
import { Problems } from '../../src/language/problems.ts';
import { scopeOf, unknownLayer, valueLayer } from '../../src/language/variables.ts';
import { InputError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import type { Value } from '../../src/values/vars.ts';

const locate = (offset: number) => ({ file: 'a', line: 1, column: offset + 1 });
const conditions = createConditions({ env: (name) => (name === 'MODE' ? new Secret('fast') : undefined), secret: () => undefined });

function compile(text: string): Condition {
  const problems = new Problems();
  const node: ScalarNode = { kind: 'scalar', value: text, text, plain: false, unsafe: false, source: locate(0), locate };
  const [condition] = conditions.compile(node, 'when', problems);
  if (!condition) throw new InputError(problems.errors);
  return condition;
}

const big = 'x'.repeat(100_000);

const vars: Readonly<Record<string, Value>> = {
  result: { rc: 0, stdout: 'all well\n', stdout_lines: ['a', 'b'], changed: true, failed: false },
  name: 'web1',
  port: 8008,
  ratio: 0.5,
  huge: 2 ** 60,
  on: true,
  none: null,
  names: ['web1', 'db1'],
  users: [{ name: 'alice', admin: true }],
  entries: { a: 1, 'b c': 2 },
  package: 'p',
  password: new Secret('p'),
  big,
};

const holds: readonly string[] = [
  'true',
  'on',
  '!false',
  'result.rc == 0',
  'result.rc + 1 == 1',
  'result.rc in [0, 2]',
  'result.changed && !result.failed',
  'port == 8008 && port / 2 == 4004 && port % 10 == 8',
  'port > 8000.5',
  'ratio * 2.0 == 1.0',
  'huge > 0.0',
  'none == null',
  'name == "web1" || nothing_else',
  'name in names',
  '!("x" in names)',
  '"a" in entries',
  'entries["b c"] == 2',
  'vars.package == "p"',
  'names[1] == "db1"',
  'size(names) == 2 && names.size() == 2',
  'names.exists(n, n.startsWith("web"))',
  'names.all(n, size(n) > 2)',
  'users.filter(u, u.admin).map(u, u.name) == ["alice"]',
  'cel.bind(n, size(names), n > 1 && n < 3)',
  'has(vars.name) && !has(vars.nothing)',
  'has(entries.a) && !has(entries.z)',
  'vars.?nothing.orValue("d") == "d"',
  'vars["name"] == "web1"',
  'entries.?z.orValue(5) == 5',
  'port == 8008 ? true : false',
  'result.stdout.contains("well")',
  '"abc".matches("b")',
  're_match(name, "web[0-9]") && !re_match(name, "eb1")',
  're_search(name, "eb1$")',
  'lower("ABC") == "abc" && upper(name) == "WEB1"',
  'trim(result.stdout) == "all well"',
  'replace(name, "web", "db") == "db1"',
  'join(names, "+") == "web1+db1"',
  'split("a,b", ",") == ["a", "b"]',
  'basename("/a/b") == "b" && dirname("/a/b") == "/a"',
  'sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
  'first(names) == "web1" && last(names) == "db1"',
  'length(names) == 2',
  'json({"a": 1}) == "{\\"a\\":1}"',
  'int("42") == 42 && string(42) == "42"',
  'env("MODE") == "fast"',
  'password == "p"',
  'timestamp("2026-01-02T00:00:00Z") > timestamp("2026-01-01T00:00:00Z")',
  'duration("1h") > duration("30m")',
  'users[0].admin',
];

for (const text of holds) {
  test(`${text} holds`, (t) => {
    t.true(compile(text).evaluate(scopeOf([valueLayer('test', vars)])));
  });
}

test('conditions over what is not known yet are decided where the outcome is certain', (t) => {
  const scope = scopeOf([valueLayer('known', { yes: true, no: false }), unknownLayer('later', ['later'])]);
  t.true(compile('yes || later.x').evaluate(scope));
  t.true(compile('later.x || yes').evaluate(scope));
  t.false(compile('later.x && no').evaluate(scope));
  for (const text of ['later', 'later.x == 1', 'yes && later.x', '!later.x', 'later.x ? yes : no'])
    t.throws(() => compile(text).evaluate(scope), { instanceOf: UnknownValue }, text);
});

test('the names that a condition reads do not include those that it gives itself', (t) => {
  const { variables, required } = compile(
    'a.b == 1 && c.exists(x, x == d) && has(vars.e) && e > 1 && vars.?f.orValue(g) && size(h) > int(i) && cel.bind(y, j, y == k)',
  );
  t.deepEqual([...variables].sort(), ['a', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k']);
  t.deepEqual([...(required ?? new Map()).keys()].sort(), ['a', 'c', 'd', 'g', 'h', 'i', 'j', 'k']);
});

test('a pattern that would take for ever over the text of a host is stopped', (t) => {
  const evil = scopeOf([valueLayer('test', { text: `${'a'.repeat(50)}!` })]);
  for (const text of ['re_match(text, "(a+)+$")', 're_search(text, "(a|a)*$")', 'text.matches("^(a+)+$")']) {
    const started = performance.now();
    t.throws(() => compile(text).evaluate(evil), { instanceOf: InputError, message: /took longer/ });
    t.true(performance.now() - started < 20_000);
  }
});

test('a harmless pattern goes through a lot of text', (t) => {
  t.true(compile('re_search(big, "x$")').evaluate(scopeOf([valueLayer('test', vars)])));
});

test('a variable that is called like a type of CEL is told to be written another way', (t) => {
  const scope = scopeOf([valueLayer('test', { map: { a: 1 }, type: 'x' })]);
  t.is(
    t.throws(() => compile('has(map.a)').evaluate(scope), { instanceOf: InputError })?.message,
    'a:1:5: in a condition "map" is a type, not your variable\n  Write vars.map.',
  );
  t.true(compile('has(vars.map.a) && vars.type == "x"').evaluate(scope));
  t.is(
    t.throws(() => compile('package == 1'), { instanceOf: InputError })?.message,
    'a:1:1: "package" is a word of CEL\'s own\n  Write vars.package for the variable.',
  );
});

test('evaluating never runs what a value holds', (t) => {
  const scope = scopeOf([valueLayer('test', { text: 'false || true', evil: { constructor: 'x', __proto__: 'y' } })]);
  t.true(compile('text == "false || true"').evaluate(scope));
  t.throws(() => compile('text.constructor == 1').evaluate(scope), { instanceOf: InputError });
  t.throws(() => compile('evil.toString() == "x"').evaluate(scope), { instanceOf: InputError });
});

test('a condition that is longer than the stack is told so', (t) => {
  t.throws(() => compile(`${'!'.repeat(50_001)}on`), { instanceOf: InputError, message: /^a:1:1: this condition is too long, or nested too deep\n/ });
});
