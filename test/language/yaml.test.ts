import test from 'ava';
import fc from 'fast-check';
import { Document, type Scalar } from 'yaml';
import type { Node } from '../../src/language/node.ts';
import { parseYaml, stringifyYaml } from '../../src/language/yaml.ts';
import { Secret } from '../../src/values/secret.ts';
import type { Value } from '../../src/values/vars.ts';

/** A node as plain data. */
function data(node: Node | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.kind === 'scalar') return node.value;
  return node.kind === 'list' ? node.items.map(data) : Object.fromEntries(node.entries.map(({ key, value }) => [key, data(value)]));
}

function read(text: string): unknown {
  const { node, problems } = parseYaml(text, 'a.yaml');
  return problems.length > 0 ? problems : data(node);
}

/** What a plain scalar stands for. */
const scalars: readonly (readonly [written: string, value: Value])[] = [
  ['0644', '0644'],
  ['-007', '-007'],
  ['0', 0],
  ['8008', 8008],
  ['-5', -5],
  ['1.10', 1.1],
  ['1e3', 1000],
  ['0x1F', 31],
  ['0o644', 420],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['.inf', '.inf'],
  ['.nan', '.nan'],
  ['true', true],
  ['False', false],
  ['yes', 'yes'],
  ['on', 'on'],
  ['NO', 'NO'],
  ['null', null],
  ['~', null],
  ['', null],
  ['2026-11-22', '2026-11-22'],
  ['12:30:45', '12:30:45'],
  ['1_000', '1_000'],
  ['"0644"', '0644'],
  ['!!str 12', '12'],
  ['!!int "12"', 12],
  ['!unsafe "{{ x }}"', '{{ x }}'],
  ['a # comment', 'a'],
  ['"a # text"', 'a # text'],
  ['example.org:443', 'example.org:443'],
];

for (const [written, value] of scalars) {
  test(`${written || 'nothing'} is ${JSON.stringify(value)}`, (t) => {
    t.deepEqual(read(`key: ${written}\n`), { key: value });
  });
}

test('what was written of a plain scalar is kept', (t) => {
  const { node } = parseYaml('- 1.10\n- yes\n- "quoted"\n', 'a.yaml');
  const items = node?.kind === 'list' ? node.items : [];
  t.deepEqual(
    items.map((item) => (item.kind === 'scalar' ? [item.text, item.plain] : undefined)),
    [
      ['1.10', true],
      ['yes', true],
      ['quoted', false],
    ],
  );
});

test('keys are text as they are written', (t) => {
  t.deepEqual(
    read('8008: a\n0644: b\ntrue: c\nnull: d\n"": e\n__proto__: f\n'),
    Object.fromEntries([
      ['8008', 'a'],
      ['0644', 'b'],
      ['true', 'c'],
      ['null', 'd'],
      ['', 'e'],
      ['__proto__', 'f'],
    ]),
  );
});

test('merge keys give what a mapping does not say itself, the first of several winning', (t) => {
  t.deepEqual(read('a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n'), {
    a: { x: 1, y: 1 },
    b: { y: 2, z: 2 },
    c: { x: 3, y: 1, z: 2 },
  });
});

test('an alias stands for the value of its anchor, which may be named anew', (t) => {
  t.deepEqual(read('a: &x 1\nb: *x\nc: &x 2\nd: *x\n'), { a: 1, b: 1, c: 2, d: 2 });
});

test('!unsafe covers everything in it', (t) => {
  const { node } = parseYaml('a: !unsafe {b: ["{{ x }}"]}\nc: "{{ y }}"\n', 'a.yaml');
  const flags: boolean[] = [];
  const walk = (one: Node): void => {
    if (one.kind === 'scalar') flags.push(one.unsafe);
    else if (one.kind === 'list') one.items.forEach(walk);
    else one.entries.forEach(({ value }) => walk(value));
  };
  if (node) walk(node);
  t.deepEqual(flags, [true, false]);
});

