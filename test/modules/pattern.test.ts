import test from 'ava';
import { compilePattern, expandGroups, replacementProblem } from '../../src/values/pattern.ts';
import { PatternError } from '../../src/values/python-pattern.ts';

/** Expression, text, and all that it matches there: each as Python 3.11's `re.finditer` gives it. */
const matches: readonly (readonly [title: string, source: string, text: string, found: readonly string[], flags?: string])[] = [
  ['a dot is anything but a line break', 'a.', 'a\r a\n a\u2028', ['a\r', 'a\u2028']],
  ['a dot is anything on request', '(?s)a.', 'a\r a\n', ['a\r', 'a\n']],
  ['the end is before a last line break too', 'b$', 'b\nb\n', ['b']],
  ['each line has a beginning and an end on request', '^b?$', 'b\n\nb\r\n', ['b', '', ''], 'm'],
  ['a carriage return ends no line', '^.+$', 'a\r\nb', ['a\r', 'b'], 'm'],
  ['flags in front are taken', '(?mi)^B$', 'a\nb\n', ['b']],
  ['the very beginning and end', '\\A.|.\\Z', 'ab\ncd', ['a', 'd'], 'm'],
  ['letters of any script', '\\b\\w+\\b', 'мир naïve_1 $', ['мир', 'naïve_1']],
  ['what is no letter', '\\W+', 'a $б', [' $']],
  ['digits and spaces', '\\d\\s\\S', '1\u00a0x', ['1\u00a0x']],
  ['punctuation that is escaped for nothing', '\\-\\"\\ \\\'\\#\\@\\/\\<', '-" \'#@/<', ['-" \'#@/<']],
  ['braces that count nothing', 'server { a{}', 'server { a{}', ['server { a{}']],
  ['braces that count', 'a{2}b{,1}c{1,}', 'aabcc aac', ['aabcc', 'aac']],
  ['a lazy count', '<.{1,}?>', '<a><b>', ['<a>', '<b>']],
  ['brackets that close nothing', '[]a]+]', 'a]]', ['a]]']],
  ['sets with letters of other sets', '[\\w.-]+', 'a-б.c!', ['a-б.c']],
  ['sets without a set', '[^\\W\\d]+', 'a1б', ['a', 'б']],
  ['sets with ranges and signs', '[a-c\\-&&(|]+', 'b-&&(|d', ['b-&&(|']],
  ['named groups and what they matched', '(?P<q>["\'])x(?P=q)', '"x" "x\'', ['"x"']],
  ['numbered groups', '(a|b)\\1', 'aa ab', ['aa']],
  ['characters by their number', '\\x41\\u0436\\101', 'AжA', ['AжA']],
  ['comments are left out', 'a(?#really)b', 'ab', ['ab']],
  ['what is looked at around', '(?<=a)b(?!c)', 'abc ab', ['b']],
  ['case is ignored in any script', '(?i)МИР', 'мир', ['мир']],
];

for (const [title, source, text, found, flags] of matches) {
  test(`compilePattern › ${title}`, (t) => {
    const { source: own, flags: more } = compilePattern(source, flags);
    t.deepEqual(
      [...text.matchAll(new RegExp(own, `${more}g`))].map(([match]) => match),
      found,
    );
  });
}

const refused: readonly (readonly [source: string, message: string])[] = [
  ['a++', 'possessive'],
  ['(?>a)', 'write (?:…)'],
  ['(a)?(?(1)b|c)', 'write both cases out'],
  ['(?x)a b', 'write the expression without spaces'],
  ['a(?i)b', 'flags stand in front'],
  ['(?i:a)b', 'flags stand in front'],
  ['\\N{DASH}', 'write \\\\N for a backslash'],
  ['\\q', 'write \\\\q for a backslash'],
  ['[a', 'write \\[ for one that is meant'],
  ['a\\', 'write two'],
  ['(a', 'unterminated group'],
  ['*', 'nothing to repeat'],
  ['(?Pa)', 'write (?:…)'],
];

for (const [source, message] of refused) {
  test(`compilePattern › refuses ${source} and says what to write`, (t) => {
    const error = t.throws(() => compilePattern(source), { instanceOf: PatternError });
    t.true(error?.message.includes(message), error?.message);
  });
}

test('expandGroups › takes what Python takes in a replacement', (t) => {
  const match = /(a)(b)?(?<name>c)/.exec('ac');
  const expand = (text: string) => expandGroups(text, match ?? [], match?.groups);
  t.is(expand('\\1-\\2-\\g<3>0-\\g<name>'), 'a--c0-c');
  t.is(expand('\\n\\t\\\\1\\.$&$1\\061'), '\n\t\\1\\.$&$11');
});

test('replacementProblem › names a group or an escape that is not there', (t) => {
  t.is(replacementProblem('\\1\\g<n>', '(?P<n>a)'), undefined);
  t.true(replacementProblem('\\2', '(a)')?.includes('the group 2'));
  t.true(replacementProblem('\\g<m>', '(a)')?.includes('the group m'));
  t.true(replacementProblem('\\d', 'a')?.includes('write \\\\d'));
  t.true(replacementProblem('\\g1', 'a')?.includes('write \\g<1>'));
});
