import {
  chmodSync,
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
import test, { type ExecutionContext } from 'ava';
import { Secret } from '../../src/values/secret.ts';
import { type Shell, shells } from '../shell/shells.ts';
import { type Converged, converge } from './converge.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-files-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const hostile = `it's "$(id)" \`id\` \\ мир *`;
const folderFor = (shell: Shell, name: string) => {
  const folder = join(root, shell.name, name);
  mkdirSync(folder, { recursive: true });
  return folder;
};
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

/** The module changes something once, and is then content. */
async function becomes(t: ExecutionContext, shell: Shell, module: string, params: unknown): Promise<Converged> {
  const first = await converge(shell, module, params);
  t.deepEqual(
    first.outputs.map(({ rc, stderr }) => [rc, stderr]),
    first.outputs.map(() => [0, '']),
  );
  t.true(first.changes.length > 0, `${module} had nothing to do`);
  t.deepEqual(first.rest, [], `${module} is not content with what it did`);
  return first;
}

async function isContent(t: ExecutionContext, shell: Shell, module: string, params: unknown): Promise<void> {
  t.deepEqual((await converge(shell, module, params)).changes, []);
}

for (const shell of shells()) {
  test(`file › ${shell.name}: folders, links, attributes and removal`, async (t) => {
    const base = folderFor(shell, 'file');
    const folder = join(base, hostile, 'deep');
    await becomes(t, shell, 'file', { path: folder, state: 'directory', mode: '0750' });
    t.is(modeOf(folder), '750');
    writeFileSync(join(folder, 'a'), '');
    symlinkSync('/etc/passwd', join(folder, 'link'));
    const passwd = modeOf('/etc/passwd');
    await becomes(t, shell, 'file', { path: folder, state: 'directory', mode: '0700', recurse: true });
    t.is(modeOf(join(folder, 'a')), '700');
    t.is(modeOf('/etc/passwd'), passwd);
    const link = join(base, 'link');
    await becomes(t, shell, 'file', { path: link, state: 'link', src: hostile });
    symlinkSync('elsewhere', `${link}2`);
    await becomes(t, shell, 'file', { path: `${link}2`, state: 'link', src: hostile });
    t.is(readlinkSync(`${link}2`), hostile);
    // A link to a folder is exchanged, nothing is put into that folder.
    mkdirSync(join(base, 'folder'));
    symlinkSync('folder', join(base, 'link3'));
    await becomes(t, shell, 'file', { path: join(base, 'link3'), state: 'link', src: hostile });
    t.deepEqual(readdirSync(join(base, 'folder')), []);
    // What a link points at stays when the link goes.
    await becomes(t, shell, 'file', { path: link, state: 'absent' });
    t.true(existsSync(folder));
    await becomes(t, shell, 'file', { path: join(base, hostile), state: 'absent' });
    t.false(existsSync(join(base, hostile)));
    await isContent(t, shell, 'file', { path: join(base, hostile), state: 'absent' });
  });

  test(`copy › ${shell.name}: content, mode, drift, and a link in its place`, async (t) => {
    const base = folderFor(shell, 'copy');
    const dest = join(base, hostile);
    const params = { content: `${hostile}\n\n`, dest, mode: '0640' };
    await becomes(t, shell, 'copy', params);
    t.is(readFileSync(dest, 'utf8'), `${hostile}\n\n`);
    await isContent(t, shell, 'copy', params);
    chmodSync(dest, 0o600);
    t.deepEqual((await becomes(t, shell, 'copy', params)).changes, [`${dest}: mode 0600 -> 0640`]);
    writeFileSync(join(base, 'target'), 'target');
    rmSync(dest);
    symlinkSync('target', dest);
    await becomes(t, shell, 'copy', params);
    t.false(lstatSync(dest).isSymbolicLink());
    t.is(readFileSync(join(base, 'target'), 'utf8'), 'target');
    await becomes(t, shell, 'copy', { content: new Secret('s'), dest: join(base, 'secret') });
    t.is(modeOf(join(base, 'secret')), '600');
    await becomes(t, shell, 'copy', { src: { path: 'x/bytes', content: new Uint8Array([0, 255]) }, dest: `${base}/` });
    t.deepEqual([...readFileSync(join(base, 'bytes'))], [0, 255]);
  });

  test(`template › ${shell.name}: a rendered text, with its validation`, async (t) => {
    const dest = join(folderFor(shell, 'template'), 'a');
    const params = (content: string) => ({ src: { path: 'a.hbs', content }, dest, validate: 'grep -q good %s' });
    await becomes(t, shell, 'template', params('good\n'));
    t.is((await converge(shell, 'template', params('bad\n'))).outputs[0]?.rc, 1);
    t.is(readFileSync(dest, 'utf8'), 'good\n');
  });

  test(`lineinfile › ${shell.name}: edits what a link points at`, async (t) => {
    const base = folderFor(shell, 'line');
    writeFileSync(join(base, 'real'), 'a=1\nb\n');
    chmodSync(join(base, 'real'), 0o604);
    symlinkSync('real', join(base, 'link'));
    const params = { path: join(base, 'link'), regexp: '^a=', line: `a=${hostile}` };
    await becomes(t, shell, 'lineinfile', params);
    t.is(readFileSync(join(base, 'real'), 'utf8'), `a=${hostile}\nb\n`);
    t.is(modeOf(join(base, 'real')), '604');
    t.true(lstatSync(join(base, 'link')).isSymbolicLink());
    await isContent(t, shell, 'lineinfile', params);
  });

  test(`command, shell › ${shell.name}: words stay words, and creates makes it once`, async (t) => {
    const base = folderFor(shell, 'command');
    const made = join(base, hostile);
    await becomes(t, shell, 'command', { argv: ['touch', hostile], chdir: base, creates: made });
    t.true(existsSync(made));
    await isContent(t, shell, 'command', { argv: ['touch', hostile], chdir: base, creates: made });
    await becomes(t, shell, 'shell', { cmd: `cat >"${base}/fed"`, stdin: new Secret(hostile), creates: join(base, 'fed') });
    t.is(readFileSync(join(base, 'fed'), 'utf8'), `${hostile}\n`);
    await becomes(t, shell, 'command', { cmd: `rm '${base}/fed'`, removes: join(base, 'fed') });
  });
}
