import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { mergedData, mergeYaml, readYaml, type Settings, YamlError } from '../../src/modules/support/yaml-edit.ts';
import { Secret } from '../../src/values/secret.ts';

const generated = `# Configuration file for Synapse.
#
# [1] https://docs.example.org
server_name: "example.org"   # three blanks before this
pid_file: /data/homeserver.pid

listeners:
  - port: 8008
    resources:
    - compress: false
      names:
      - client   # who
      # two lines
  # behind the list

# before the database
database:
  name: sqlite3
  args:
    database: /data/homeserver.db
  # behind the database
file_mode: 0644
time: 12:30:45
odd: e2
note: |
  first
  second

registration_shared_secret: "a~:b#c"
empty:
nothing: # to say
last: yes


# vim:ft=yaml`;

test('a file in which nothing differs comes back byte for byte', (t) => {
  t.is(
    mergeYaml(generated, {
      server_name: 'example.org',
      listeners: [{ port: 8008, resources: [{ compress: false, names: ['client'] }] }],
      last: true,
    }),
    generated,
  );
  t.is(mergeYaml(generated, { not_there: null }), generated);
});

test('a changed key changes its own characters and no others', (t) => {
  t.is(mergeYaml(generated, { server_name: 'example.com' }), generated.replace('"example.org"', '"example.com"'));
  t.is(mergeYaml(generated, { odd: 'e3' }), generated.replace('odd: e2', 'odd: "e3"'));
  t.is(mergeYaml(generated, { empty: 5 }), generated.replace('empty:', 'empty: 5'));
  t.is(mergeYaml(generated, { nothing: true }), generated.replace('nothing: # to say', 'nothing: true # to say'));
  t.is(mergeYaml(generated, { note: 'one' }), generated.replace('note: |\n  first\n  second', 'note: "one"'));
});

test('a mapping is merged into a mapping, in its own indentation', (t) => {
  t.is(
    mergeYaml(generated, { database: { args: { cp_max: 10, database: '/data/new.db' }, txn_limit: 5 } }),
    generated.replace('database: /data/homeserver.db', 'database: "/data/new.db"\n    cp_max: 10\n  txn_limit: 5'),
  );
});

test('a mapping that is named is replaced whole', (t) => {
  const merged = mergeYaml(generated, { database: { name: 'psycopg2', args: { host: 'db' } } }, new Set(['database']));
  t.deepEqual(readYaml(merged).data['database'], { name: 'psycopg2', args: { host: 'db' } });
  t.true(merged.includes('# behind the database'));
});

test('null removes a key with its lines, and a new key stands at the end', (t) => {
  t.is(mergeYaml(generated, { time: null }), generated.replace('time: 12:30:45\n', ''));
  t.is(mergeYaml(generated, { database: { args: { database: null, cp_max: 5 } } }), generated.replace('database: /data/homeserver.db', 'cp_max: 5'));
  t.is(mergeYaml(generated, { presence: { enabled: false, unset: null } }), `${generated}\npresence:\n  enabled: false\n`);
});

test('a mapping goes with its last key, and taking keys out makes no mapping', (t) => {
  t.is(mergeYaml(generated, { database: { args: { database: null } } }), generated.replace('  args:\n    database: /data/homeserver.db\n', ''));
  t.is(mergeYaml(generated, { not_there: { at: { all: null }, either: null } }), generated);
  const on = mergeYaml(generated, { features: { one: true, two: { deep: 1 } } });
  t.is(mergeYaml(on, { features: { one: null, two: { deep: null } } }), generated.replace(/\n*$/, '\n'));
  t.is(mergeYaml(on, { features: { one: null } }), on.replace('  one: true\n', ''));
  t.is(mergeYaml('a: 1\n', { empty: {} }), 'a: 1\nempty: {}\n');
});

