import test from 'ava';
import fc from 'fast-check';
import Handlebars from 'handlebars';
import { omit, type Scope, UnknownValue } from '../../src/language/expression.ts';
import { createTemplates } from '../../src/language/template.ts';
import { scopeOf, unknownLayer, valueLayer } from '../../src/language/variables.ts';
import { formatProblem, InputError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import type { Value } from '../../src/values/vars.ts';

const at = (offset: number) => ({ file: 'a', line: 1, column: offset + 1 });
const lookups = {
  env: (name: string) => (name === 'HOST' ? new Secret('h.example') : undefined),
  secret: (name: string) => (name === 'pw' ? new Secret('hunter2') : undefined),
};

function evaluate(text: string, vars: Readonly<Record<string, Value>> | Scope): Value {
  const scope = typeof vars['get'] === 'function' ? (vars as Scope) : scopeOf([valueLayer('test', vars as Readonly<Record<string, Value>>)]);
  return createTemplates(lookups).compile(text, at).evaluate(scope);
}

const vars: Readonly<Record<string, Value>> = {
  name: 'web',
  port: 8008,
  ratio: 1.5,
  on: true,
  off: false,
  none: null,
  empty: '',
  list: ['a', 'b', 'c'],
  mixed: [3, 10, 2],
  map: { k: 'v', 'odd key': 1, nested: { deep: [{ x: 'found' }] } },
  users: [
    { name: 'alice', admin: true },
    { name: 'bob', admin: false },
  ],
  more: [{ nested: { deep: [], other: null } }, { nested: { last: 1 } }],
  multi: 'one\ntwo',
  key: 'k',
  jinja: '{{ user.name }}',
};

/** Text of a template and what it gives; what is not text keeps its type. */
const renders: readonly (readonly [template: string, value: Value])[] = [
  ['plain', 'plain'],
  ['{{ name }}', 'web'],
  ['{{name}}-{{ port }}', 'web-8008'],
  ['{{ port }}', 8008],
  ['{{ ratio }} {{ on }} {{ off }}', '1.5 true false'],
  ['{{ on }}', true],
  ['{{ none }}', null],
  ['{{ list }}', ['a', 'b', 'c']],
  ['{{ map.nested }}', { deep: [{ x: 'found' }] }],
  ['{{ map.nested.deep.[0].x }}', 'found'],
  ['{{ map.[odd key] }}', 1],
  ['{{ list.length }}', 3],
  ['{{{ name }}}{{& name }}', 'webweb'],
  ['{{! a comment }}{{!-- another }} --}}x', 'x'],
  ['\\{{ name }}', '{{ name }}'],
  ['{{{{raw}}}}{{ user.x }}{{{{/raw}}}}', '{{ user.x }}'],
  ['{{ jinja }} stays', '{{ user.name }} stays'],
  ['{{ "text" }}', 'text'],
  ['{{#if on}}yes{{else}}no{{/if}}', 'yes'],
  ['{{#if off}}yes{{else if port}}port{{else}}no{{/if}}', 'port'],
  ['{{#if empty}}yes{{else}}no{{/if}}', 'no'],
  ['{{#unless off}}x{{/unless}}', 'x'],
  ['{{#each list}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}', '0a,1b,2c'],
  ['{{#each map.nested.deep}}{{x}}{{/each}}', 'found'],
  ['{{#each users as |user index|}}{{index}}={{user.name}} {{/each}}', '0=alice 1=bob '],
  ['{{#each users}}{{name}} of {{@root.name}} and {{../name}} {{/each}}', 'alice of web and web bob of web and web '],
  ['{{#each map}}{{@key}};{{/each}}', 'k;odd key;nested;'],
  ['{{#each none}}x{{else}}nothing{{/each}}', 'nothing'],
  ['{{#with map}}{{k}}{{/with}}', 'v'],
  ['{{#users}}{{name}} {{/users}}', 'alice bob '],
  ['{{^off}}inverse{{/off}}', 'inverse'],
  ['{{#eq name "web"}}same{{else}}other{{/eq}}', 'same'],
  ['{{#if (and on (eq port 8008))}}both{{/if}}', 'both'],
  ['{{#if (or off (not on))}}x{{else}}neither{{/if}}', 'neither'],
  ['{{ if on "a" "b" }}', 'a'],
  ['{{ if off "a" }}', ''],
  ['{{ default nope "d" }}', 'd'],
  ['{{ default none "d" }}', 'd'],
  ['{{ default map.nope.deeper "d" }}', 'd'],
  ['{{ default empty "d" }}', ''],
  ['{{ default name nope }}', 'web'],
  ['{{ default nope 5 }}', 5],
  ['{{ defined nope }} {{ defined name }}', 'false true'],
  ['{{ lookup map key }}', 'v'],
  ['{{ lookup list 1 }}', 'b'],
  ['{{ join list }} {{ join list "-" }} {{ join mixed "," }}', 'a,b,c a-b-c 3,10,2'],
  ['{{ split "a  b c" }}', ['a', 'b', 'c']],
  ['{{ split "a,b" "," }}', ['a', 'b']],
  ['{{ json map.nested }}', '{"deep":[{"x":"found"}]}'],
  ['x: {{ json users 2 }}', 'x: [\n  {\n    "name": "alice",\n    "admin": true\n  },\n  {\n    "name": "bob",\n    "admin": false\n  }\n]'],
  ['{{ yaml users }}', '- name: alice\n  admin: true\n- name: bob\n  admin: false'],
  ['a: {{ indent multi 3 }}', 'a: one\n   two'],
  ['{{ lower "ÄB" }}{{ upper "ß" }}{{ trim "  x " }}', 'äbSSx'],
  ['{{ replace "a.b.c" "." "-" }}', 'a-b-c'],
  ['{{ quote "it\'s" }}', "'it'\\''s'"],
  ['{{ b64encode "é" }} {{ b64decode "w6k=" }}', 'w6k= é'],
  ['{{ sha256 "" }}', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['{{ basename "/a/b.c" }} {{ dirname "/a/b.c" }}', 'b.c /a'],
  ['{{ length list }} {{ length map }} {{ length "a😀" }}', '3 3 2'],
  ['{{ concat name ":" port }}', 'web:8008'],
  ['{{ concat list mixed }}', ['a', 'b', 'c', 3, 10, 2]],
  ['{{ first list }}{{ last list }}', 'ac'],
  ['{{ sort mixed }}', [2, 3, 10]],
  ['{{ unique (concat list list) }}', ['a', 'b', 'c']],
  ['{{ keys map.nested }}', ['deep']],
  ['{{ merge map.nested (lookup users 0) }}', { deep: [{ x: 'found' }], name: 'alice', admin: true }],
  ['{{ merge_recursive map.nested (lookup users 0) }}', { deep: [{ x: 'found' }], name: 'alice', admin: true }],
  ['{{ merge_recursive map (lookup more 0) (lookup more 1) }}', { k: 'v', 'odd key': 1, nested: { deep: [], other: null, last: 1 } }],
  ['{{ int "42" }}', 42],
  ['{{ add port 1 }} {{ subtract port "8" }} {{ multiply 2 3 }} {{ divide 7 2 }}', '8009 8000 6 3'],
  ['{{ lt 2 10 }} {{ gt "b" "a" }} {{ le 2 2 }} {{ ge 1 2 }} {{ ne 1 "1" }}', 'true true true false true'],
  ['{{ contains list "b" }} {{ contains map "k" }} {{ contains name "e" }}', 'true true true'],
  ['{{ starts_with name "w" }} {{ ends_with name "x" }}', 'true false'],
  ['\n{{#if on}}\nline\n{{/if}}\nend\n', '\nline\nend\n'],
  ['a {{~ name ~}} b', 'awebb'],
];

for (const [template, value] of renders) {
  test(`${JSON.stringify(template)} gives ${JSON.stringify(value)}`, (t) => {
    t.deepEqual(evaluate(template, vars), value);
  });
}

/** Templates that read a secret: the whole becomes one, or keeps what is no text. */
const secretive: readonly (readonly [template: string, revealed: string])[] = [
  ['{{ secret "pw" }}', 'hunter2'],
  ['postgres://u:{{ secret "pw" }}@h', 'postgres://u:hunter2@h'],
  ['{{ env "HOST" }}', 'h.example'],
  ['{{ password }}', 'p'],
  ['{{ upper password }}', 'P'],
  ['{{#each holder}}{{this}}{{/each}}', 'p'],
  ['{{#if true}}{{ json holder }}{{/if}}', '{"inner":"p"}'],
  ['{{ yaml holder }}', 'inner: p'],
  ['{{ default nope password }}', 'p'],
  ['{{ concat "a" password }}', 'ap'],
  ['x{{#if (eq password "p")}}y{{/if}}', 'xy'],
];

for (const [template, revealed] of secretive) {
  test(`${template} with a secret gives a secret`, (t) => {
    const value = evaluate(template, { password: new Secret('p'), holder: { inner: new Secret('p') } });
    t.true(value instanceof Secret);
    t.is(value instanceof Secret ? value.reveal() : undefined, revealed);
  });
}

test('a text that only asks whether there is a secret stays plain', (t) => {
  t.is(evaluate('{{#if password}}set{{/if}}', { password: new Secret('p') }), 'set');
});

test('a list made from a secret is a list of secrets', (t) => {
  const value = evaluate('{{ split password "," }}', { password: new Secret('a,b') });
  t.deepEqual(Array.isArray(value) ? value.map((item: Value) => (item instanceof Secret ? item.reveal() : 'plain')) : value, ['a', 'b']);
});

test('no error shows a secret', (t) => {
  const password = new Secret('hunter2');
  for (const template of [
    '{{ password.x }}',
    '{{ add password 1 }}',
    '{{#each password}}{{/each}}',
    '{{ lookup map password }}',
    '{{ join password }}',
    '{{ indent "a" password }}',
  ]) {
    const error = t.throws(() => evaluate(template, { password, map: {} }), { instanceOf: InputError }, template);
    t.false(error?.message.includes('hunter2'), template);
  }
});

test('what will only be known later is thrown as such, unless the outcome is certain', (t) => {
  const scope = scopeOf([valueLayer('known', { name: 'a' }), unknownLayer('later', ['later'])]);
  t.throws(() => evaluate('{{ later.rc }}', scope), { instanceOf: UnknownValue });
  t.throws(() => evaluate('{{ default later.rc 1 }}', scope), { instanceOf: UnknownValue });
  t.is(evaluate('{{ or name later }}', scope), 'a');
  t.is(evaluate('{{#if false}}{{ later }}{{/if}}x', scope), 'x');
});

test('omit keeps its identity through an expression', (t) => {
  t.is(evaluate('{{ default nope omit }}', { omit }), omit);
});

test('names of prototypes are undefined, never values', (t) => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']) {
    t.throws(() => evaluate(`{{ ${name} }}`, vars), { instanceOf: InputError, message: /undefined variable/ });
    t.throws(() => evaluate(`{{ map.${name} }}`, vars), { instanceOf: InputError, message: /has no key/ });
    t.throws(() => evaluate(`{{ lookup list "${name}" }}`, vars), { instanceOf: InputError, message: /has no item/ });
  }
});

