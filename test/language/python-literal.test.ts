import test from 'ava';
import type { Node } from '../../src/language/node.ts';
import { pythonLiteral } from '../../src/language/python-literal.ts';
import { splitWords, WordError } from '../../src/language/shlex.ts';

const at = (offset: number) => ({ file: 'f', line: 1, column: offset + 1 });

function plain(node: Node | undefined): unknown {
  if (!node) return undefined;
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

/** What Python's `ast.literal_eval` gives; undefined where it refuses, and the text is meant. */
const literals: readonly (readonly [string, unknown])[] = [
  ['1', 1],
  ['-1.5e3', -1500],
  ['0x1F', 31],
  ['1_000', 1000],
  ['0644', undefined],
  ['00', 0],
  ['1__0', undefined],
  ['1.', 1],
  ['.5', 0.5],
  ['1.2.3', undefined],
  ['1e999', undefined],
  ['9007199254740993', undefined],
  ['1j', undefined],
  ['1 2', undefined],
  ['--1', undefined],
  ['-True', undefined],
  ['True', true],
  ['true', undefined],
  ['None', null],
  ['Nonesuch', undefined],
  ["'a'", 'a'],
  ['"a" \'b\'', 'ab'],
  ["'a", undefined],
  ["'''a'b'''", "a'b"],
  [String.raw`'\x41\u00e9\101\n\q\\'`, 'AéA\n\\q\\'],
  [String.raw`r'\n'`, '\\n'],
  [String.raw`'\N{DASH}'`, undefined],
  ["f'a'", undefined],
  ['[]', []],
  ["[1, 'a', [None,],]", [1, 'a', [null]]],
  ['[1 2]', undefined],
  ['[1', undefined],
  ['(1)', 1],
  ['(1,)', [1]],
  ['()', []],
  ['80,443', [80, 443]],
  ['80,', [80]],
  ["{'a': {1: True}, 'a': 2}", { a: 2 }],
  ["{1: 'x', None: 'y'}", { 1: 'x', null: 'y' }],
  ["{'a', 'b'}", ['a', 'b']],
  ['{[1]: 2}', undefined],
  ['{{ x }}', undefined],
  ['5 # comment', 5],
  ['# comment', undefined],
  ['', undefined],
  [' 7 ', 7],
  [`${'['.repeat(60)}${']'.repeat(60)}`, undefined],
];

for (const [text, value] of literals) {
  test(`the literal ${text.slice(0, 40)}`, (t) => t.deepEqual(plain(pythonLiteral(text, at)), value));
}

test('characters of a string know their place, also after an escape', (t) => {
  const node = pythonLiteral(String.raw`['a\nb']`, at);
  const item = node?.kind === 'list' ? node.items[0] : undefined;
  t.deepEqual(item?.kind === 'scalar' && [0, 1, 2].map((offset) => item.locate(offset).column), [3, 4, 6]);
});

/** What Python's `shlex.split(line, comments=True)` gives. */
const lines: readonly (readonly [string, readonly string[]])[] = [
  ['a  b\tc', ['a', 'b', 'c']],
  ['a="b c" d=\'e "f"\'', ['a=b c', 'd=e "f"']],
  ['x"y"z\'w\'', ['xyzw']],
  [String.raw`a\ b "c\"d\e" 'f\g'`, ['a b', String.raw`c"d\e`, String.raw`f\g`]],
  ['a # b', ['a']],
  ['a#b c', ['a']],
  ['"a#b" c', ['a#b', 'c']],
  [String.raw`a\#b`, ['a#b']],
  ['\'\' ""', ['', '']],
  ['# all', []],
];

for (const [line, words] of lines) {
  test(`the words of ${line}`, (t) =>
    t.deepEqual(
      splitWords(line).words.map(({ text }) => text),
      words,
    ));
}

test('a line that does not end says where that began', (t) => {
  t.like(
    t.throws(() => splitWords('a "b'), { instanceOf: WordError }),
    { offset: 2 },
  );
  t.like(
    t.throws(() => splitWords('a b\\'), { instanceOf: WordError }),
    { offset: 3 },
  );
});
