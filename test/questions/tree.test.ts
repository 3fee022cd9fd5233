import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { differing } from '../../src/questions/differing.ts';
import { manifestDigest, tree } from '../../src/questions/tree.ts';
import { shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-tree-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const contents: Readonly<Record<string, string>> = {
  'index.html': '<p>',
  'a/b.js': 'x',
  'a/ü $(id)': 'y',
  "a/quo'te": '',
  'a-b': 'z',
  'back\\slash': 'w',
};
const folder = join(root, 'site');
mkdirSync(join(folder, 'a'), { recursive: true });
mkdirSync(join(folder, 'empty'));
for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, name), text, { mode: 0o644 });
symlinkSync('../index.html', join(folder, 'a', 'link'));
symlinkSync('site', join(root, 'current'));
mkdirSync(join(root, 'none'));

const entries = Object.entries(contents).map(([path, text]) => ({ path, sha256: createHash('sha256').update(text).digest('hex') }));

for (const shell of shells()) {
  test(`tree › ${shell.name}: one digest over names, contents and links, that can be computed without the host`, async (t) => {
    // BusyBox's sha256sum does not escape a backslash in a name; such names are compared by coreutils' rule.
    const exclude = shell.name === 'busybox' ? ['back-slash'] : [];
    const [all, part, link, missing, empty] = await askAll(t, shell, [
      tree(folder, { exclude }),
      tree(folder, { exclude: ['a', 'index.html'] }),
      tree(join(root, 'current'), { exclude: ['a', 'index.html'] }),
      tree(join(root, 'missing')),
      tree(join(root, 'none')),
    ]);
    t.true(all?.exists);
    if (shell.name !== 'busybox') t.is(all?.digest, manifestDigest([...entries, { path: 'a/link', target: '../index.html' }].toReversed()));
    const few = entries.filter(({ path }) => !path.startsWith('a/') && path !== 'index.html');
    if (shell.name !== 'busybox') t.is(part?.digest, manifestDigest(few));
    t.is(link?.digest, part?.digest);
    t.is(link?.real, folder);
    t.deepEqual(missing, { exists: false, real: join(root, 'missing') });
    t.is(empty?.digest, manifestDigest([]));
  });

  test(`differing › ${shell.name}: counts what has another owner, group or mode`, async (t) => {
    const place = join(root, `modes-${shell.name}`);
    mkdirSync(place, { mode: 0o755 });
    for (const name of ['a', 'b\nc', 'd $(id)']) writeFileSync(join(place, name), '');
    for (const name of ['a', 'b\nc', 'd $(id)']) chmodSync(join(place, name), 0o755);
    chmodSync(place, 0o755);
    symlinkSync('a', join(place, 'link'));
    const user = process.getuid?.() === 0 ? 'root' : undefined;
    const [same, mode, owner, missing, unknown] = await askAll(t, shell, [
      differing({ path: place, mode: '0755', owner: user }),
      differing({ path: place, mode: '0750' }),
      differing({ path: place, owner: 'daemon', group: 'daemon' }),
      differing({ path: join(place, 'none'), mode: '0700' }),
      differing({ path: place, owner: 'no-such-user' }),
    ]);
    t.deepEqual(same, { count: 0 });
    t.deepEqual(mode, { count: 4, first: place });
    t.is(owner?.count, 5);
    t.deepEqual(missing, { count: 0 });
    t.deepEqual(unknown, { count: 1, first: place });
  });
}