test('a template that is given back by a host is never rendered', (t) => {
  t.is(evaluate('{{ stdout }}', { stdout: '{{ secret "pw" }}' }), '{{ secret "pw" }}');
});

test('the variables of a template are those of its outermost level', (t) => {
  const { variables, required } = createTemplates(lookups).compile(
    '{{ a }}{{#each b as |item|}}{{c}}{{item.x}}{{../d}}{{@root.e}}{{@index}}{{/each}}{{ default f g }}',
    at,
  );
  t.deepEqual([...variables].sort(), ['a', 'b', 'd', 'e', 'f', 'g']);
  t.deepEqual([...required.keys()].sort(), ['a', 'b', 'd', 'e', 'g']);
});

test('a variable need not be defined where it stands only if it is', (t) => {
  const required = (text: string) => [...(createTemplates(lookups).compile(text, at).required?.keys() ?? [])];
  for (const text of [
    '{{#if (defined a)}}{{ a }}{{else}}none{{/if}}',
    '{{#unless (defined a)}}none{{else}}{{ a }}{{/unless}}',
    '{{#if (and (defined a) (defined b))}}{{ a }}{{ b.c }}{{/if}}',
    "{{ if (defined a) a 'none' }}",
  ])
    t.deepEqual(required(text), [], text);
  for (const text of [
    '{{#if (defined b)}}{{ a }}{{/if}}',
    '{{#if (defined a)}}none{{else}}{{ a }}{{/if}}',
    '{{#if (or (defined a) true)}}{{ a }}{{/if}}',
    "{{ if (defined a) 'some' a }}",
    '{{#if (defined a)}}{{ a }}{{/if}}{{ a }}',
  ])
    t.deepEqual(required(text), ['a'], text);
});

