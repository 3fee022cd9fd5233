import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type Shell, shells } from '../shell/shells.ts';
import { converge } from './converge.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-web-'));
const server = createServer((request, response) => {
  const file = join(root, 'releases', request.url ?? '');
  response.statusCode = existsSync(file) ? 200 : 404;
  response.end(existsSync(file) ? readFileSync(file) : '');
});
test.before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
test.after.always(() => {
  server.close();
  rmSync(root, { recursive: true, force: true });
});

// Files are given to root, which only root can do.
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('web_application on this machine is not tested: it takes root.');
// One after another: each starts dozens of processes.
const rootTest = isRoot ? test.serial : test.serial.skip;

/** A release with the traits of the real ones: a top folder, an owner of its own, a config.json, asset names with a digest. */
function release(name: string, change: (folder: string) => void = () => undefined, options: readonly string[] = []): string {
  const folder = join(root, 'build', name, 'panel');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  mkdirSync(join(root, 'releases'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), `<script src="assets/app-${name}.js"></script>`);
  writeFileSync(join(folder, 'assets', `app-${name}.js`), `console.log('${name}')`);
  writeFileSync(join(folder, 'config.json'), '{"shipped":true}');
  change(folder);
  spawnSync('tar', [
    '--owner=1001',
    '--group=1001',
    ...options,
    '-czf',
    join(root, 'releases', `${name}.tar.gz`),
    '-C',
    join(root, 'build', name),
    'panel',
  ]);
  return createHash('sha256')
    .update(readFileSync(join(root, 'releases', `${name}.tar.gz`)))
    .digest('hex');
}

