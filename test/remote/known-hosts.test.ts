import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { entriesFor, fingerprint, hostKeyAlgorithms, judge, type KnownHosts, parseKnownHosts } from '../../src/remote/known-hosts.ts';
import { sshGoesOnReally, whyNoSsh } from './ssh-client.ts';
import { keygen, publicKey, startSshd, whyNoSshd } from './sshd.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-known-hosts-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const hasOpenSsh = existsSync('/usr/bin/ssh-keygen') && existsSync('/usr/bin/ssh');
const check = hasOpenSsh ? test : test.skip;
if (!hasOpenSsh) console.log('skipped: comparing with OpenSSH, which is missing (apt-get install openssh-client)');

interface Key {
  readonly text: string;
  readonly blob: Buffer;
}

function makeKey(name: string, type: string): Key {
  const path = join(folder, name);
  keygen(path, type);
  const text = publicKey(`${path}.pub`);
  return { text, blob: Buffer.from(text.split(' ')[1] ?? '', 'base64') };
}

const keys = hasOpenSsh ? { K: makeKey('k', 'ed25519'), O: makeKey('o', 'ed25519'), R: makeKey('r', 'rsa') } : undefined;

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

function fill(text: string, shown: { readonly [name in 'K' | 'O' | 'R']: Key }): string {
  return text.replaceAll(/<([KOR])>/g, (_, name: 'K' | 'O' | 'R') => shown[name].text);
}

function known(text: string): KnownHosts {
  return keys ? parseKnownHosts(fill(text, keys), 'known_hosts') : { entries: [], warnings: [] };
}

// What a file says of web1.example.com, port 22, when it shows <K>. `ssh`: whether ssh -o StrictHostKeyChecking=yes goes on.
const table: readonly (readonly [text: string, verdict: 'trusted' | 'unknown' | 'changed' | 'revoked'])[] = [
  ['', 'unknown'],
  ['# web1.example.com <K>\n', 'unknown'],
  ['web1.example.com <K>\n', 'trusted'],
  ['web1.example.com <K>', 'trusted'],
  ['web1.example.com <K>\r\n', 'trusted'],
  ['   web1.example.com \t <K> a comment\n', 'trusted'],
  ['WEB1.Example.COM <K>\n', 'trusted'],
  ['web1.example.com <O>\n', 'changed'],
  ['web1.example.com <R>\n', 'changed'],
  ['web1.example.com <O>\nweb1.example.com <K>\n', 'trusted'],
  ['web1.example.com <R>\nweb1.example.com <K>\n', 'trusted'],
  ['other.example.com <K>\n', 'unknown'],
  ['web1.example.com.evil.org <K>\n', 'unknown'],
  ['example.com <K>\n', 'unknown'],
  ['a,web1.example.com,b <K>\n', 'trusted'],
  ['a, web1.example.com <K>\n', 'unknown'],
  ['*.example.com <K>\n', 'trusted'],
  ['*example.com <K>\n', 'trusted'],
  ['* <K>\n', 'trusted'],
  ['web?.example.com <K>\n', 'trusted'],
  ['web??.example.com <K>\n', 'unknown'],
  ['web1*.example.com <K>\n', 'trusted'],
  ['w*b*m <K>\n', 'trusted'],
  ['w*b*n <K>\n', 'unknown'],
  ['*.example.com,!web1.example.com <K>\n', 'unknown'],
  ['!web1.example.com,*.example.com <K>\n', 'unknown'],
  ['!web2.example.com,*.example.com <K>\n', 'trusted'],
  ['!web2.example.com <K>\n', 'unknown'],
  ['!*.example.com,* <K>\nweb1.example.com <K>\n', 'trusted'],
  ['[web1.example.com]:22 <K>\n', 'unknown'],
  ['[web1.example.com]:2222 <K>\n', 'unknown'],
  [`${hashed('web1.example.com')} <K>\n`, 'trusted'],
  [`${hashed('web1.example.com')} <O>\n`, 'changed'],
  [`${hashed('web2.example.com')} <K>\n`, 'unknown'],
  ['|1|broken <K>\nweb1.example.com <K>\n', 'trusted'],
  ['|2|AAAA|BBBB <K>\n', 'unknown'],
  ['@revoked * <K>\n', 'revoked'],
  ['@revoked web1.example.com <K>\nweb1.example.com <K>\n', 'revoked'],
  ['web1.example.com <K>\n@revoked * <K>\n', 'revoked'],
  ['@revoked web1.example.com <O>\nweb1.example.com <K>\n', 'trusted'],
  ['@revoked web1.example.com <O>\n', 'unknown'],
  ['@revoked other.example.com <K>\nweb1.example.com <K>\n', 'trusted'],
  ['@cert-authority * <K>\n', 'unknown'],
  ['@cert-authority *.example.com <O>\nweb1.example.com <K>\n', 'trusted'],
  ['@cert-authority web1.example.com <O>\nweb1.example.com <O>\n', 'changed'],
  ['@unheard-of web1.example.com <K>\n', 'unknown'],
  ['web1.example.com ssh-ed25519 %%%\nweb1.example.com <K>\n', 'trusted'],
  ['web1.example.com ssh-ed25519\n', 'unknown'],
  ['web1.example.com\n', 'unknown'],
  ['garbage\0\u0001\nweb1.example.com <K>\n', 'trusted'],
  ['web1.example.com\0 <K>\n', 'trusted'],
  ['@revoked web1.example.com\0<K>\nweb1.example.com <K>\n', 'revoked'],
  ['web1.example.com \0<K>\n', 'unknown'],
  ['\u00ef\u00bb\u00bfweb1.example.com <K>\n', 'unknown'],
  ['\u00a0web1.example.com <K>\n', 'unknown'],
  ['web1.example.com ssh-ed25519 <K>\n', 'unknown'],
  ['@revoked @cert-authority web1.example.com <K>\n', 'unknown'],
  [`${'x'.repeat(1022)},web1.example.com <K>\n`, 'trusted'],
  [`web1.example.com,${'x'.repeat(1023)} <K>\n`, 'unknown'],
  [`${hashed('web1.example.com')},web2 <K>\n`, 'unknown'],
  [`${hashed('web1.example.com').replace(/=$/, '')} <K>\n`, 'unknown'],
];