const leaf = fc.constantFrom(
  '{{ name }}',
  '{{port}}',
  'text ',
  '\n',
  '  ',
  '{{ map.k }}',
  '{{~ name ~}}',
  '\\{{x}}',
  '{{! c }}',
  '{{!-- c --}}\n',
  '{{@root.name}}',
);
// Numbers and booleans that touch are summed up by Handlebars' own noEscape; here each of them is text.
const inList = fc.constantFrom('{{this}}', '-{{@index}}-', '{{#if @first}}1{{/if}}', '-', '\n', '{{../name}}', '-{{@root.port}}-');
const block = (body: string, other: string) =>
  fc.constantFrom(
    `{{#if on}}${body}{{/if}}`,
    `{{#if off}}${body}{{else}}${other}{{/if}}`,
    `{{#unless on}}${body}{{else if port}}${other}{{/unless}}`,
    `\n{{#if on}}\n${body}\n{{/if}}\n`,
    `{{#with map}}{{k}}{{/with}}${body}`,
    `  {{#if empty}}\n${body}{{else}}\n${other}\n  {{/if}}\n`,
  );
const template = fc.letrec<{ readonly whole: string; readonly part: string }>((tie) => ({
  whole: fc.array(tie('part'), { maxLength: 3 }).map((parts) => `x${parts.join('')}`),
  part: fc.oneof(
    { maxDepth: 2 },
    leaf,
    fc.array(inList, { maxLength: 4 }).map((parts) => `{{#each list}}${parts.join('')}{{/each}}`),
    fc.tuple(tie('whole'), tie('whole')).chain(([body, other]) => block(body, other)),
  ),
})).whole;