test('a file of comments, of nothing, of one document with its marks has its content', (t) => {
  t.is(read('# nothing\n'), undefined);
  t.is(read(''), undefined);
  t.deepEqual(read('%YAML 1.2\n---\na: 1\n...\n'), { a: 1 });
  t.deepEqual(read('\ufeffa: 1\n'), { a: 1 });
  t.deepEqual(read('a: 1\r\nb: |\r\n  x\r\n  y\r\n'), { a: 1, b: 'x\ny\n' });
});

for (const [what, text] of [
  ['brackets', `${'['.repeat(2000)}${']'.repeat(2000)}`],
  ['brackets that stay open', '['.repeat(20_000)],
  ['lists in lists', `${'- '.repeat(5000)}a`],
  ['indentation', Array.from({ length: 1200 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')],
] as const) {
  test(`endless nesting of ${what} is refused and does not end the process`, (t) => {
    t.regex(parseYaml(text, 'a.yaml').problems[0]?.message ?? '', /nested too deep/);
  });
}

test('two hundred levels are read', (t) => {
  t.deepEqual(parseYaml(`${'['.repeat(200)}1${']'.repeat(200)}`, 'a.yaml').problems, []);
});

const style = fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED') as fc.Arbitrary<Scalar.Type>;
const words = fc
  .array(fc.constantFrom('word', 'x', "it's", '"q"', 'a\\b', 'é', '😀', '{{ name }}', ' ', '  ', '\n', '\n\n', '\t', ': ', ' #', '- '), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join(''));

test('the place of each character of a scalar is where that character stands in the file', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(words, style, fc.constantFrom(0, 20, 80), (text, type, lineWidth) => {
        const document = new Document({ first: 1, list: [{ deep: text }] });
        const scalar = document.getIn(['list', 0, 'deep'], true) as Scalar;
        scalar.type = type;
        const file = document.toString({ lineWidth });
        // The writer may fold between the halves of a surrogate pair: no file can hold that.
        if (Buffer.from(file).toString() !== file) return true;
        const { node } = parseYaml(file, 'a.yaml');
        const found = findScalar(node, text);
        if (!found) return true;
        return [...text].every((character, index, all) => {
          if (/\s/.test(character)) return true;
          const offset = all.slice(0, index).join('').length;
          const { line, column } = found.locate(offset);
          const at = file.split('\n')[line - 1]?.slice(column - 1) ?? '';
          return at.startsWith(character) || at.startsWith('\\');
        });
      }),
      { numRuns: 500 },
    ),
  );
});

function findScalar(node: Node | undefined, text: string): (Node & { readonly kind: 'scalar' }) | undefined {
  if (node?.kind === 'scalar') return node.value === text ? node : undefined;
  if (node?.kind === 'list') return node.items.map((item) => findScalar(item, text)).find(Boolean);
  return node?.entries.map(({ value }) => findScalar(value, text)).find(Boolean);
}

test('any text is either read or refused with a place', (t) => {
  const piece = fc.constantFrom(
    '- ',
    ': ',
    'a',
    '\n',
    '  ',
    '\t',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|',
    '>',
    '&x ',
    '*x',
    '!t ',
    '#',
    '? ',
    '%',
    '---\n',
    '<<: ',
    ',',
    '\\',
    '\u0000',
  );
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 2 })), { maxLength: 25 }), (pieces) => {
        const { problems } = parseYaml(pieces.join(''), 'a.yaml');
        return problems.every(({ source, message }) => source !== undefined && source.line > 0 && source.column > 0 && !message.includes('\n'));
      }),
      { numRuns: 1000 },
    ),
  );
});

test('what is written as YAML is read as the same', (t) => {
  const value = fc.letrec<{ readonly value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  t.notThrows(() =>
    fc.assert(
      fc.property(value, (one) => {
        t.deepEqual(read(`key: ${JSON.stringify(null)}\nvalue:\n${stringifyYaml([one])}`), { key: null, value: [one] });
      }),
      { numRuns: 500 },
    ),
  );
});

test('a secret is written as its text', (t) => {
  t.is(stringifyYaml({ a: new Secret('x') }), 'a: x\n');
});
