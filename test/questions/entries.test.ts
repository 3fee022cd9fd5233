import { spawnSync } from 'node:child_process';
import { chmodSync, lutimesSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type EntriesParams, entries, entriesKind, type FoundEntries } from '../../src/questions/entries.ts';
import { runScript, shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-entries-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

// A name that plays another entry, as far as a name can.
const forged = 'x\n\n81a4 0 0 1 1 1 1 1 1 1\troot\troot\t';
const names = ['plain', ' spaces ', '-dash', "quo'te $(id)", 'мир', 'line\nbreak', 'back\\slash', '*', '.hidden', '.', ';', forged].filter(
  (name) => name !== '.',
);
const folder = join(root, 'folder');
mkdirSync(join(folder, 'sub', '.git', 'deep'), { recursive: true });
for (const name of names) writeFileSync(join(folder, name), `content of ${name}\n`);
writeFileSync(join(folder, 'sub', '.git', 'config'), 'x'.repeat(1000));
symlinkSync('plain', join(folder, 'link'));
symlinkSync('folder', join(root, 'current'));
chmodSync(join(folder, 'plain'), 0o4640);
// A time of access after all others is not set by looking (relatime): what one asking does is not seen by the next.
for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toReversed())
  lutimesSync(join(folder, path), new Date(Date.now() + 3_600_000), new Date());

const all: EntriesParams = { paths: [folder], type: 'any', hidden: true };
const pathsOf = (found: FoundEntries | undefined) => found?.entries.map(({ path }) => path.slice(folder.length + 1)).sort();

for (const shell of shells()) {
  test(`entries › ${shell.name}: every name comes back as it is, together as alone`, async (t) => {
    const [deep, flat, links, absent] = await askAll(t, shell, [
      entries({ ...all }),
      entries({ ...all, depth: 1, type: 'file' }),
      entries({ ...all, type: 'link', paths: [join(root, 'current'), folder] }),
      entries({ ...all, paths: [join(root, 'none'), join(folder, 'plain')] }),
    ]);
    t.deepEqual(pathsOf(deep?.folders[0]), [...names, 'link', 'sub', 'sub/.git', 'sub/.git/config', 'sub/.git/deep'].sort());
    t.is(deep?.folders[0]?.examined, names.length + 5);
    t.deepEqual(pathsOf(flat?.folders[0]), [...names].sort());
    t.is(flat?.folders[0]?.examined, names.length + 2);
    t.deepEqual(
      links?.folders.map(({ entries: found }) => found.map(({ path }) => path)),
      [[join(root, 'current', 'link')], [join(folder, 'link')]],
    );
    t.deepEqual(
      links?.folders.map(({ examined }) => examined),
      [names.length + 5, names.length + 5],
    );
    t.deepEqual(
      absent?.folders.map(({ state }) => state),
      ['absent', 'absent'],
    );
    const plain = flat?.folders[0]?.entries.find(({ path }) => path.endsWith('/plain'));
    t.like(plain, { bits: 0o104640, size: 17, links: 1, uid: process.getuid?.() });
    t.true(Math.abs((plain?.modified ?? 0) * 1000 - Date.now()) < 600_000);
    t.is(deep?.time, undefined);
  });

  test(`entries › ${shell.name}: the host looks at names, sizes and contents`, async (t) => {
    const [named, large, small, visible, holds, ignoring, none] = await askAll(t, shell, [
      entries({ ...all, names: ['-d*', 'b*\\\\s*', '\\*'] }),
      entries({ ...all, type: 'file', leastSize: 1000 }),
      entries({ ...all, depth: 1, mostSize: 13 }),
      entries({ ...all, hidden: false }),
      entries({ ...all, type: 'file', contains: { pattern: '^(content of (.|м)ир$)', ignoreCase: false } }),
      entries({ ...all, type: 'file', contains: { pattern: '^(CONTENT OF pl)', ignoreCase: true } }),
      entries({ ...all, type: 'file', contains: { pattern: '^(-e\'"$(id))', ignoreCase: false } }),
    ]);
    t.deepEqual(pathsOf(named?.folders[0]), ['*', '-dash', 'back\\slash']);
    t.deepEqual(pathsOf(large?.folders[0]), ['sub/.git/config']);
    t.deepEqual(pathsOf(small?.folders[0]), ['*', ';', 'link', 'sub']);
    t.deepEqual(
      pathsOf(visible?.folders[0]),
      [...names.filter((name) => !name.startsWith('.')), 'link', 'sub', 'sub/.git/config', 'sub/.git/deep'].sort(),
    );
    t.deepEqual(pathsOf(holds?.folders[0]), ['мир']);
    t.deepEqual(pathsOf(ignoring?.folders[0]), ['plain']);
    t.deepEqual(pathsOf(none?.folders[0]), []);
  });

  test(`entries › ${shell.name}: what may not be read is told, and the root is a folder too`, async (t) => {
    const ask = async (params: EntriesParams) => entriesKind.parse((await runScript(shell, entriesKind.script([params]))).stdout, params);
    const { folders, time } = await ask({ ...all, paths: ['/'], depth: 1, withTime: true });
    t.true(folders[0]?.entries.some(({ path }) => path === '/etc'));
    t.true(Math.abs((time ?? 0) * 1000 - Date.now()) < 60_000);
    const many = join(root, `many-${shell.name}`);
    mkdirSync(many);
    spawnSync('sh', ['-c', 'cd "$1" && seq 1 9000 | sed s/$/-$2/ | xargs touch', 'sh', many, 'x'.repeat(150)]);
    t.like(await ask({ ...all, paths: [many] }), { folders: [{ state: 'long', entries: [] }] });
    t.is((await ask({ ...all, paths: [many], names: ['1-*'] })).folders[0]?.entries.length, 1);
  });
}

test('entries › what a host makes up is refused', (t) => {
  const part = (text: string) => `-\nfolder 1\n${Buffer.from(text).toString('base64')}\n;\n.\n`;
  const record = '//81a4 0 0 1 1 1 1 1 1 1\troot\troot\t/a/b\n';
  const params = { ...all, paths: ['/a'] };
  t.is(entriesKind.parse(part(record), params).folders[0]?.entries[0]?.path, '/a/b');
  t.is(entriesKind.parse(part(`${record}//part\n`), params).folders[0]?.state, 'part');
  for (const wrong of [part(`x${record}`), part('//nonsense\n'), part('//81a4 0 0 1\n'), '-\nfolder x\n;\n.\n', '-\nfolder 1\n!!!\n;\n.\n', '-\n.\n'])
    t.throws(() => entriesKind.parse(wrong, params), { message: /not understood|not base64/ }, wrong);
});
