import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { createFiles } from '../../src/language/files.ts';
import { writeFile } from '../../src/modules/support/write-file.ts';
import { type FileBelow, writeFiles } from '../../src/modules/support/write-files.ts';
import type { Command } from '../../src/values/command.ts';
import { isStream, type LocalBytes } from '../../src/values/stream.ts';
import { run, type Shell, shells } from '../shell/shells.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-write-files-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const below = (name: string, content: FileBelow['content'], rest: Partial<FileBelow> = {}): FileBelow => ({
  name,
  content,
  mode: '0644',
  replaces: false,
  keepsOld: false,
  ...rest,
});
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

/** A folder for one test with these folders in it. */
function folderWith(shell: Shell, name: string, folders: readonly string[] = []): string {
  const folder = join(root, shell.name, name);
  for (const one of ['', ...folders]) mkdirSync(join(folder, one), { recursive: true });
  return folder;
}

/** A file of this machine, as it is looked at before it is sent. */
function local(name: string, content: string | Uint8Array): { readonly path: string; readonly content: LocalBytes } {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const found = createFiles(root, root).look(path)?.content;
  if (!found) throw new Error(`${path} is not there`);
  return { path, content: found };
}

/** The command with only so many bytes of its input: the link was cut. */
async function cutAt(command: Command, length: number): Promise<Command> {
  if (!isStream(command.stdin)) throw new Error('no stream');
  const pieces: Uint8Array[] = [];
  for await (const piece of command.stdin.pieces()) pieces.push(Uint8Array.from(piece));
  return { ...command, stdin: Buffer.concat(pieces).subarray(0, length) };
}

const names = [
  'plain',
  '.hidden',
  '..hidden',
  '-n',
  '-',
  'it\'s "$(id)" `id` *',
  'мир',
  'back\\slash',
  'deep/er/and deeper/-rf',
  `deep/${'long '.repeat(25)}.txt`,
  `${'l'.repeat(120)}`,
  'empty',
];

