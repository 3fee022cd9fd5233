import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { writeFile } from '../../src/modules/support/write-file.ts';
import { Secret } from '../../src/values/secret.ts';
import { random, testSeed } from '../random.ts';
import { run, type Shell, shells } from '../shell/shells.ts';

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

/** BusyBox has no tools for access lists, and not everywhere flock(1): on such a host they are beside it. */
function withTools(shell: Shell): Shell {
  const tools = join(root, 'tools');
  mkdirSync(tools, { recursive: true });
  for (const name of ['flock', 'getfacl', 'setfacl']) if (!existsSync(join(tools, name))) symlinkSync(`/usr/bin/${name}`, join(tools, name));
  return { ...shell, path: `${shell.path}:${tools}` };
}

for (const shell of shells().map(withTools))
  test.serial(
    `writeFile › ${shell.name}: killed at any moment, the file is the old or the new one, and what was left goes with the next one that is written`,
    async (t) => {
      const path = join(folderFor(shell.name, 'killed'), 'a');
      const draw = random(testSeed());
      const contentOf = (round: number): string => `${round} `.repeat(2 ** 18);
      writeFileSync(path, contentOf(-1));
      let lastMs = 0;
      for (let round = 0; round < 25; round += 1) {
        const [old, content] = [readFileSync(path, 'utf8'), contentOf(round)];
        const { script, stdin } = writeFile({ path, content });
        const began = performance.now();
        const [program, ...options] = shell.program;
        const child = spawn(program, [...options, '-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: { PATH: shell.path } });
        child.stdin.on('error', () => undefined);
        child.stdin.end(stdin);
        const kill = (): boolean => child.exitCode === null && process.kill(-(child.pid ?? 0), 'SIGKILL');
        const timer = round === 0 ? undefined : setTimeout(kill, draw.below(Math.ceil(lastMs)));
        await once(child, 'close');
        clearTimeout(timer);
        if (round === 0) lastMs = performance.now() - began;
        t.true([old, content].includes(readFileSync(path, 'utf8')), `round ${round}`);
      }
      t.like(await run(shell, writeFile({ path, content: 'last' })), { rc: 0, stderr: '' });
      t.deepEqual(readdirSync(join(path, '..')), ['a']);
    },
  );

/** What temporary files and folders are called, but for the ten letters that are drawn. */
const left = '.homerun.temporary.';

for (const shell of shells().map(withTools))
  test(`writeFile › ${shell.name}: removes files and folders that killed scripts have left, and nothing that is at work, of another name, a link, or elsewhere`, async (t) => {
    const folder = folderFor(shell.name, 'left');
    const [dead, deadFolder, atWork, target] = [`${left}aB3dE6gH9j`, `${left}ABCDEFGHI0`, `${left}atworkatwo`, 'target'];
    const others = [
      ...['short', 'toolong0000', 'with-dash1', ''].map((one) => `${left}${one}`),
      '.homerun.production',
      'homerun.temporary.abcdefghij',
    ];
    for (const name of [dead, atWork, target, ...others]) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, deadFolder, 'tree'), { recursive: true });
    writeFileSync(join(folder, deadFolder, 'tree/a'), '');
    symlinkSync(target, join(folder, `${left}aaaaaaaaaa`));
    const holder = spawn('flock', [join(folder, atWork), 'sh', '-c', 'echo held; read -r line'], { stdio: ['pipe', 'pipe', 'ignore'] });
    await once(holder.stdout, 'data');
    t.like(await run(shell, writeFile({ path: join(folder, 'a'), content: 'new' })), { rc: 0, stdout: '', stderr: '' });
    t.deepEqual(readdirSync(folder).sort(), [...others, `${left}aaaaaaaaaa`, atWork, target, 'a'].sort());
    holder.stdin.end();
    await once(holder, 'close');
    t.like(await run(shell, writeFile({ path: join(folder, 'a'), content: 'newer' })), { rc: 0 });
    t.false(existsSync(join(folder, atWork)));
  });