test('every comment survives', (t) => {
  const comments = (text: string) => text.match(/(?:^|\s)#.*/g)?.map((comment) => comment.trim());
  const merged = mergeYaml(generated, { server_name: 'x', database: { name: 'y' }, last: 'no', note: 'z', added: [1, { a: 'b' }] });
  t.deepEqual(comments(merged), comments(generated));
});

test('text that YAML 1.1 would take for something else stands in quotes', (t) => {
  const words = [
    'yes',
    'off',
    '1_000',
    '12:30:45',
    '2026-01-01',
    '0b11',
    '0644',
    '~',
    '',
    ' a ',
    '# no comment',
    '<<',
    '!!str "<<"',
    "it's",
    'a: b',
    '1e3',
    '新消息 “引号”',
    'a\nb',
  ];
  const merged = mergeYaml('a: 1\n', { words });
  t.deepEqual(readYaml(merged).data, { a: 1, words });
  for (const line of merged.split('\n').slice(2, -1)) t.regex(line, /^ {2}- ".*"$/);
});

test('a secret is written as what it hides', (t) => {
  t.is(mergeYaml('a: 1\n', { b: new Secret('s3cret'), c: { d: [new Secret('x')] } }), 'a: 1\nb: "s3cret"\nc:\n  d:\n    - "x"\n');
});

test('an alias is taken for what it stands for, and written out where it must change', (t) => {
  const text = 'base: &base {a: 1, b: 2}\nother: *base\n';
  t.is(mergeYaml(text, { other: { a: 1 } }), text);
  t.is(mergeYaml(text, { other: { a: 5 } }), 'base: &base {a: 1, b: 2}\nother:\n  a: 5\n  b: 2\n');
  t.throws(() => mergeYaml(text, { base: { a: 5 } }), { instanceOf: YamlError, message: /alias|anchor/i });
});

test('what cannot be read is refused with the reason', (t) => {
  t.throws(() => readYaml('server_name: a\nb: 1\nserver_name: c\n'), {
    instanceOf: YamlError,
    message: /server_name stands there twice, the second time on line 3/,
  });
  t.throws(() => readYaml('a: [1\n'), { instanceOf: YamlError, message: /line 2/ });
  t.throws(() => readYaml('# nothing\n'), { instanceOf: YamlError, message: /empty/ });
  t.throws(() => readYaml('- a\n'), { instanceOf: YamlError, message: /no mapping/ });
  t.throws(() => readYaml(`a: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n`.repeat(1) + 'c: *nope\n'), { instanceOf: YamlError });
});

const key = fc.stringMatching(/^[a-d]{1,2}$/);
const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.stringMatching(/^[ -~äß新]{0,12}$/), fc.constantFrom('yes', '1:30', '#', ''));
const { tree } = fc.letrec<{ tree: Settings }>((tie) => ({
  tree: fc.dictionary(
    key,
    fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) }, { weight: 2, arbitrary: tie('tree') }),
    {
      maxKeys: 4,
      noNullPrototype: true,
    },
  ) as fc.Arbitrary<Settings>,
}));

testProp(
  'any settings merge into any file: it means what was asked for, and a second merge changes nothing',
  [tree, tree, fc.boolean()],
  (t, file, settings, hasNewline) => {
    const text = `# top\n${mergeYaml('start: 1\n', file)}# end${hasNewline ? '\n' : ''}`;
    const merged = mergeYaml(text, settings);
    t.deepEqual(readYaml(merged).data, mergedData(readYaml(text).data, settings));
    t.is(mergeYaml(merged, settings), merged);
    t.true(merged.startsWith('# top\nstart: 1\n') && merged.includes('# end'));
  },
);

for (const [what, from, to] of [
  ['the line breaks of Windows', /\n/g, '\r\n'],
  ['a byte order mark', /^/, '\ufeff'],
] as const) {
  test(`${what}: it stays, and new lines are like the others`, (t) => {
    const plain = generated.slice(generated.indexOf('server_name'));
    const settings = { public_baseurl: 'https://a/', database: { args: { timeout: 5 } }, pid_file: null, last: [1, 2] };
    t.is(mergeYaml(plain.replace(from, to), settings), mergeYaml(plain, settings).replace(from, to));
  });
}
