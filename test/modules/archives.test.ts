import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
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
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { until } from '../remote/wait.ts';
import { shells } from '../shell/shells.ts';
import { converge } from './converge.ts';
import { loadModule, planModule, validate } from './drive.ts';
import { type Member, tar } from './tar.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-archives-'));
const good = gzipSync(
  tar([
    { name: 'tool-1/', type: '5' },
    { name: 'tool-1/bin/', type: '5' },
    { name: "tool-1/bin/it's $(id)", content: '#!/bin/sh\n', mode: 0o755 },
    { name: 'tool-1/lib/', type: '5' },
    { name: 'tool-1/lib/link', type: '2', target: "../bin/it's $(id)" },
    { name: 'tool-1/ümläut', content: 'ü' },
    { name: '.hidden', content: 'h' },
  ]),
);
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

let server: Server;
let base = '';
test.before(async () => {
  server = createServer((request, response) => {
    if (request.url?.startsWith('/tool')) response.end(good);
    // More than any program keeps to itself before it writes.
    else if (request.url === '/endless') response.write(Buffer.alloc(2 ** 20));
    else response.writeHead(404).end('not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
test.after.always(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});

const place = (...names: string[]) => {
  const folder = join(root, ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
};

/** Archives that must leave nothing: what is in each, and a word of the refusal. */
const evil: Readonly<Record<string, readonly [members: readonly Member[], word: RegExp]>> = {
  'an absolute path': [[{ name: '/tmp/homerun-evil', content: 'x' }], /leads elsewhere/],
  'a path upwards': [[{ name: 'a/../../evil', content: 'x' }], /leads elsewhere/],
  'an absolute link': [[{ name: 'tool', type: '2', target: '/etc' }], /link tool in it leads elsewhere/],
  'a link upwards': [
    [
      { name: 'a/', type: '5' },
      { name: 'a/tool', type: '2', target: '../../x' },
    ],
    /leads elsewhere|no tar file/,
  ],
  'a link through a link': [
    [
      { name: 'a/', type: '5' },
      { name: 'a/b/', type: '5' },
      { name: 'a/b/up', type: '2', target: '../..' },
      { name: 'tool', type: '2', target: 'a/b/up/../x' },
    ],
    /leads elsewhere|unpacked/,
  ],
  'a file through a link': [
    [
      { name: 'tool', type: '2', target: '/tmp' },
      { name: 'tool/homerun-evil', content: 'x' },
    ],
    /refused/,
  ],
  'a hard link to the outside': [[{ name: 'tool', type: '1', target: '/etc/passwd' }], /refused/],
  'a device': [[{ name: 'tool', type: '3' }], /no file, folder or link/],
  'a FIFO': [[{ name: 'tool', type: '6' }], /no file, folder or link/],
  'a set-user-ID file': [[{ name: 'tool', content: 'x', mode: 0o4755 }], /set-user-ID/],
  'a line break in a name': [
    [
      { name: 'tool', content: 'x' },
      { name: 'a\nb', content: 'x' },
    ],
    /control characters|no file/,
  ],
  'more than the disk holds': [[{ name: 'tool', size: 0o77777777777 }], /refused/],
};

for (const shell of shells()) {
  test(`unarchive › ${shell.name}: unpacks, keeps the folder as it is, and is done then`, async (t) => {
    const dest = place(shell.name, "good $(id) 'x'");
    chmodSync(dest, 0o710);
    const params = { src: { path: 'tool.tgz', content: good }, dest, creates: join(dest, 'tool-1/bin') };
    const { changes, outputs, rest } = await converge(shell, 'unarchive', params);
    t.is(changes.length, 1);
    t.deepEqual(
      outputs.map(({ rc, stderr }) => [rc, stderr]),
      [[0, '']],
    );
    t.deepEqual(rest, []);
    t.is(statSync(dest).mode & 0o7777, 0o710);
    t.deepEqual(readdirSync(dest).sort(), ['.hidden', 'tool-1']);
    t.is(statSync(join(dest, "tool-1/bin/it's $(id)")).mode & 0o7777, 0o755);
    t.is(readlinkSync(join(dest, 'tool-1/lib/link')), "../bin/it's $(id)");
    t.is(readFileSync(join(dest, 'tool-1/ümläut'), 'utf8'), 'ü');
  });

  test(`unarchive › ${shell.name}: adds to a folder that is there, and never writes through a link`, async (t) => {
    const dest = place(shell.name, 'merge');
    mkdirSync(join(dest, 'tool-1'));
    writeFileSync(join(dest, 'tool-1', 'mine'), 'kept');
    writeFileSync(join(root, shell.name, 'outside'), 'outside');
    symlinkSync('../outside', join(dest, '.hidden'));
    const archive = join(root, shell.name, 'tool.tgz');
    writeFileSync(archive, good);
    const params = { host_src: archive, checksum: `sha256:${sha256(good)}`, dest, creates: join(dest, 'tool-1/bin') };
    const { outputs, rest } = await converge(shell, 'unarchive', params);
    t.is(outputs[0]?.stderr, '');
    t.deepEqual(rest, []);
    t.is(readFileSync(join(dest, 'tool-1/mine'), 'utf8'), 'kept');
    t.is(readFileSync(join(root, shell.name, 'outside'), 'utf8'), 'outside');
    t.is(readFileSync(join(dest, '.hidden'), 'utf8'), 'h');
  });

  for (const [what, [members, word]] of Object.entries(evil)) {
    test(`unarchive › ${shell.name}: refuses ${what}, and nothing is left`, async (t) => {
      const dest = place(shell.name, `evil ${what}`);
      const { outputs } = await converge(shell, 'unarchive', { src: { path: 'e.tar', content: tar(members) }, dest, creates: join(dest, 'tool') });
      t.not(outputs[0]?.rc, 0);
      t.regex(outputs[0]?.stderr ?? '', word);
      t.deepEqual(readdirSync(dest), []);
      t.false(existsSync('/tmp/homerun-evil'));
    });
  }

  test(`unarchive › ${shell.name}: what is no archive, another one, or one without the path is said`, async (t) => {
    const dest = place(shell.name, 'wrong');
    const from = (content: Uint8Array | string, more = {}) =>
      converge(shell, 'unarchive', { src: { path: 'x', content }, dest, creates: join(dest, 'none'), ...more });
    t.regex((await from('<html>')).outputs[0]?.stderr ?? '', /no tar file/);
    t.regex((await from(good.subarray(0, 100))).outputs[0]?.stderr ?? '', /no tar file|broken/);
    const archive = join(root, shell.name, 'other.tgz');
    writeFileSync(archive, good);
    const other = { src: undefined, host_src: archive, checksum: `sha256:${sha256('other')}` };
    t.regex((await from('', other)).outputs[0]?.stderr ?? '', /has the sha256/);
    t.deepEqual(readdirSync(dest), []);
    t.regex((await from(good)).outputs[0]?.stderr ?? '', /does not bring .*none: correct creates/);
  });
}

for (const shell of shells().filter(({ name }) => name !== 'busybox')) {
  test(`get_url › ${shell.name}: downloads, checks the digest first, and leaves what is right`, async (t) => {
    const dest = place(shell.name, "get $(id) 'x'");
    const path = join(dest, 'tool');
    const params = { url: `${base}/tool?a='$(id)'`, dest: path, checksum: `sha256:${sha256(good)}`, mode: '0600' };
    const { outputs, rest } = await converge(shell, 'get_url', params);
    t.like(outputs[0], { rc: 0, stderr: '' });
    t.deepEqual(rest, []);
    t.deepEqual(readFileSync(path), good);
    t.is(statSync(path).mode & 0o7777, 0o600);
    writeFileSync(path, 'old');
    const wrong = await converge(shell, 'get_url', { ...params, checksum: `sha256:${sha256('x')}` });
    t.regex(wrong.outputs[0]?.stderr ?? '', /has the sha256 .*: nothing was changed/);
    t.is(readFileSync(path, 'utf8'), 'old');
    t.regex(
      (await converge(shell, 'get_url', { url: `${base}/none`, dest: join(dest, 'none') })).outputs[0]?.stderr ?? '',
      /404|cannot be downloaded/,
    );
    t.regex(
      (await converge(shell, 'get_url', { url: `${base}/tool`, dest: join(dest, 'no/tool') })).outputs[0]?.stderr ?? '',
      /does not exist: create it first/,
    );
    t.deepEqual(readdirSync(dest), ['tool']);
  });
}

for (const shell of shells()) {
  test(`get_url › ${shell.name}: a download that is ended leaves nothing`, async (t) => {
    const dest = place(shell.name, 'cut');
    const module = await loadModule('get_url');
    const params = validate(module, { url: `${base}/endless`, dest: join(dest, 'file') });
    const [change] = planModule(module, params, { path: join(dest, 'file'), found: { exists: false } });
    const [program, ...options] = shell.program;
    const child = spawn(program, [...options, '-c', change?.commands[0]?.script ?? ''], { detached: true, stdio: 'ignore' });
    // The file is there a moment before the shell knows what it has to take away.
    await until('the download has begun', () => readdirSync(dest).some((name) => statSync(join(dest, name)).size > 0));
    process.kill(-(child.pid ?? 0), 'SIGTERM');
    await once(child, 'close');
    t.deepEqual(readdirSync(dest), []);
  });
}
