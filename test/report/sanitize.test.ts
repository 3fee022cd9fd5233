import test from 'ava';
import { assert, property, string } from 'fast-check';
import { safeJson } from '../../src/report/json.ts';
import { indented, oneLine, sanitize, sanitizeAll } from '../../src/report/sanitize.ts';

const table: readonly (readonly [what: string, text: string, shown: string])[] = [
  ['plain text', 'Grüße, 世界 🙂', 'Grüße, 世界 🙂'],
  ['tab and newline stay', 'a\tb\nc', 'a\tb\nc'],
  ['NUL', 'a\0b', 'a^@b'],
  ['bell', '\u0007', '^G'],
  ['backspace', 'rm\b\bls', 'rm^H^Hls'],
  ['carriage return', 'bad\rgood', 'bad^Mgood'],
  ['colour', '\u001b[31mred\u001b[0m', '^[[31mred^[[0m'],
  ['window title (OSC 0)', '\u001b]0;owned\u0007', '^[]0;owned^G'],
  ['clipboard (OSC 52)', '\u001b]52;c;QQ==\u001b\\', '^[]52;c;QQ==^[\\'],
  ['device status report', '\u001b[6n', '^[[6n'],
  ['DECRQSS', '\u001bP$q"p\u001b\\', '^[P$q"p^[\\'],
  ['clear screen', '\u001b[2J\u001b[H', '^[[2J^[[H'],
  ['C1 control sequence introducer', '\u009b2J', '\\u{9b}2J'],
  ['C1 operating system command', '\u009d0;x\u009c', '\\u{9d}0;x\\u{9c}'],
  ['next line', 'a\u0085b', 'a\\u{85}b'],
  ['DEL', 'a\u007f', 'a^?'],
  ['right-to-left override', 'a\u202egpj.exe', 'a\\u{202e}gpj.exe'],
  ['isolates', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['direction marks', '\u200e\u200f\u061c', '\\u{200e}\\u{200f}\\u{61c}'],
  ['line and paragraph separator', '\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['tag characters', 'a\u{e0041}', 'a\\u{e0041}'],
  ['a surrogate without its other half', 'a\ud800b\udc00', 'a\\u{d800}b\\u{dc00}'],
];

for (const [what, text, shown] of table) {
  test(`sanitize shows ${what}`, (t) => {
    t.is(sanitize(text), shown);
    t.is(sanitize(shown), shown);
  });
}

test('nothing that a terminal obeys is left, whatever the text, and doing it twice changes nothing', (t) => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      const shown = sanitize(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
      return !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(shown) && sanitize(shown) === shown;
    }),
  );
  t.pass();
});

test('a name is one line', (t) => {
  t.is(oneLine('a\nok: [b] c'), 'a^Jok: [b] c');
});

test('every line of a text is indented, and commands of a CI service get a bar in front', (t) => {
  t.deepEqual(indented('a\n\n ::warning::x\n##[group]y\nb: ::c\n\n', '  '), ['  a', '', '  |  ::warning::x', '  #|#[group]y', '  b: ::c']);
});

test('commands that a CI service obeys anywhere in a line are parted, in text and in JSON', (t) => {
  for (const command of ['##vso[task.setvariable variable=PATH]/tmp', 'log ##[add-path]/tmp', '##TeamCity[x]', '###[x]']) {
    t.notRegex(sanitize(command), /##(\[|vso|teamcity)/i, command);
    t.is(sanitize(sanitize(command)), sanitize(command));
    const json = safeJson({ command });
    t.notRegex(json, /##(\[|vso|teamcity)/i, command);
    t.deepEqual(JSON.parse(json), { command });
  }
  t.is(sanitize('## a heading [1]'), '## a heading [1]');
});

test('a whole event is sanitised, keys included', (t) => {
  t.deepEqual(sanitizeAll({ hosts: { 'h\u001b': [{ message: '\u001b[2J', n: 1, none: undefined }] } }), {
    hosts: { 'h^[': [{ message: '^[[2J', n: 1, none: undefined }] },
  } as never);
});