const one = release('one');
const two = release('two');
const panel = (shell: Shell, name: string, version: string, sha256: string, more: object = {}) => ({
  name: 'panel',
  path: join(root, shell.name, name),
  version,
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${version}.tar.gz`,
  sha256,
  config: { restrictBaseUrl: 'https://example.org' },
  ...more,
});
const current = (given: { readonly path: string }, file = 'index.html') => join(given.path, 'current', file);

for (const shell of shells()) {
  rootTest(`web_application › ${shell.name}: installs, upgrades and goes back, and a second run finds nothing to do`, async (t) => {
    const first = panel(shell, "it's $(id)", 'one', one);
    const installed = await converge(shell, 'web_application', first);
    t.deepEqual(
      installed.outputs.map((output) => [output.rc, output.stderr]),
      [
        [0, ''],
        [0, ''],
        [0, ''],
      ],
    );
    t.deepEqual(installed.rest, []);
    t.regex(readFileSync(current(first), 'utf8'), /app-one/);
    t.deepEqual(JSON.parse(readFileSync(current(first, 'config.json'), 'utf8')), { restrictBaseUrl: 'https://example.org' });
    const second = panel(shell, "it's $(id)", 'two', two);
    t.deepEqual((await converge(shell, 'web_application', second)).rest, []);
    t.is(readlinkSync(join(first.path, 'previous')), `releases/one-${one.slice(0, 12)}`);
    const back = await converge(shell, 'web_application', first);
    t.deepEqual([back.changes.length, back.rest.length], [1, 0]);
    t.regex(readFileSync(current(first), 'utf8'), /app-one/);
    t.deepEqual((await converge(shell, 'web_application', first)).changes, []);
  });

  rootTest(`web_application › ${shell.name}: finds and repairs changed, missing, extra and unreadable files and links`, async (t) => {
    const given = panel(shell, 'repair', 'one', one);
    await converge(shell, 'web_application', given);
    for (const damage of [
      () => writeFileSync(current(given), 'defaced'),
      () => rmSync(current(given, 'assets/app-one.js')),
      () => writeFileSync(current(given, 'assets/miner.js'), ''),
      () => writeFileSync(current(given, 'line\nbreak'), ''),
      () => chmodSync(current(given), 0o600),
      () => symlinkSync('/etc', current(given, 'etc')),
      () => writeFileSync(current(given, 'config.json'), '{}'),
      () => rmSync(join(given.path, 'current')),
      () => mkdirSync(join(given.path, '.homerun-work')),
    ]) {
      damage();
      const { changes, rest } = await converge(shell, 'web_application', given);
      t.is(changes.length, 1, damage.toString());
      t.deepEqual(rest, [], damage.toString());
      t.regex(readFileSync(current(given), 'utf8'), /app-one/);
      t.regex(readFileSync(current(given, 'config.json'), 'utf8'), /restrictBaseUrl/);
    }
    t.deepEqual(readdirSync(join(given.path, 'current')).sort(), ['assets', 'config.json', 'index.html']);
  });

  rootTest(`web_application › ${shell.name}: a reader never finds the application gone while it is upgraded and repaired`, async (t) => {
    const [first, second] = [panel(shell, 'loop', 'one', one), panel(shell, 'loop', 'two', two)];
    await converge(shell, 'web_application', first);
    let isDone = false;
    let reads = 0;
    const reading = (async () => {
      while (!isDone) {
        reads += 1;
        readFileSync(current(first));
        JSON.parse(readFileSync(current(first, 'config.json'), 'utf8'));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    try {
      await converge(shell, 'web_application', second);
      await converge(shell, 'web_application', first);
      writeFileSync(current(first, 'assets/app-one.js'), 'damaged');
      await converge(shell, 'web_application', first);
    } finally {
      isDone = true;
    }
    await t.notThrowsAsync(reading);
    t.true(reads > 100, `${reads} reads`);
  });

  rootTest(`web_application › ${shell.name}: another digest changes nothing`, async (t) => {
    const given = panel(shell, 'digest', 'one', one);
    await converge(shell, 'web_application', given);
    const before = readdirSync(given.path, { recursive: true });
    const { outputs } = await converge(shell, 'web_application', { ...panel(shell, 'digest', 'two', one) });
    t.regex(outputs.at(-1)?.stderr ?? '', /two\.tar\.gz has the sha256 [0-9a-f]{64}, expected [0-9a-f]{64}: nothing was changed/);
    t.deepEqual(readdirSync(given.path, { recursive: true }), before);
  });
}

/** What must be refused before anything is placed, and the word by which the message says why. */
const refused: readonly (readonly [name: string, digest: string, reason: RegExp])[] = [
  ['link', release('link', (folder) => symlinkSync('/etc/passwd', join(folder, 'passwd'))), /neither a file nor a folder/],
  ['hard', release('hard', (folder) => linkSync(join(folder, 'index.html'), join(folder, 'hard.html'))), /neither a file nor a folder|holds links/],
  ['pipe', release('pipe', (folder) => spawnSync('mkfifo', [join(folder, 'pipe')])), /neither a file nor a folder/],
  ['absolute', release('absolute', undefined, ['-P', '--transform', 's|^panel/index|/tmp/homerun-evil|']), /could lead elsewhere/],
  ['above', release('above', undefined, ['-P', '--transform', 's|^panel/index|../../homerun-evil|']), /could lead elsewhere/],
  ['line-break', release('line-break', (folder) => writeFileSync(join(folder, 'a\nb'), '')), /could lead elsewhere|neither a file nor a folder/],
  ['pageless', release('pageless', (folder) => rmSync(join(folder, 'index.html'))), /no index\.html/],
];
writeFileSync(join(root, 'releases', 'text.tar.gz'), 'hello');
const textDigest = createHash('sha256').update('hello').digest('hex');

for (const shell of shells()) {
  for (const [name, digest, reason] of [...refused, ['text', textDigest, /no tar file packed by gzip/] as const]) {
    rootTest(`web_application › ${shell.name}: refuses an archive with the trait "${name}", and leaves nothing behind`, async (t) => {
      const given = panel(shell, `refuse-${name}`, name, digest);
      const { outputs } = await converge(shell, 'web_application', given);
      t.is(outputs.length, 1);
      t.not(outputs[0]?.rc, 0);
      t.regex(outputs[0]?.stderr ?? '', reason);
      t.false(existsSync(given.path));
      t.false(existsSync('/tmp/homerun-evil.html'));
    });
  }
}