for (const shell of shells().map(withTools))
  test(`writeFile › ${shell.name}: removes nothing in a folder that others may write in, or that is another's`, async (t) => {
    for (const [name, mode, owner] of [
      ['open', 0o777, 0],
      ['group', 0o775, 0],
      ['sticky', 0o1777, 0],
      ['of another', 0o755, 65534],
    ] as const) {
      const folder = folderFor(shell.name, name);
      mkdirSync(join(folder, `${left}aB3dE6gH9j/tree`), { recursive: true });
      chmodSync(folder, mode);
      if (owner !== 0) chownSync(folder, owner, owner);
      t.like(await run(shell, writeFile({ path: join(folder, 'a'), content: 'new' })), { rc: 0, stdout: '', stderr: '' });
      t.deepEqual(readdirSync(folder).sort(), [`${left}aB3dE6gH9j`, 'a'], name);
    }
  });

test('writeFile › where there is no flock(1), what is left stays', async (t) => {
  const busybox = shells().find(({ name }) => name === 'busybox');
  if (!busybox || existsSync(join(busybox.path, 'flock'))) {
    t.pass('no such shell here');
    return;
  }
  const folder = folderFor('none', 'left');
  writeFileSync(join(folder, `${left}aB3dE6gH9j`), '');
  t.like(await run(busybox, writeFile({ path: join(folder, 'a'), content: 'new' })), { rc: 0, stdout: '', stderr: '' });
  t.deepEqual(readdirSync(folder).sort(), [`${left}aB3dE6gH9j`, 'a']);
});

for (const shell of shells().map(withTools))
  test(`writeFile › ${shell.name}: two that write in one folder at once do not take each other's files away`, async (t) => {
    const folder = folderFor(shell.name, 'at once');
    const slow = writeFile({ path: join(folder, 'slow'), content: 'slow', validate: 'sleep 3' });
    let isOver = false;
    const writing = run(shell, slow).finally(() => {
      isOver = true;
    });
    const sizeOf = (name: string) => statSync(join(folder, name, 'new'), { throwIfNoEntry: false })?.size;
    const isHere = () => readdirSync(folder).some((name) => name.startsWith('.homerun.') && sizeOf(name) === 4);
    while (!isHere() && !isOver) await sleep(5);
    t.like(await run(shell, writeFile({ path: join(folder, 'quick'), content: 'quick' })), { rc: 0 });
    t.like(await writing, { rc: 0, stderr: '' });
    t.deepEqual(readdirSync(folder).sort(), ['quick', 'slow']);
  });

const why = whyNoAttributes();
if (why !== undefined) console.log(`skipped: attributes that a file keeps: ${why}`);

/** Access lists need a file system that has them, and tools to look at them. */
function whyNoAttributes(): string | undefined {
  const probe = join(root, 'probe');
  writeFileSync(probe, '');
  const set = spawnSync('sh', ['-c', 'setfacl -m u:12345:r "$1" && setfattr -n user.note -v kept "$1"', 'sh', probe], { encoding: 'utf8' });
  return set.status === 0 ? undefined : `setfacl and setfattr: ${(set.error?.message ?? set.stderr).trim()}`;
}

