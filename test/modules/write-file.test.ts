import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { writeFile } from '../../src/modules/support/write-file.ts';
import { Secret } from '../../src/values/secret.ts';
import { run, shells } from '../shell/shells.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-write-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));
const folderFor = (shell: string, name: string) => {
  const folder = join(root, shell, name);
  mkdirSync(folder, { recursive: true });
  return folder;
};
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

for (const shell of shells()) {
  test(`writeFile › ${shell.name}: writes new files with any name and content, and leaves nothing else`, async (t) => {
    const folder = folderFor(shell.name, "new $(id) 'x'");
    for (const [name, content] of [
      ['a', 'text\n'],
      ["q'uo te", '$(id) `id` \\ "\n\n'],
      ['мир', new Uint8Array([0, 255, 10])],
      ['empty', ''],
    ] as const) {
      const path = join(folder, name);
      t.like(await run(shell, writeFile({ path, content })), { rc: 0, stdout: '', stderr: '' });
      t.deepEqual(readFileSync(path), Buffer.from(content));
      t.is(modeOf(path), '644');
    }
    t.is(readdirSync(folder).length, 4);
  });

  test(`writeFile › ${shell.name}: secret content is for its owner alone unless a mode is given, and stands in no script`, async (t) => {
    const folder = folderFor(shell.name, 'secret');
    const command = writeFile({ path: join(folder, 'a'), content: new Secret('hunter2') });
    t.false(command.script.includes('hunter2'));
    await run(shell, command);
    t.is(modeOf(join(folder, 'a')), '600');
    await run(shell, writeFile({ path: join(folder, 'a'), content: new Secret('hunter2'), mode: '0640' }));
    t.is(modeOf(join(folder, 'a')), '640');
  });

  test(`writeFile › ${shell.name}: keeps the mode of the file that it replaces, and keeps the old one beside it on request`, async (t) => {
    const path = join(folderFor(shell.name, 'old'), 'a');
    writeFileSync(path, 'old');
    chmodSync(path, 0o2751);
    const { rc, stdout } = await run(shell, writeFile({ path, content: 'new', backup: true }));
    t.is(rc, 0);
    t.is(modeOf(path), '2751');
    t.is(readFileSync(path, 'utf8'), 'new');
    t.regex(stdout, /\/a\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~\n$/);
    t.is(readFileSync(stdout.trim(), 'utf8'), 'old');
  });

  test(`writeFile › ${shell.name}: a file that its validation refuses is not put in place`, async (t) => {
    const folder = folderFor(shell.name, "valid'ate");
    const path = join(folder, 'a');
    writeFileSync(path, 'old');
    const refused = await run(shell, writeFile({ path, content: 'bad', validate: 'grep -q good %s' }));
    t.is(refused.rc, 1);
    t.regex(refused.stderr, /was refused by: grep -q good %s/);
    t.is(readFileSync(path, 'utf8'), 'old');
    t.like(await run(shell, writeFile({ path, content: 'good', validate: 'grep -q good %s' })), { rc: 0 });
    t.is(readFileSync(path, 'utf8'), 'good');
    // Words and quotes, and nothing else that means something to a shell.
    t.like(await run(shell, writeFile({ path, content: 'a $(b) ; c', validate: `grep -Fq "a "'$(b)'\\ \\;' c' %s` })), { rc: 0 });
    const odd = await run(shell, writeFile({ path, content: 'x', validate: 'grep -Fq y %s $(true) || true' }));
    t.regex(odd.stderr, /\$\(true\): No such file/);
    t.is(odd.rc, 1);
    t.deepEqual(readdirSync(folder), ['a']);
  });

  test(`writeFile › ${shell.name}: content that arrives cut is not put in place`, async (t) => {
    const folder = folderFor(shell.name, 'cut');
    const command = writeFile({ path: join(folder, 'a'), content: 'whole content' });
    for (const stdin of ['', String(command.stdin).slice(0, 30), String(command.stdin).slice(0, -1)]) {
      const output = await run(shell, { ...command, stdin });
      t.is(output.rc, 1);
      t.regex(output.stderr, /did not arrive whole|could not be written/);
    }
    t.deepEqual(readdirSync(folder), []);
  });

  test(`writeFile › ${shell.name}: a missing folder and a folder in its place are said clearly; a link is replaced, not followed`, async (t) => {
    const folder = folderFor(shell.name, 'places');
    mkdirSync(join(folder, 'd'));
    symlinkSync('d', join(folder, 'to-folder'));
    writeFileSync(join(folder, 'target'), 'target');
    symlinkSync('target', join(folder, 'to-file'));
    t.regex((await run(shell, writeFile({ path: join(folder, 'no/a'), content: '' }))).stderr, /^the folder .*\/no does not exist: create it first/);
    t.regex((await run(shell, writeFile({ path: join(folder, 'd'), content: '' }))).stderr, /is a directory/);
    t.regex((await run(shell, writeFile({ path: join(folder, 'to-folder'), content: '' }))).stderr, /is a directory/);
    t.is((await run(shell, writeFile({ path: join(folder, 'to-file'), content: 'new' }))).rc, 0);
    t.is(readFileSync(join(folder, 'target'), 'utf8'), 'target');
    t.is(readFileSync(join(folder, 'to-file'), 'utf8'), 'new');
    t.deepEqual(readdirSync(join(folder, 'd')), []);
    t.false(existsSync(join(folder, 'no')));
  });

  test(`writeFile › ${shell.name}: in place, the file stays the same one`, async (t) => {
    const path = join(folderFor(shell.name, 'in-place'), 'a');
    writeFileSync(path, 'a longer old content');
    const inode = statSync(path).ino;
    t.like(await run(shell, writeFile({ path, content: 'new', mode: '0600', inPlace: true })), { rc: 0, stderr: '' });
    t.is(statSync(path).ino, inode);
    t.is(readFileSync(path, 'utf8'), 'new');
    t.is(modeOf(path), '600');
    t.like(await run(shell, writeFile({ path: `${path}2`, content: 'new', inPlace: true })), { rc: 0 });
    t.is(readFileSync(`${path}2`, 'utf8'), 'new');
  });

  test(`writeFile › ${shell.name}: a full file system leaves the old file and no other`, async (t) => {
    const folder = folderFor(shell.name, 'full');
    if ((await run(shell, { script: `mount -t tmpfs -o size=64k none ${folder}` })).rc !== 0) {
      t.log('not run: this user may not mount a small file system');
      t.pass();
      return;
    }
    try {
      const path = join(folder, 'a');
      writeFileSync(path, 'old');
      const output = await run(shell, writeFile({ path, content: 'x'.repeat(100_000) }));
      t.is(output.rc, 1);
      t.regex(output.stderr, /No space left on device[\s\S]*could not be written/);
      t.is(readFileSync(path, 'utf8'), 'old');
      t.deepEqual(readdirSync(folder), ['a']);
    } finally {
      await run(shell, { script: `umount ${folder}` });
    }
  });
}

test('writeFile › refuses paths that are not absolute or hold a line break', (t) => {
  t.throws(() => writeFile({ path: 'a', content: '' }), { instanceOf: TypeError });
  t.throws(() => writeFile({ path: '/a\nb', content: '' }), { instanceOf: TypeError });
});
