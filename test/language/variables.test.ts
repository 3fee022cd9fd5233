import test from 'ava';
import { omit, UnknownValue } from '../../src/language/expression.ts';
import { Problems } from '../../src/language/problems.ts';
import { createTemplates } from '../../src/language/template.ts';
import { compileValue } from '../../src/language/value.ts';
import { type Binding, bindingOf, type Layer, layersOf, scopeOf, unknownLayer, valueLayer } from '../../src/language/variables.ts';
import { parseYaml } from '../../src/language/yaml.ts';
import { InputError } from '../../src/values/errors.ts';
import type { Value } from '../../src/values/vars.ts';

const templates = createTemplates({ env: () => undefined, secret: () => undefined });

/** A layer of a YAML mapping. */
function layer(name: string, text: string): Layer {
  const problems = new Problems();
  const { node } = parseYaml(text, name);
  const entries = node?.kind === 'mapping' ? node.entries : [];
  return {
    name,
    bindings: new Map(
      entries.map(({ key, keyNode, value }): [string, Binding] => [
        key,
        { expression: compileValue(value, templates, problems), source: keyNode.source },
      ]),
    ),
  };
}

test('the order of precedence is that of the contract, low to high', (t) => {
  const parts = ['playDefaults', 'host', 'facts', 'play', 'task', 'registered', 'item', 'extraVars', 'magic'] as const;
  const lists = new Set(['playDefaults', 'host', 'play', 'task', 'registered']);
  for (const [index, highest] of parts.entries()) {
    const given = parts.slice(0, index + 1).map((name) => [name, lists.has(name) ? [valueLayer(name, { x: name })] : valueLayer(name, { x: name })]);
    t.is(scopeOf(layersOf({ host: [], ...Object.fromEntries(given) })).get('x'), highest);
  }
});

test('a variable is evaluated in the whole scope, whatever layer it stands in', (t) => {
  const scope = scopeOf([layer('low', 'url: "https://{{ host }}:{{ port }}"\nport: 80'), layer('high', 'host: a\nport: 443')]);
  t.is(scope.get('url'), 'https://a:443');
});

test('a variable is evaluated once a scope, and only when it is asked for', (t) => {
  let count = 0;
  const counting: Layer = { name: 'a', bindings: new Map([['x', { compute: (): Value => (count += 1) }]]) };
  const scope = scopeOf([counting, layer('b', 'y: "{{ x }}{{ x }}"')]);
  t.is(count, 0);
  t.is(scope.get('y'), '11');
  t.is(scope.get('x'), 1);
  t.is(count, 1);
});

test('names and whether a name has a value are known without evaluating', (t) => {
  const scope = scopeOf([layer('a', 'x: "{{ nope }}"'), unknownLayer('b', ['later'])]);
  t.deepEqual([...scope.names()].sort(), ['later', 'x']);
  t.deepEqual(
    ['x', 'later', 'y'].map((name) => scope.has?.(name)),
    [true, true, false],
  );
  t.is(scope.get('y'), undefined);
  t.throws(() => scope.get('later'), { instanceOf: UnknownValue });
});

test('a circle is named, and the scope stays usable', (t) => {
  const scope = scopeOf([layer('a', 'a: "{{ b }}"\nb: "{{ c }}"\nc: "x{{ b }}"\nd: 1')]);
  const error = t.throws(() => scope.get('a'), { instanceOf: InputError });
  t.regex(error?.message ?? '', /^a:2:1: variables refer to each other in a circle: b → c → b/);
  t.throws(() => scope.get('b'), { instanceOf: InputError });
  t.is(scope.get('d'), 1);
});

test('a chain of variables that no one follows is an error, not the end of the stack', (t) => {
  const long = Array.from({ length: 5000 }, (_, index) => `v${index}: "{{ v${index + 1} }}"`);
  const scope = scopeOf([layer('a', `${long.join('\n')}\nv5000: 1`)]);
  t.throws(() => scope.get('v0'), {
    instanceOf: InputError,
    message: /^a:201:1: more than 200 variables refer to each other in a row, "v200" being the last/,
  });
  t.is(scope.get('v4900'), 1);
});

test('the binding that wins is told with its layer', (t) => {
  const layers = [valueLayer('low', { x: 1 }), valueLayer('high', { x: 2 })];
  t.is(bindingOf(layers, 'x')?.layer.name, 'high');
  t.is(bindingOf(layers, 'y'), undefined);
});

test('what is omit is left out of mappings and lists, at any depth', (t) => {
  const scope = scopeOf([
    valueLayer('magic', { omit }),
    layer('a', 'v:\n  a: 1\n  b: "{{ default nope omit }}"\n  c: [1, "{{ omit }}", {d: "{{ omit }}"}]'),
  ]);
  t.deepEqual(scope.get('v'), { a: 1, c: [1, {}] });
});

test('keys are rendered, and a key named __proto__ is a key', (t) => {
  const scope = scopeOf([valueLayer('a', { name: 'k' }), layer('b', 'v: {"{{ name }}": 1, __proto__: {x: "{{ name }}"}}')]);
  const value = scope.get('v');
  t.deepEqual(Object.entries(value as object), [
    ['k', 1],
    ['__proto__', { x: 'k' }],
  ]);
  t.is(Object.getPrototypeOf(value), Object.prototype);
});

test('lists and mappings of constants are the same value each time', (t) => {
  const scope = scopeOf([layer('a', 'v: [{x: 1}]')]);
  t.is(scope.get('v'), scope.get('v'));
});
