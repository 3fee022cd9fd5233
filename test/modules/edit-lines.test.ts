import test from 'ava';
import { type WantedLine, withLine, withoutLines } from '../../src/modules/support/edit-lines.ts';

const wanted = (line: string, more: Partial<WantedLine> = {}): WantedLine => ({ line, backrefs: false, firstmatch: false, ...more });

/** Title, content before, what is wanted, content after: each as Ansible's lineinfile 2.14 leaves it, but for the ends of lines. */
const cases: readonly (readonly [title: string, before: string, wanted: WantedLine, after: string])[] = [
  ['adds at the end', 'a\nb\n', wanted('c'), 'a\nb\nc\n'],
  ['adds behind a last line without an end', 'a\nb', wanted('c'), 'a\nb\nc\n'],
  ['adds to an empty file', '', wanted('c'), 'c\n'],
  ['leaves a line that is there', 'a\nc\nb\n', wanted('c'), 'a\nc\nb\n'],
  ['leaves a line that is there, the last without an end', 'a\nc', wanted('c'), 'a\nc'],
  ['replaces the last match', 'x=1\nx=2\ny\n', wanted('x=3', { regexp: '^x=' }), 'x=1\nx=3\ny\n'],
  ['replaces the first match on request', 'x=1\nx=2\n', wanted('x=3', { regexp: '^x=', firstmatch: true }), 'x=3\nx=2\n'],
  ['replaces a last line without an end', 'a\nx=1', wanted('x=3', { regexp: '^x=' }), 'a\nx=3\n'],
  ['adds where the expression matches nothing', 'a\n', wanted('x=3', { regexp: '^x=' }), 'a\nx=3\n'],
  ['adds nothing where the line itself is there although the expression matches nothing', 'X 3\na\n', wanted('X 3', { regexp: '^x=' }), 'X 3\na\n'],
  ['replaces by text that is searched for literally', 'a.b\naxb\n', wanted('c', { search_string: 'a.b' }), 'c\naxb\n'],
  ['puts a new line behind a match', '[a]\n1\n[b]\n', wanted('2', { insertafter: '^\\[a\\]' }), '[a]\n2\n1\n[b]\n'],
  ['puts a new line behind the last of several', 'i\ni\nz\n', wanted('2', { insertafter: '^i' }), 'i\ni\n2\nz\n'],
  ['puts a new line behind the first of several on request', 'i\ni\nz\n', wanted('2', { insertafter: '^i', firstmatch: true }), 'i\n2\ni\nz\n'],
  ['puts a new line before a match', 'a\nb\n', wanted('2', { insertbefore: '^b' }), 'a\n2\nb\n'],
  ['puts a new line at the beginning', 'a\n', wanted('2', { insertbefore: 'BOF' }), '2\na\n'],
  ['puts a new line at the end where insertbefore matches nothing', 'a\n', wanted('2', { insertbefore: '^q' }), 'a\n2\n'],
  ['takes EOF for the end', 'EOF\nb\n', wanted('2', { insertafter: 'EOF' }), 'EOF\nb\n2\n'],
  ['puts groups into the line', 'a = 1\n', wanted('\\1 = \\g<n>2\\\\', { regexp: '^(\\w) = (?<n>\\d)', backrefs: true }), 'a = 12\\\n'],
  ['does nothing without a match for groups', 'b\n', wanted('\\1', { regexp: '^(a)', backrefs: true }), 'b\n'],
  ['ignores case on request', 'Foo 1\n', wanted('foo 2', { regexp: '(?i)^foo' }), 'foo 2\n'],
  ['keeps the line ends of other systems', 'a\r\nx=1\r\n', wanted('x=2', { regexp: '^x=' }), 'a\r\nx=2\r\n'],
  ['adds with the line ends that the file has', 'a\r\n', wanted('b'), 'a\r\nb\r\n'],
  ['takes every character for itself', 'a\n', wanted('$(id) `x` \\ \' " $& мир'), 'a\n$(id) `x` \\ \' " $& мир\n'],
  ['keeps empty lines', '\n\na\n\n', wanted('b'), '\n\na\n\nb\n'],
];

for (const [title, before, line, after] of cases) {
  test(`withLine › ${title}`, (t) => {
    t.is(withLine(before, line), after);
    if (!line.backrefs) t.is(withLine(after, line), after, 'a second time changes nothing');
  });
}

test('withoutLines › removes every line that matches, holds the text, or is the line', (t) => {
  const content = 'a.b\naxb\nc\r\n\nc';
  t.is(withoutLines(content, { regexp: '^a.b' }), 'c\r\n\nc');
  t.is(withoutLines(content, { search_string: 'a.b' }), 'axb\nc\r\n\nc');
  t.is(withoutLines(content, { line: 'c' }), 'a.b\naxb\n\n');
  t.is(withoutLines(content, { line: 'none' }), content);
});
