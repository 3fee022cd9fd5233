import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { connect } from '../../src/remote/connect.ts';
import { fingerprint } from '../../src/remote/known-hosts.ts';
import { askHostKey, recordHostKey } from '../../src/remote/trust.ts';
import { TaskError, UnreachableError } from '../../src/values/errors.ts';
import { publicKey, startSshd, whyNoSshd } from './sshd.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-trust-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: asking a real sshd for its key: ${why}`);

/** A key in wire form that nobody has. */
function key(seed: number): Buffer {
  const type = Buffer.from('ssh-ed25519');
  return Buffer.concat([Buffer.from([0, 0, 0, type.length]), type, Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, seed)]);
}

function line(name: string, seed: number): string {
  return `${name} ssh-ed25519 ${key(seed).toString('base64')}\n`;
}

test('a key is added once, to a file and folder that only the user can read', async (t) => {
  const file = join(folder, 'new', 'known_hosts');
  t.true(await recordHostKey(file, { host: 'Web1.example.com', port: 22 }, key(1)));
  t.true((await recordHostKey(file, { host: 'web1.example.com', port: 2222 }, key(1))) === false);
  t.true(await recordHostKey(file, { host: 'web2.example.com', port: 2222 }, key(2)));
  t.false(await recordHostKey(file, { host: 'web1.example.com', port: 22 }, key(1)));
  t.is(readFileSync(file, 'utf8'), line('web1.example.com', 1) + line('[web2.example.com]:2222', 2));
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(statSync(join(folder, 'new')).mode & 0o777, 0o700);
  t.deepEqual(readdirSync(join(folder, 'new')), ['known_hosts']);
});

test('what stands in a file stays, also a last line without a line feed, CRLF and mode', async (t) => {
  const file = join(folder, 'old');
  const before = '# mine\r\nweb1 ssh-rsa broken\r\n@cert-authority *.x ssh-ed25519 AAAA\nother ssh-ed25519 AAAA';
  writeFileSync(file, before, { mode: 0o644 });
  t.true(await recordHostKey(file, { host: 'web1', port: 22 }, key(1)));
  t.is(readFileSync(file, 'utf8'), `${before}\n${line('web1', 1)}`);
  t.is(statSync(file).mode & 0o777, 0o644);
});

test('a file that says otherwise is left alone', async (t) => {
  const file = join(folder, 'other');
  writeFileSync(file, line('web1', 1));
  const error = await t.throwsAsync(recordHostKey(file, { host: 'web1', port: 22 }, key(2)), {
    instanceOf: TaskError,
    message: /has another key for web1 port 22 \(.*other:1\)/,
  });
  t.regex(error?.hint ?? '', /ssh-keygen -R 'web1' -f .*other/);
  writeFileSync(file, `@revoked ${line('*', 3)}`);
  await t.throwsAsync(recordHostKey(file, { host: 'web1', port: 22 }, key(3)), {
    instanceOf: TaskError,
    message: /this key of web1 port 22 as revoked/,
  });
  t.is(readFileSync(file, 'utf8'), `@revoked ${line('*', 3)}`);
});

test('a file that cannot be written says so', async (t) => {
  mkdirSync(join(folder, 'directory'));
  await t.throwsAsync(recordHostKey(join(folder, 'directory'), { host: 'web1', port: 22 }, key(1)), {
    instanceOf: TaskError,
    message: /cannot be recorded in .*directory: EISDIR/,
  });
  writeFileSync(join(folder, 'file'), '');
  await t.throwsAsync(recordHostKey(join(folder, 'file', 'known_hosts'), { host: 'web1', port: 22 }, key(1)), {
    instanceOf: TaskError,
    message: /ENOTDIR|EEXIST/,
  });
});

test('many at once lose no line, and a lock that somebody left is taken over', async (t) => {
  const file = join(folder, 'many');
  writeFileSync(`${file}.lock`, '');
  utimesSync(`${file}.lock`, 1, 1);
  const added = await Promise.all(
    Array.from({ length: 40 }, (_, index) => recordHostKey(file, { host: `web${index % 20}`, port: 22 }, key(index % 20))),
  );
  t.is(added.filter(Boolean).length, 20);
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1).sort();
  t.deepEqual(lines, Array.from({ length: 20 }, (_, index) => line(`web${index}`, index).trim()).sort());
  t.false(existsSync(`${file}.lock`));
});

test('of many that find the same lock left over, one at a time writes', async (t) => {
  for (let round = 0; round < 40; round += 1) {
    const file = join(folder, `left-${round}`);
    writeFileSync(`${file}.lock`, '');
    utimesSync(`${file}.lock`, 1, 1);
    const added = await Promise.all(Array.from({ length: 12 }, () => recordHostKey(file, { host: 'web1', port: 22 }, key(1))));
    t.is(added.filter(Boolean).length, 1);
    t.is(readFileSync(file, 'utf8'), line('web1', 1));
  }
  t.deepEqual(
    readdirSync(folder).filter((name) => name.includes('.lock')),
    [],
  );
});

(why === undefined ? test : test.skip)('a host is asked for its key without a login; recorded, it is trusted', async (t) => {
  t.timeout(60_000);
  const sshd = await startSshd();
  try {
    const file = join(folder, 'asked');
    const settings = sshd.settings({ knownHostsFiles: [file] });
    await t.throwsAsync(connect(settings), { instanceOf: UnreachableError, message: /is not known/ });
    const { identityFile: _, ...without } = settings;
    const shown = await askHostKey(without);
    const right = Buffer.from(publicKey(join(sshd.folder, 'host_ed25519.pub')).split(' ')[1] ?? '', 'base64');
    t.deepEqual([shown.type, shown.fingerprint, shown.verdict.verdict], ['ssh-ed25519', fingerprint(right), 'unknown']);
    t.true(await recordHostKey(file, settings, shown.key));
    const connection = await connect(settings);
    await connection.close();
    t.is((await askHostKey(without)).verdict.verdict, 'trusted');
    // Through a bastion, which is on record by now.
    t.is((await askHostKey({ ...settings, proxyJump: `nopass@127.0.0.1:${sshd.port}` })).fingerprint, fingerprint(right));
    writeFileSync(file, line(`[127.0.0.1]:${sshd.port}`, 1));
    t.is((await askHostKey(without)).verdict.verdict, 'changed');
  } finally {
    sshd.stop();
  }
});