/** A program that does `script` before or in place of what a command runs: as the owner of a folder may at that moment. */
function program(folder: string, name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

for (const shell of shells()) {
  test(`writeFile › ${shell.name}: what the owner of a folder does there meanwhile leads root nowhere else`, async (t) => {
    const [folder, elsewhere] = [folderFor(shell.name, 'owned'), folderFor(shell.name, 'elsewhere')];
    writeFileSync(join(elsewhere, 'victim'), 'as it was', { mode: 0o600 });
    const swap = program(
      elsewhere,
      'swap',
      // A folder of his own, with a link in the place of each file that could be written in it; and a link to a folder in the place of the new file.
      `cd '${folder}' && made=$(ls -d .homerun.temporary.*) && mv "$made" away && mkdir "$made" && for name in new kept; do ln -s '${elsewhere}/victim' "$made/$name"; done && ln -sfn '${elsewhere}' a`,
    );
    for (const more of [{}, { backup: true }, { owner: '65534', group: '65534', mode: '0666' }]) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      writeFileSync(join(folder, 'a'), 'old');
      const { rc, stderr } = await run(shell, writeFile({ path: join(folder, 'a'), content: 'new', validate: swap, ...more }));
      // mv(1) of BusyBox does not replace a link to a folder.
      if (shell.name === 'busybox') t.regex(stderr, /'..\/a' is a directory\n.*a could not be put in place\n$/);
      else t.is(stderr, '');
      t.is(rc, shell.name === 'busybox' ? 1 : 0);
      t.is(lstatSync(join(folder, 'a')).isFile() && readFileSync(join(folder, 'a'), 'utf8'), shell.name === 'busybox' ? false : 'new');
      t.is(readFileSync(join(elsewhere, 'victim'), 'utf8'), 'as it was');
      t.like(statSync(join(elsewhere, 'victim')), { uid: 0, mode: 0o100600 });
      t.deepEqual(readdirSync(elsewhere).sort(), ['swap', 'victim']);
    }
  });

  for (const [what, put] of [
    ['a link', (elsewhere: string) => `ln -s '${elsewhere}' "$made"`],
    ['a folder of his own', () => 'mkdir -m 700 "$made" && chown 65534 "$made"'],
    ['a folder of root that he may write in', () => 'mkdir "$made" && chgrp 65534 "$made" && chmod 770 "$made"'],
    ['a folder of root with a link of his', (elsewhere: string) => `mkdir -m 700 "$made" && ln -s '${elsewhere}/victim' "$made/new"`],
  ] as const)
    test(`writeFile › ${shell.name}: ${what} in the place of the folder that was made is not written to`, async (t) => {
      const [folder, elsewhere, tools] = [folderFor(shell.name, `put ${what}`), folderFor(shell.name, `not ${what}`), folderFor(shell.name, what)];
      chmodSync(elsewhere, 0o700);
      program(tools, 'mktemp', `made=$(PATH='${shell.path}' mktemp "$@") && mv "$made" '${folder}/away' && ${put(elsewhere)} && echo "$made"`);
      const { rc, stderr } = await run({ ...shell, path: `${tools}:${shell.path}` }, writeFile({ path: join(folder, 'a'), content: 'new' }));
      t.is(rc, 1);
      t.regex(stderr, /^another user has put something else in the place of .*\.homerun\.temporary\..*\nno file can be created in .*\n$/);
      t.deepEqual(readdirSync(elsewhere), []);
      t.false(existsSync(join(folder, 'a')));
      t.deepEqual(readdirSync(join(folder, 'away')), []);
    });

  test(`writeFile › ${shell.name}: a validation reads the new file, also where another user may give its folder another name`, async (t) => {
    const [folder, tools] = [folderFor(shell.name, 'validated'), folderFor(shell.name, 'validators')];
    const read = program(
      tools,
      'read',
      `cd '${folder}' && made=$(ls -d .homerun.temporary.*) && mv "$made" away && mkdir "$made" && echo his >"$made/new" && cat "$1" >'${tools}/seen'; rm -r "$made"`,
    );
    const own = program(tools, 'own', `echo "$1" >'${tools}/seen'`);
    for (const [mode, owner] of [
      [0o755, 65534],
      [0o775, 0],
      [0o777, 0],
    ] as const) {
      chmodSync(folder, mode);
      chownSync(folder, owner, 0);
      t.like(await run(shell, writeFile({ path: join(folder, 'a'), content: 'ours', validate: `${read} %s` })), { rc: 0, stderr: '' });
      t.is(readFileSync(join(tools, 'seen'), 'utf8'), 'ours');
      rmSync(join(folder, 'away'), { recursive: true });
    }
    for (const mode of [0o755, 0o1777]) {
      chmodSync(folder, mode);
      t.like(await run(shell, writeFile({ path: join(folder, 'a'), content: 'ours', validate: `${own} %s` })), { rc: 0, stderr: '' });
      t.true(readFileSync(join(tools, 'seen'), 'utf8').startsWith(`${folder}/.homerun.temporary.`), 'by its path');
    }
  });

  test(`writeFile › ${shell.name}: what another user has let himself do with his file he may not do with what root puts in its place`, async (t) => {
    const folder = folderFor(shell.name, 'his rights');
    const path = join(folder, 'a');
    chownSync(folder, 65534, 65534);
    for (const [more, mode] of [
      [{ owner: '0', group: '0' }, '755'],
      [{ owner: '0' }, '755'],
      [{ group: '0' }, '755'],
      [{}, '4755'],
    ] as const) {
      writeFileSync(path, 'his');
      chownSync(path, 65534, 65534);
      chmodSync(path, 0o4755);
      if (why === undefined) spawnSync('setfacl', ['-m', 'u:12345:r', path]);
      t.like(await run(shell, writeFile({ path, content: 'new', ...more })), { rc: 0, stderr: '' });
      t.is(modeOf(path), mode);
      const given = 'owner' in more;
      t.is(statSync(path).uid, given ? 0 : 65534);
      t.is(statSync(path).gid, 'group' in more ? 0 : 65534);
      if (why === undefined && shell.name !== 'busybox')
        t.is(spawnSync('getfacl', ['-cnp', path], { encoding: 'utf8' }).stdout.includes('12345'), !given);
      rmSync(path);
    }
    t.deepEqual(readdirSync(folder), []);
  });

  test(`writeFile › ${shell.name}: what is kept of a file that another user has made a link is that link`, async (t) => {
    const folder = folderFor(shell.name, 'kept');
    writeFileSync(join(folder, 'secret'), 'of root', { mode: 0o600 });
    symlinkSync('secret', join(folder, 'a'));
    t.like(await run(shell, writeFile({ path: join(folder, 'a'), content: 'new', backup: true })), { rc: 0, stderr: '' });
    const kept = readdirSync(folder).find((name) => name.endsWith('~'));
    t.is(kept && readlinkSync(join(folder, kept)), 'secret');
    t.is(readFileSync(join(folder, 'a'), 'utf8'), 'new');
  });
}

