import test from 'ava';
import { type WantedBlock, withBlock } from '../../src/modules/support/edit-block.ts';

const wanted = (block: string, more: Partial<WantedBlock> = {}): WantedBlock => ({
  block,
  begin: '# B',
  end: '# E',
  prepend_newline: false,
  append_newline: false,
  ...more,
});

/** Title, content before, what is wanted, content after: each as Ansible's blockinfile 2.16 leaves it, but for those marked as ours. */
const cases: readonly (readonly [title: string, before: string, wanted: WantedBlock, after: string])[] = [
  ['adds at the end', 'a\nb\n', wanted('x\ny'), 'a\nb\n# B\nx\ny\n# E\n'],
  ['adds behind a last line without an end', 'a', wanted('x\n'), 'a\n# B\nx\n# E\n'],
  ['adds to an empty file', '', wanted('x'), '# B\nx\n# E\n'],
  ['leaves a block that is there', 'a\n# B\nx\n# E\nb', wanted('x'), 'a\n# B\nx\n# E\nb'],
  ['replaces what is between the markers', 'a\n# B\nold\nolder\n# E\nb\n', wanted('x'), 'a\n# B\nx\n# E\nb\n'],
  ['mends markers in the wrong order', '# E\nold\n# B\n', wanted('x'), '# B\nx\n# E\n'],
  ['adds anew where a marker is missing', '# B\nold\n', wanted('x'), '# B\nold\n# B\nx\n# E\n'],
  ['removes the block with its markers', 'a\n# B\nx\n# E\nb', wanted(''), 'a\nb'],
  ['removes nothing where nothing is (ours: also without a last line end)', 'a', wanted(''), 'a'],
  ['puts a new block behind the last match', 'i\nj\ni\nz\n', wanted('x', { insertafter: '^i$' }), 'i\nj\ni\n# B\nx\n# E\nz\n'],
  ['puts a new block before the last match', 'i\nj\ni\nz\n', wanted('x', { insertbefore: '^i' }), 'i\nj\n# B\nx\n# E\ni\nz\n'],
  ['puts a new block at the end where nothing matches', 'i\nz\n', wanted('x', { insertbefore: '^q' }), 'i\nz\n# B\nx\n# E\n'],
  ['puts a new block at the beginning', 'i\n', wanted('x', { insertbefore: 'BOF' }), '# B\nx\n# E\ni\n'],
  ['takes EOF for the end', 'EOF\nz\n', wanted('x', { insertafter: 'EOF' }), 'EOF\nz\n# B\nx\n# E\n'],
  ['leaves a block where it is, whatever insertafter says', '# B\nx\n# E\ni\n', wanted('x', { insertafter: '^i' }), '# B\nx\n# E\ni\n'],
  [
    'finds its place over several lines on request',
    'a =\n(b\nc\na =\n(b\n',
    wanted('x', { insertafter: '(?m)^a =\\n.b' }),
    'a =\n(b\n# B\nx\n# E\nc\na =\n(b\n',
  ],
  [
    'finds its place before several lines on request',
    'z\na =\n(b\nc\n',
    wanted('x', { insertbefore: '(?m)^a =\\n.b' }),
    'z\n# B\nx\n# E\na =\n(b\nc\n',
  ],
  [
    'has empty lines around it on request',
    'a\nb\n',
    wanted('x', { insertafter: '^a', prepend_newline: true, append_newline: true }),
    'a\n\n# B\nx\n# E\n\nb\n',
  ],
  ['has no empty line at the ends of the file', '# B\nx\n# E\n', wanted('x', { prepend_newline: true, append_newline: true }), '# B\nx\n# E\n'],
  ['has no second empty line', 'a\n\n', wanted('x', { prepend_newline: true }), 'a\n\n# B\nx\n# E\n'],
  ['keeps empty lines of the block', 'a\n', wanted('\nx\n\n'), 'a\n# B\n\nx\n\n# E\n'],
  ['ours: has the line ends of the file', 'a\r\nb\r\n', wanted('x\ny'), 'a\r\nb\r\n# B\r\nx\r\ny\r\n# E\r\n'],
  ['ours: knows a last marker without a line end', 'a\n# B\nx\n# E', wanted('x'), 'a\n# B\nx\n# E\n'],
  ['takes every character for itself', 'a\n', wanted('$(id) `x` \\1 \\n \' " $& мир'), 'a\n# B\n$(id) `x` \\1 \\n \' " $& мир\n# E\n'],
];

for (const [title, before, block, after] of cases) {
  test(`withBlock › ${title}`, (t) => {
    t.is(withBlock(before, block), after);
    t.is(withBlock(after, block), after, 'a second time changes nothing');
  });
}
