import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { contents } from '../../src/questions/contents.ts';
import { members } from '../../src/questions/members.ts';
import { runScript, shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-members-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const hostile = ['-n', '-', '--help', 'it\'s "$(id)" *', 'back\\slash', 'мир', 'a  b', '.hidden'];
const folder = join(root, "it's $(id)");
for (const one of ['', 'sub', '-sub', 'elsewhere']) mkdirSync(join(folder, one), { recursive: true });
for (const name of hostile) writeFileSync(join(folder, 'sub', name), `of ${name}`);
for (const name of hostile) chmodSync(join(folder, 'sub', name), 0o640);
for (const name of hostile) writeFileSync(join(folder, name), name);
symlinkSync('-n', join(folder, 'link'));
symlinkSync('nothing', join(folder, 'dangling'));
symlinkSync('elsewhere', join(folder, 'linked'));
symlinkSync(folder, join(root, 'current'));

for (const shell of shells()) {
  test(`members › ${shell.name}: folders and files by their names, whatever those are`, async (t) => {
    const folders = ['sub', '-sub', 'linked', 'missing', '-n'];
    const files = [...hostile.map((name) => `sub/${name}`), ...hostile, 'sub', 'link', 'dangling', 'missing', 'missing/file'];
    const [answer, none, link, nothing] = await askAll(t, shell, [
      members({ folder, folders, files }),
      members({ folder: join(root, 'missing'), folders, files }),
      members({ folder: join(root, 'current'), folders: ['linked'], files: ['-n'] }),
      members({ folder, folders: [], files: [] }),
    ]);
    const at = (name: string) => answer?.files[files.indexOf(name)];
    for (const name of hostile) {
      t.like(
        at(`sub/${name}`),
        { exists: true, type: 'file', mode: '0640', sha256: sha256(`of ${name}`), size: Buffer.byteLength(`of ${name}`) },
        name,
      );
      t.like(at(name), { exists: true, type: 'file', sha256: sha256(name) }, name);
    }
    t.deepEqual(
      ['sub', 'link', 'dangling', 'missing', 'missing/file'].map((name) => {
        const found = at(name);
        return found?.exists ? found.type : 'absent';
      }),
      ['directory', 'link', 'link', 'absent', 'absent'],
    );
    t.like(answer?.folder, { exists: true, type: 'directory', real: folder });
    t.deepEqual(
      answer?.folders.map((found) => [found.exists && found.type, found.real, 'links' in found]),
      [
        ['directory', join(folder, 'sub'), false],
        ['directory', join(folder, '-sub'), false],
        ['directory', join(folder, 'elsewhere'), true],
        [false, join(folder, 'missing'), false],
        ['file', join(folder, '-n'), false],
      ],
    );
    t.is(answer?.folders[0]?.device, answer?.folder.device);
    t.like(none?.folder, { exists: false });
    t.true([...(none?.folders ?? []), ...(none?.files ?? [])].every(({ exists }) => !exists));
    t.like(link?.folder, { exists: true, real: folder, links: [join(root, 'current')] });
    t.like(link?.files[0], { sha256: sha256('-n') });
    t.like(nothing?.folder, { exists: true });
  });

  test(`members › ${shell.name}: a folder on a file system of its own has another device`, async (t) => {
    const top = join(root, `mounted-${shell.name}`);
    mkdirSync(join(top, 'own'), { recursive: true });
    if ((await runScript(shell, `mount -t tmpfs -o size=64k none ${top}/own`)).rc !== 0) {
      t.log('not run: this user may not mount a file system');
      t.pass();
      return;
    }
    try {
      const [answer] = await askAll(t, shell, [members({ folder: top, folders: ['own'], files: [] })]);
      t.not(answer?.folders[0]?.device, answer?.folder.device);
    } finally {
      await runScript(shell, `umount ${top}/own`);
    }
  });

  test(`contents › ${shell.name}: many files at once; of none, when one is missing`, async (t) => {
    writeFileSync(join(folder, 'binary'), Buffer.from([0xff, 0xfe]));
    writeFileSync(join(folder, 'empty'), '');
    const [all, some, none] = await askAll(t, shell, [
      contents({ folder, names: [...hostile, 'empty', 'binary'] }),
      contents({ folder, names: ['sub/-n'] }),
      contents({ folder, names: ['sub/-n', 'missing'] }),
    ]);
    t.deepEqual(all, [...hostile, '', undefined]);
    t.deepEqual(some, ['of -n']);
    t.deepEqual(none, [undefined, undefined]);
  });
}