test('templates without mistakes give what Handlebars itself gives', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(template, (text) => evaluate(text, vars) === Handlebars.compile(text, { noEscape: true })(vars)),
      { numRuns: 300 },
    ),
  );
});

test('endless nesting is refused and does not end the process', (t) => {
  for (const text of [`${'{{#if on}}'.repeat(5000)}${'{{/if}}'.repeat(5000)}`, `{{ not ${'(not '.repeat(5000)} on ${')'.repeat(5000)} }}`]) {
    t.throws(() => evaluate(text, vars), { instanceOf: InputError, message: /nested/ });
  }
});

test('any text either renders or is refused with a place, and takes no long time', (t) => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{{{',
    '#if ',
    '/if',
    'each',
    ' name',
    '.',
    '[',
    ']',
    '(',
    ')',
    '|',
    '"',
    "'",
    '\n',
    'else',
    '=',
    '@',
    '../',
    '>',
    '!',
    '~',
    ' as |x|',
    '0',
    '\\',
  );
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 20 }), (pieces) => {
        try {
          evaluate(pieces.join(''), vars);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          if (!error.problems.every((problem) => problem.source)) throw new Error(`no place: ${formatProblem(error.problems[0] ?? { message: '' })}`);
        }
      }),
      { numRuns: 1000 },
    ),
  );
});

test('values that are only put together, picked from or sorted stay what they are: a secret makes no other one secret', (t) => {
  const vars = {
    account: { user: 'u', password: new Secret('hunter2') },
    more: { host: 'h' },
    users: [{ name: 'a', key: new Secret('k') }, { name: 'b' }],
  };
  const merged = evaluate('{{ merge_recursive more account }}', vars);
  t.deepEqual(merged, { host: 'h', user: 'u', password: new Secret('hunter2') });
  t.true((merged as typeof vars.account).password instanceof Secret);
  t.deepEqual(evaluate('{{ pluck (where users "key") "name" }}', vars), ['a']);
  t.true((evaluate('{{ first (pluck (where users "key") "key") }}', vars) as object) instanceof Secret);
  t.true(evaluate('{{ json (merge more account) }}', vars) instanceof Secret);
  t.true(evaluate('x {{ json (merge more account) }}', vars) instanceof Secret);
});