for (const [index, [text, verdict]] of table.entries()) {
  const shown = JSON.stringify(text.replace(/\|1\|[^ ]*/, '|1|…').replace(/x{99,}/, 'x…'));
  check(`row ${index}: a known_hosts file of ${shown} makes the key ${verdict}`, (t) => {
    if (!keys) throw new Error('no keys');
    t.is(judge(known(text), { host: 'web1.example.com', port: 22 }, keys.K.blob).verdict, verdict);
  });
}

check('a key for another port is looked for in brackets, then, if there is none, under the bare name', (t) => {
  if (!keys) throw new Error('no keys');
  const { K } = keys;
  const verdict = (text: string): string => judge(known(text), { host: 'h', port: 2222 }, K.blob).verdict;
  t.is(verdict('[h]:2222 <K>\n'), 'trusted');
  t.is(verdict(`${hashed('[h]:2222')} <K>\n`), 'trusted');
  t.is(verdict('[h]:2223 <K>\n'), 'unknown');
  t.is(verdict('h <K>\n'), 'trusted');
  t.is(verdict('h <O>\n'), 'unknown');
  t.is(verdict('h <K>\n[h]:2222 <O>\n'), 'changed');
  t.is(verdict('@revoked h <K>\n[h]:2222 <K>\n'), 'revoked');
});