for (const shell of shells().map(withTools))
  (why === undefined ? test : test.skip)(
    `writeFile › ${shell.name}: a file that is replaced keeps its access list, and with coreutils its extended attributes`,
    async (t) => {
      const path = join(folderFor(shell.name, 'attributes'), 'a');
      const shown = (what: string): string => spawnSync('sh', ['-c', what, 'sh', path], { encoding: 'utf8' }).stdout;
      const list = () => shown('getfacl -cnp "$1"');
      writeFileSync(path, 'old');
      spawnSync('sh', [
        '-c',
        'chmod 0640 "$1" && setfacl -m u:12345:rw,g:54321:r "$1" && setfattr -n user.note -v kept "$1" && touch -d 2001-01-01 "$1"',
        'sh',
        path,
      ]);
      const before = list();
      t.regex(before, /user:12345:rw-[^]*group:54321:r--[^]*mask::rw-/);
      t.like(await run(shell, writeFile({ path, content: 'new' })), { rc: 0 });
      t.is(readFileSync(path, 'utf8'), 'new');
      t.is(list(), before);
      t.is(shown('getfattr --only-values -n user.note "$1" 2>/dev/null'), shell.name === 'busybox' ? '' : 'kept');
      t.true(statSync(path).mtimeMs > Date.now() - 60_000, 'the times are new');
      // A mode that is asked for counts, and so is a file without a list of one that had none.
      t.like(await run(shell, writeFile({ path, content: 'newer', mode: '0600' })), { rc: 0 });
      t.is(modeOf(path), '600');
      t.regex(list(), /user:12345:rw-.*#effective:---/);
      writeFileSync(join(path, '../b'), 'old', { mode: 0o644 });
      t.like(await run(shell, writeFile({ path: join(path, '../b'), content: 'new' })), { rc: 0 });
      t.is(modeOf(join(path, '../b')), '644');
    },
  );