for (const shell of shells()) {
  test(`writeFiles › ${shell.name}: files of any name and content, with their modes, and nothing else`, async (t) => {
    const folder = folderWith(shell, "it's $(id)", ['deep/er/and deeper']);
    const big = Buffer.alloc(700_001, 'a\0\u00ff\n');
    const contentOf = (name: string) => (name === 'empty' ? '' : name === 'plain' ? big : `of ${name}\n`);
    const files = names.map((name, index) => below(name, contentOf(name), { mode: ['0644', '0600', '4755'][index % 3] ?? '' }));
    t.like(await run(shell, writeFiles(folder, files)), { rc: 0, stdout: '', stderr: '' });
    for (const { name, mode } of files) {
      t.true(readFileSync(join(folder, name)).equals(Buffer.from(contentOf(name))), name);
      t.is(modeOf(join(folder, name)), String(Number(mode)), name);
    }
    t.deepEqual(readdirSync(folder).sort(), ['deep', ...names.filter((name) => !name.includes('/'))].sort());
  });

  test(`writeFiles › ${shell.name}: what is there is replaced at once, a link too, and kept on request`, async (t) => {
    const folder = folderWith(shell, 'replaced');
    writeFileSync(join(folder, 'old'), 'old');
    writeFileSync(join(folder, 'target'), 'target');
    symlinkSync('target', join(folder, 'link'));
    const { rc, stdout } = await run(shell, writeFiles(folder, [below('old', 'new', { keepsOld: true }), below('link', 'new')]));
    t.is(rc, 0);
    t.is(readFileSync(stdout.trim(), 'utf8'), 'old');
    t.deepEqual(
      ['old', 'link', 'target'].map((name) => readFileSync(join(folder, name), 'utf8')),
      ['new', 'new', 'target'],
    );
  });

  test(`writeFiles › ${shell.name}: a file that is changed while it is sent, or a link that is cut, leaves all as it was`, async (t) => {
    const folder = folderWith(shell, 'cut');
    writeFileSync(join(folder, 'a'), 'old');
    const shrunk = local(`${shell.name}-shrunk`, 'x'.repeat(5000));
    writeFileSync(shrunk.path, 'shorter');
    const changed = await run(shell, writeFiles(folder, [below('a', 'new'), below('b', shrunk.content)]));
    t.is(changed.rc, 1);
    t.regex(changed.stderr, /a file was changed on your machine while it was copied to .*: run it again/);
    const command = writeFiles(folder, [below('a', 'new'.repeat(1000)), below('c', 'new'.repeat(1000))]);
    const whole = isStream(command.stdin) ? command.stdin.length : 0;
    for (const length of [0, 100, 700, 4000, whole - 2000, whole - 1700]) {
      const output = await run(shell, await cutAt(command, length));
      t.not(output.rc, 0, `${length} bytes`);
    }
    t.deepEqual(readdirSync(folder), ['a']);
    t.is(readFileSync(join(folder, 'a'), 'utf8'), 'old');
  });

  test(`writeFiles › ${shell.name}: what a killed one has left in any of the folders goes with the next`, async (t) => {
    const folder = folderWith(shell, 'left', ['sub/.homerun.temporary.aB3dE6gH9j/tree', '.homerun.temporary.0123456789/tree/0']);
    const withFlock = { ...shell, path: `${shell.path}:/usr/bin` };
    t.like(await run(withFlock, writeFiles(folder, [below('a', 'new'), below('sub/b', 'new')])), { rc: 0, stderr: '' });
    t.deepEqual(readdirSync(folder, { recursive: true }).sort(), ['a', 'sub', 'sub/b']);
  });

  test(`writeFiles › ${shell.name}: a full file system leaves the old files and no others`, async (t) => {
    const folder = folderWith(shell, 'full');
    if ((await run(shell, { script: `mount -t tmpfs -o size=256k none ${folder}` })).rc !== 0) {
      t.log('not run: this user may not mount a small file system');
      t.pass();
      return;
    }
    try {
      writeFileSync(join(folder, 'a'), 'old');
      const output = await run(shell, writeFiles(folder, [below('a', 'x'.repeat(200_000)), below('b', 'x'.repeat(200_000))]));
      t.is(output.rc, 1);
      t.regex(output.stderr, /No space left on device/);
      t.deepEqual(readdirSync(folder), ['a']);
      t.is(readFileSync(join(folder, 'a'), 'utf8'), 'old');
      const long = local(`${shell.name}-full`, Buffer.alloc(2 ** 21));
      const one = await run(shell, writeFile({ path: join(folder, 'a'), content: long.content }));
      t.is(one.rc, 1);
      t.deepEqual(readdirSync(folder), ['a']);
      t.is(readFileSync(join(folder, 'a'), 'utf8'), 'old');
    } finally {
      await run(shell, { script: `umount ${folder}` });
    }
  });

  test(`writeFile › ${shell.name}: a long file arrives whole, or not at all`, async (t) => {
    const folder = folderWith(shell, 'long');
    const path = join(folder, 'a');
    const bytes = Buffer.alloc(2_500_000, 'a\0\u00ff\n');
    const { content, path: from } = local(`${shell.name}-long`, bytes);
    const command = writeFile({ path, content, mode: '0640' });
    t.true(isStream(command.stdin));
    t.like(await run(shell, command), { rc: 0, stderr: '' });
    t.true(readFileSync(path).equals(bytes));
    t.is(modeOf(path), '640');
    for (const length of [0, 1_000_000, 2_500_000, 2_500_030, 2_500_063]) {
      const output = await run(shell, await cutAt(command, length));
      t.is(output.rc, 1, `${length} bytes`);
    }
    const other = Buffer.from(bytes);
    other.writeUInt8(1, 1_000_000);
    writeFileSync(from, other);
    chmodSync(from, 0o600);
    const changed = await run(shell, command);
    t.is(changed.rc, 1);
    t.regex(changed.stderr, /was changed on your machine while it was copied/);
    t.true(readFileSync(path).equals(bytes));
    t.deepEqual(readdirSync(folder), ['a']);
    t.false(existsSync(join(folder, '.homerun')));
  });
}

test('writeFiles › files that are replaced keep their extended attributes', async (t) => {
  const [shell] = shells();
  if (!shell) {
    t.pass();
    return;
  }
  const folder = folderWith(shell, 'attributes', ['sub']);
  const paths = ['a', 'sub/b', 'c'].map((name) => join(folder, name));
  for (const path of paths.slice(0, 2)) writeFileSync(path, 'old');
  const set = spawnSync('setfattr', ['-n', 'user.note', '-v', 'kept', ...paths.slice(0, 2)]);
  if (set.status !== 0) {
    t.pass('no setfattr here');
    return;
  }
  const files = [below('a', 'new', { replaces: true }), below('sub/b', 'new', { replaces: true }), below('c', 'new')];
  t.like(await run(shell, writeFiles(folder, files)), { rc: 0 });
  for (const path of paths) t.is(readFileSync(path, 'utf8'), 'new');
  const { stdout } = spawnSync('getfattr', ['--only-values', '-n', 'user.note', ...paths], { encoding: 'utf8' });
  t.is(stdout, 'keptkept');
});