check('only algorithms of the keys on record are offered, all of them to a host that is not', (t) => {
  t.deepEqual(hostKeyAlgorithms(known('h <R>\n'), { host: 'h', port: 22 }), ['rsa-sha2-512', 'rsa-sha2-256']);
  t.deepEqual(hostKeyAlgorithms(known('h <R>\nh <K>\n'), { host: 'h', port: 22 }), ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']);
  t.is(hostKeyAlgorithms(known('h <R>\n'), { host: 'h', port: 2222 }).length, 6);
  t.deepEqual(hostKeyAlgorithms(known('a <R>\n'), { host: 'h', port: 2222, hostKeyAlias: 'A' }), ['rsa-sha2-512', 'rsa-sha2-256']);
  t.deepEqual(hostKeyAlgorithms(known('h <K>\nh <R>\n@revoked * <K>\n'), { host: 'h', port: 22 }), ['rsa-sha2-512', 'rsa-sha2-256']);
  t.is(hostKeyAlgorithms(known('@revoked * <K>\n'), { host: 'h', port: 22 }).length, 6);
  t.false(hostKeyAlgorithms(known(''), { host: 'h', port: 22 }).some((algorithm: string) => algorithm === 'ssh-rsa' || algorithm === 'ssh-dss'));
});

check('a line that is not understood is named with its place, and the others count', (t) => {
  if (!keys) throw new Error('no keys');
  const { entries, warnings } = known('h ssh-rsa AAAAC3NzaC1lZDI1NTE5\n\nh <K>\n@foo h <K>\nh nothing\n');
  t.deepEqual(
    entries.map((entry) => entry.line),
    [3],
  );
  t.deepEqual(warnings, [
    'known_hosts:1: the key is not one of type ssh-rsa',
    'known_hosts:4: the marker @foo is not known',
    'known_hosts:5: expected host names, a key type and a key',
  ]);
});

check('fingerprints are those of ssh-keygen', (t) => {
  if (!keys) throw new Error('no keys');
  t.true(execFileSync('ssh-keygen', ['-lf', join(folder, 'k.pub')], { encoding: 'utf8' }).includes(fingerprint(keys.K.blob)));
});

check('the lines that apply to a host are those that ssh-keygen -F finds', (t) => {
  const names = ['web1.example.com', 'web2.example.com', '[web1.example.com]:2222', 'h'];
  for (const [index, [text]] of table.entries()) {
    if (!keys) throw new Error('no keys');
    const file = join(folder, `find-${index}`);
    writeFileSync(file, fill(text, keys));
    for (const name of names) {
      const { entries, warnings } = parseKnownHosts(readFileSync(file, 'utf8'), file);
      const ours = entriesFor({ entries, warnings }, name).map((entry) => entry.line);
      // ssh-keygen -F shows a line whatever its key; ssh(1) and we pass over one whose key cannot be read.
      const theirs = linesFound(name, file).filter((line) => !warnings.some((warning) => warning.startsWith(`${file}:${line}:`)));
      t.deepEqual(ours, theirs, `${name} in ${JSON.stringify(text)}`);
    }
  }
});

function linesFound(name: string, file: string): number[] {
  try {
    const found = execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...found.matchAll(/^# Host .* found: line (\d+)/gm)].map((match) => Number(match[1]));
  } catch {
    return [];
  }
}

const why = whyNoSshd() ?? whyNoSsh();
if (why !== undefined) console.log(`skipped: comparing verdicts with ssh(1): ${why}`);

(why === undefined ? test : test.skip)('ssh(1) goes on exactly where the verdict is trusted', async (t) => {
  t.timeout(120_000);
  const sshd = await startSshd();
  try {
    const server = {
      K: { text: publicKey(join(sshd.folder, 'host_ed25519.pub')), blob: Buffer.alloc(0) },
      O: { text: publicKey(join(sshd.folder, 'other.pub')), blob: Buffer.alloc(0) },
      R: { text: publicKey(join(sshd.folder, 'host_rsa.pub')), blob: Buffer.alloc(0) },
    };
    const rows = [...table.entries()];
    const disagreements: string[] = [];
    const worker = async (): Promise<void> => {
      for (let row = rows.shift(); row; row = rows.shift()) {
        const [index, [text, verdict]] = row;
        const file = join(sshd.folder, `row-${index}`);
        writeFileSync(file, fill(text, server), 'latin1');
        const question = { owner: { host: 'web1.example.com', port: 22 }, files: [file], port: sshd.port, algorithms: 'ssh-ed25519' };
        if ((await sshGoesOnReally(question)) !== (verdict === 'trusted')) disagreements.push(`${verdict}: ${JSON.stringify(text)}`);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    t.deepEqual(disagreements, []);
  } finally {
    sshd.stop();
  }
});
