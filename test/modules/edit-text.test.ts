import test from 'ava';
import { type Replacement, replaced } from '../../src/modules/support/edit-text.ts';

/** Title, content before, what is replaced, content after (undefined: no such section): each as Ansible's replace 2.16 leaves it. */
const cases: readonly (readonly [title: string, before: string, wanted: Replacement, after: string | undefined])[] = [
  ['replaces every match', 'a b a\na\n', { regexp: 'a', replace: 'x' }, 'x b x\nx\n'],
  ['removes matches', 'a1\nb2\n', { regexp: '\\d', replace: '' }, 'a\nb\n'],
  ['leaves a text without a match', 'a\n', { regexp: 'q', replace: 'x' }, 'a\n'],
  ['puts groups in, and line breaks', 'k = v\n', { regexp: '^(\\w) = (?P<v>\\w)$', replace: '\\g<v>\\n\\1\\t\\\\0' }, 'v\nk\t\\0\n'],
  ['knows the ends of each line', 'a\nab\n', { regexp: '^a$', replace: '# a' }, '# a\nab\n'],
  ['matches over lines', 'a\n\n\nb\n', { regexp: '\\n+', replace: '\\n' }, 'a\nb\n'],
  ['takes lines away whole', 'a\nold x\nb\n', { regexp: '^old[^\\n]*\\n', replace: '' }, 'a\nb\n'],
  ['keeps the line ends of other systems', 'a\r\nb\r\n', { regexp: 'a', replace: 'x' }, 'x\r\nb\r\n'],
  ['takes a carriage return for a character', 'a\r\nb', { regexp: '^(.+)$', replace: '<\\1>' }, '<a\r>\n<b>'],
  ['a text without an end stays without', 'a', { regexp: 'a', replace: 'b' }, 'b'],
  ['replaces nothing but empty matches', 'ab\n', { regexp: '^', replace: '> ' }, '> ab\n> '],
  ['only behind a match', 'x\n[s]\nx\nx\n', { regexp: 'x', replace: 'y', after: '\\[s\\]' }, 'x\n[s]\ny\ny\n'],
  ['only before the last match', 'x\n[s]\nx\n[s]\nx\n', { regexp: 'x', replace: 'y', before: '\\[s\\]' }, 'y\n[s]\ny\n[s]\nx\n'],
  [
    'only between two matches, the nearest',
    'x\n<a>\nx\n</a>\nx\n</a>\n',
    { regexp: 'x', replace: 'y', after: '<a>', before: '</a>' },
    'x\n<a>\ny\n</a>\nx\n</a>\n',
  ],
  ['a dot of after is a line break too', 'x\na\nb x\n', { regexp: 'x', replace: 'y', after: 'a.b' }, 'x\na\nb y\n'],
  ['after begins a line on request', 'xa\na\nx\n', { regexp: 'x', replace: 'y', after: '(?m)^a' }, 'xa\na\ny\n'],
  ['names groups of after in before', '1{\nx 2}\nx 1}\n', { regexp: 'x', replace: 'y', after: '(\\d)\\{', before: '\\1\\}' }, '1{\ny 2}\ny 1}\n'],
  ['without the section nothing is done', 'x\n', { regexp: 'x', replace: 'y', after: 'none' }, undefined],
  ['takes every character for itself', 'a\n', { regexp: 'a', replace: '$(id) $& $1 `x` \' " мир' }, '$(id) $& $1 `x` \' " мир\n'],
];

for (const [title, before, wanted, after] of cases) {
  test(`replaced › ${title}`, (t) => {
    t.is(replaced(before, wanted), after);
  });
}
