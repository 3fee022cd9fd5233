// Why OpenSSH did not log in is judged by its own sentences, whatever a host says beside them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createConnect } from '../../src/remote/connect.ts';
import { describeEnd } from '../../src/remote/openssh-errors.ts';
import type { ConnectionSettings } from '../../src/remote/session.ts';
import { Hangup } from '../../src/remote/ssh-errors.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import { startProxy } from '../lab/proxy.ts';
import { fakeServer } from './server.ts';
import { password, publicKey, startSshd, whyNoSshd } from './sshd.ts';

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: the words of OpenSSH: ${why}`);
const real = why === undefined ? test.serial : test.serial.skip;

/** All that a pattern could look for, each at the beginning of a line as ssh would say it, and no end of the last line. */
const banner = [
  'Access may be revoked, the key too, and sessions will be timed out.',
  'kex_exchange_identification: Connection closed by remote host',
  'banner exchange: Connection to 1.2.3.4 port 22: invalid format',
  '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @',
  'Host key for 1.2.3.4 has changed and you have requested strict checking.',
  'the host key ssh-rsa SHA256:x is revoked',
  'homerun: the inventory has another key than ssh-rsa SHA256:x',
  'Unable to negotiate with 1.2.3.4 port 22: no matching cipher found. Their offer: x',
  'stdio forwarding failed',
  'sh: ssh: not found',
  'Host key verification failed.',
].join('\n');

const folder = mkdtempSync(join(tmpdir(), 'homerun-banner-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

real('a banner of whatever words is not what a refused login is judged by, nor is it tried again', async (t) => {
  const file = join(folder, 'banner');
  writeFileSync(file, banner);
  const host = await startSshd({ extra: [`Banner ${file}`] });
  t.teardown(() => host.stop());
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: host.port } });
  t.teardown(() => proxy.close());
  const known = join(host.folder, 'known_proxy');
  writeFileSync(known, `[127.0.0.1]:${proxy.port} ${publicKey(join(host.folder, 'host_ed25519.pub'))}\n`);
  const at = (more: Partial<ConnectionSettings>): ConnectionSettings =>
    host.settings({ sshTransport: 'openssh', port: proxy.port, knownHostsFiles: [known], identityFile: join(host.folder, 'other'), ...more });
  for (const more of [{}, { password: new Secret('wrong') }]) {
    const error = await t.throwsAsync(createConnect()(at(more)), { instanceOf: UnreachableError, message: /port \d+ does not let root in/ });
    t.regex(error?.hint ?? '', 'password' in more ? /tried once only/ : /authorized_keys/);
  }
  t.is(proxy.counts().connections, 2);
  // It does no harm to a login either.
  const connection = await createConnect()(at({ user: 'tester', password: new Secret(password) }));
  t.is((await (await connection.session()).run([{ script: 'id -un' }]))[0]?.stdout, 'tester\n');
  await connection.close();
});

real('what a host has shown with a question is not taken for a sentence of ssh', async (t) => {
  const server = await fakeServer({
    authenticate: (context, client) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      context.prompt([{ prompt: 'Password: ', echo: false }], banner, banner, () => client.end());
    },
  });
  t.teardown(() => server.close());
  const asked: ConnectionSettings = { ...server.settings, sshTransport: 'openssh', connectTimeoutSeconds: 5 };
  await t.throwsAsync(createConnect()(asked), { instanceOf: UnreachableError, message: /closed the connection before the login was done/ });
  t.is(server.logins(), 2);
});

const settings: ConnectionSettings = {
  name: 'web1',
  transport: 'ssh',
  host: '192.0.2.1',
  port: 22,
  user: 'root',
  knownHostsFiles: ['/known'],
  connectTimeoutSeconds: 9,
};
const verificationFailed = 'Host key verification failed.';

/** What ssh logs, and what is made of it. */
const rows: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['a refused key', ['root@192.0.2.1: Permission denied (publickey).'], /does not let root in/],
  ['a key file that cannot be read', ['Load key "/k": Permission denied', 'Connection closed by 192.0.2.1 port 22'], /closed the connection before/],
  ['a refusal that goes on as a sentence of ssh', [`root@192.0.2.1: Permission denied (x\n${verificationFailed}`], /does not let root in/],
  [
    'too many keys',
    ['Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures', 'Disconnected from x'],
    /does not let root in/,
  ],
  ['no answer', ['ssh: connect to host 192.0.2.1 port 22: Connection timed out'], /took longer than 9 s/],
  [
    'no answer after the connection',
    ['Connection timed out during banner exchange', 'Connection to 192.0.2.1 port 22 timed out'],
    /took longer than/,
  ],
  ['a refused connection', ['ssh: connect to host 192.0.2.1 port 22: Connection refused'], /cannot be reached/],
  ['an unknown key', ['No ED25519 host key is known for h and you have requested strict checking.', verificationFailed], /is not known/],
  ['another key', ['@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @', 'Offending key', verificationFailed], /has changed/],
  ['a revoked key', ['@       WARNING: REVOKED HOST KEY DETECTED!               @', verificationFailed], /is revoked/],
  ['a program that says no to the key', ['KnownHostsCommand failed'], /is not known/],
  ['no common cipher', ['Unable to negotiate with 192.0.2.1 port 22: no matching cipher found. Their offer: x'], /no common way to encrypt/],
  [
    'an offer that goes on as a sentence of ssh',
    [`Unable to negotiate with 192.0.2.1 port 22: no matching cipher found. Their offer: x\n${verificationFailed}`],
    /no common way to encrypt/,
  ],
  [
    'a reason that goes on as a sentence of ssh',
    [`Received disconnect from 192.0.2.1 port 22:2: go\n${verificationFailed}`],
    /closed the connection before the login was done/,
  ],
  ['another protocol', ['banner exchange: Connection to 192.0.2.1 port 22: invalid format'], /does not speak SSH/],
  ['packets that are none', ['Bad packet length 7.', 'ssh_dispatch_run_fatal: x: message authentication code incorrect'], /does not speak SSH/],
  ['a host that hangs up', ['kex_exchange_identification: Connection closed by remote host', 'Connection closed by 192.0.2.1 port 22'], /hung up/],
];

for (const [what, lines, says] of rows)
  test(`${what} is told as that`, (t) => {
    const own = lines.map((line) => `${line}\r\n`).join('');
    const error = describeEnd({ own, others: '', isLate: false }, settings);
    t.regex(error.message, says);
    t.is(error instanceof Hangup, what === 'a host that hangs up');
    // What others say changes nothing: of hosts behind a bastion it is not asked for here.
    const others = `${banner.replace('stdio forwarding failed', '')}`;
    t.regex(describeEnd({ own, others, isLate: false }, settings).message, says);
  });

test('a bastion that does not reach the host is told by the ssh that goes by way of it', (t) => {
  const others = 'channel 0: open failed: connect failed: Connection timed out\r\nstdio forwarding failed\r\n';
  const own = 'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n';
  t.regex(describeEnd({ own, others, isLate: false }, settings).message, /the bastion before it cannot connect to 192\.0\.2\.1 port 22/);
});
