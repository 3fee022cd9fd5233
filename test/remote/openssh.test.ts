// What the system's OpenSSH is there for, what it leaves behind, and how ssh2 says that it wants it.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { offerPassword } from '../../src/remote/askpass.ts';
import { configured } from '../../src/remote/configured.ts';
import { createConnect } from '../../src/remote/connect.ts';
import { masterWords } from '../../src/remote/openssh-words.ts';
import type { ConnectionSettings } from '../../src/remote/session.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import { fakeServer } from './server.ts';
import { keygen, publicKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts';
import { until } from './wait.ts';

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: OpenSSH as a transport: ${why}`);
const real = why === undefined ? test.serial : test.serial.skip;

async function outputOf(settings: ConnectionSettings, script: string): Promise<string | undefined> {
  const connection = await createConnect()(settings);
  try {
    return (await (await connection.session()).run([{ script }]))[0]?.stdout;
  } finally {
    await connection.close();
  }
}

async function withSshd(extra: readonly string[], work: (host: Sshd) => Promise<void>): Promise<void> {
  const host = await startSshd({ extra });
  try {
    await work(host);
  } finally {
    host.stop();
  }
}

real('a key exchange that withstands quantum computers: OpenSSH does it, and ssh2 names OpenSSH', (t) =>
  withSshd(['KexAlgorithms sntrup761x25519-sha512@openssh.com'], async (host) => {
    t.is(await outputOf(host.settings({ sshTransport: 'openssh' }), 'echo in'), 'in\n');
    const error = await t.throwsAsync(outputOf(host.settings(), 'true'), { instanceOf: UnreachableError, message: /no common way to encrypt/ });
    t.regex(error?.hint ?? '', /ssh_transport: openssh/);
  }),
);

real('a certificate of a user: OpenSSH logs in with it, and ssh2 names OpenSSH', async (t) => {
  const certified = await startSshd({ extra: [] });
  const at = (name: string): string => join(certified.folder, name);
  try {
    keygen(at('ca'), 'ed25519');
    execFileSync('ssh-keygen', ['-q', '-s', at('ca'), '-I', 'me', '-n', 'root', at('other.pub')]);
    writeFileSync(at('authorized_keys'), `cert-authority ${publicKey(at('ca.pub'))}\n`);
    const settings = certified.settings({ identityFile: at('other') });
    t.is(await outputOf({ ...settings, sshTransport: 'openssh' }, 'echo in'), 'in\n');
    await t.throwsAsync(outputOf(settings, 'true'), {
      instanceOf: UnreachableError,
      message: /does not let root in: .*other-cert\.pub is not used: certificates take ssh_transport: openssh/,
    });
  } finally {
    certified.stop();
  }
});

real('a certificate of a host: OpenSSH trusts its authority, and ssh2 names OpenSSH', async (t) => {
  const host = await startSshd();
  const at = (name: string): string => join(host.folder, name);
  try {
    keygen(at('ca'), 'ed25519');
    execFileSync('ssh-keygen', ['-q', '-s', at('ca'), '-I', 'host', '-h', '-n', '127.0.0.1', at('host_ed25519.pub')]);
    writeFileSync(at('sshd_config'), `${readFileSync(at('sshd_config'), 'utf8')}HostCertificate ${at('host_ed25519-cert.pub')}\n`);
    process.kill(host.pid, 'SIGHUP');
    writeFileSync(at('known_hosts'), `@cert-authority [127.0.0.1]:* ${publicKey(at('ca.pub'))}\n`);
    const isIn = (): Promise<boolean> =>
      outputOf(host.settings({ sshTransport: 'openssh' }), 'echo in').then(
        (text) => text === 'in\n',
        () => false,
      );
    t.true(await until('the host has its certificate', isIn));
    await t.throwsAsync(outputOf(host.settings(), 'true'), { instanceOf: UnreachableError, message: /is not known: .*take ssh_transport: openssh/ });
  } finally {
    host.stop();
  }
});

real('a hardware key is named in the error, with the transport that takes it', (t) =>
  withSshd([], async (host) => {
    // A private key of that type, as ssh-keygen writes one; no hardware is needed to see what it is.
    const file = join(host.folder, 'id_sk');
    const text = (...parts: readonly (string | Buffer)[]): Buffer =>
      Buffer.concat(
        parts.flatMap((part) => {
          const bytes = Buffer.from(part);
          const length = Buffer.alloc(4);
          length.writeUInt32BE(bytes.length);
          return [length, bytes];
        }),
      );
    const half = text('sk-ssh-ed25519@openssh.com', Buffer.alloc(32, 7), 'ssh:');
    const secret = Buffer.concat([Buffer.alloc(8, 1), half, Buffer.from([1]), text(Buffer.alloc(16, 9), '', 'me')]);
    const padded = Buffer.concat([secret, Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1))]);
    const all = Buffer.concat([Buffer.from('openssh-key-v1\0'), text('none', 'none', ''), Buffer.from([0, 0, 0, 1]), text(half, padded)]);
    writeFileSync(
      file,
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${all.toString('base64').replaceAll(/.{70}/g, '$&\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
      { mode: 0o600 },
    );
    const error = await t.throwsAsync(outputOf(host.settings({ identityFile: file }), 'true'), {
      instanceOf: UnreachableError,
      message: /sk-ssh-ed25519/,
    });
    t.regex(error?.hint ?? '', /ssh_transport: openssh/);
  }),
);

test('a host that takes Kerberos, alone or beside keys and passwords: ssh2 names OpenSSH', async (t) => {
  for (const [ways, says] of [
    [['gssapi-with-mic'], /The host takes gssapi-with-mic only: .* ssh_transport: openssh/],
    [['gssapi-keyex', 'hostbased'], /The host takes gssapi-keyex, hostbased only: .* ssh_transport: openssh/],
    [['publickey', 'gssapi-with-mic'], /The host takes Kerberos too .* ssh_transport: openssh/],
  ] as const) {
    const server = await fakeServer({ authenticate: (context) => context.reject([...ways] as 'hostbased'[]) });
    const error = await t.throwsAsync(outputOf(server.settings, 'true'), { instanceOf: UnreachableError, message: /does not let root in/ });
    t.regex(error?.hint ?? '', says);
    t.is(server.logins(), 1);
    await server.close();
  }
});

real('a host that takes certificates alone: ssh2 names OpenSSH', (t) =>
  withSshd([`PubkeyAcceptedAlgorithms *-cert-v01@openssh.com`], async (host) => {
    const error = await t.throwsAsync(outputOf(host.settings(), 'true'), { instanceOf: UnreachableError, message: /does not let root in/ });
    t.regex(error?.hint ?? '', /certificates or hardware keys \(FIDO\) are taken: ssh_transport: openssh/);
  }),
);

real('ProxyCommand of the ssh configuration is used', (t) =>
  withSshd([], async (host) => {
    const log = join(host.folder, 'log');
    const file = join(host.folder, 'config');
    writeFileSync(file, `Host web1\n  HostName nowhere.invalid\n  ProxyCommand sh -c 'echo %h >>${log}; exec busybox nc 127.0.0.1 ${host.port}'\n`);
    const wish = { file, unsaid: ['proxyJump' as const] };
    const settings = host.settings({ host: 'web1', hostKeyAlias: `[127.0.0.1]:${host.port}`, sshTransport: 'openssh', sshConfig: wish });
    t.is(await outputOf(settings, 'echo in'), 'in\n');
    t.is(readFileSync(log, 'utf8'), 'nowhere.invalid\n');
    // The inventory's word on the way counts more.
    await t.throwsAsync(outputOf({ ...settings, proxyJump: 'none', sshConfig: { file, unsaid: [] } }, 'true'), { instanceOf: UnreachableError });
  }),
);

const loose = `
IgnoreUnknown GSSAPIKeyExchange
Host web1
  GSSAPIKeyExchange yes
  KnownHostsCommand /bin/true
  CheckHostIP yes
  StrictHostKeyChecking no
  VerifyHostKeyDNS yes
  UpdateHostKeys yes
Match user bob
  KnownHostsCommand /bin/false
`;

real('no configuration of ssh has anybody but known_hosts files and the inventory judge a host', (t) =>
  withSshd([], async (host) => {
    const file = join(host.folder, 'config');
    writeFileSync(file, loose);
    const wish = { file, unsaid: [] };
    for (const pins of [undefined, { script: '/pins', algorithms: ['ssh-ed25519'] }])
      for (const name of ['web1', 'web2']) {
        const settings = await configured(host.settings({ host: name, user: 'bob', sshTransport: 'openssh', sshConfig: wish }));
        const said = execFileSync('ssh', ['-G', ...masterWords(settings, '/s', undefined, pins)], { encoding: 'utf8' }).split('\n');
        t.deepEqual(
          said.filter((line) => /^(gssapikeyexchange yes|knownhostscommand (?!\/bin\/sh .*pins)|checkhostip yes)/.test(line)),
          [],
        );
        t.deepEqual(said.filter((line) => /^(stricthostkeychecking|verifyhostkeydns|updatehostkeys) /.test(line)).sort(), [
          'stricthostkeychecking true',
          'updatehostkeys false',
          'verifyhostkeydns false',
        ]);
        t.is(
          said.some((line) => line.startsWith('knownhostscommand /bin/sh "/pins"')),
          pins !== undefined,
        );
      }
  }),
);

real('a program of the ssh configuration makes no host known', (t) =>
  withSshd([], async (host) => {
    const file = join(host.folder, 'config');
    writeFileSync(file, `Host *\n  KnownHostsCommand /bin/cat ${join(host.folder, 'known_hosts')}\n`);
    const none = join(host.folder, 'none');
    const settings = host.settings({ knownHostsFiles: [none], sshTransport: 'openssh', sshConfig: { file, unsaid: [] } });
    await t.throwsAsync(outputOf(settings, 'true'), { instanceOf: UnreachableError, message: /the host key of .* is not known/ });
  }),
);

// Of its own, so that what is left in it was left by these tests.
const temporary = mkdtempSync(join(tmpdir(), 'homerun-own-'));
chmodSync(temporary, 0o755);
process.env['TMPDIR'] = temporary;
test.after.always(() => rmSync(temporary, { recursive: true, force: true }));

const folders = (): readonly string[] => readdirSync(tmpdir()).filter((name) => /^homerun-\w{6}$/.test(name));

real('the control socket is in a folder that only its owner may enter, and a killed homerun leaves neither it nor ssh behind', (t) =>
  withSshd([], async (host) => {
    t.timeout(60_000);
    const program = fileURLToPath(new URL('hold.js', import.meta.url));
    const settings = JSON.stringify(host.settings({ sshTransport: 'openssh' }));
    // Not who is logged in to other test hosts of this machine.
    const loggedIn = (): string => host.inside(`pgrep -fc -P ${host.pid} "sshd: root" || true`);
    const child: ChildProcess = spawn(process.execPath, [program, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const [folder = ''] = folders();
    t.is(statSync(join(tmpdir(), folder)).mode & 0o777, 0o700);
    t.is(statSync(join(tmpdir(), folder, 's')).mode & 0o777, 0o600);
    t.true(loggedIn() !== '0\n');
    child.kill('SIGKILL');
    await until('the folder is gone', () => !existsSync(join(tmpdir(), folder)));
    await until('nobody is logged in', () => loggedIn() === '0\n');
    t.pass();
  }),
);

test('the one answer of the password is left for a question for it', async (t) => {
  const folder = mkdtempSync(join(temporary, 'asked-'));
  const waiting = await offerPassword(folder, new Secret('horse'));
  const ask = (question: string, prompt = ''): unknown => {
    const { status, stdout } = spawnSync(join(folder, 'askpass'), [question], { env: { ...process.env, SSH_ASKPASS_PROMPT: prompt } });
    return [status, stdout.toString()];
  };
  for (const question of [
    "Enter passphrase for key '/k': ",
    'Enter PIN for ED25519-SK key /k: ',
    'Enter PIN and confirm user presence for ED25519-SK key /k: ',
  ])
    t.deepEqual(ask(question), [1, ''], question);
  t.deepEqual(ask('Confirm user presence for key ED25519-SK', 'none'), [0, '']);
  t.deepEqual(ask('Add key /k to agent?', 'confirm'), [1, '']);
  t.deepEqual(ask("root@web1's password: "), [0, 'horse\n']);
  await waiting.forget();
});

test('what is given to ssh counts more than any configuration, and no word can become an option', (t) => {
  const settings: ConnectionSettings = {
    name: 'web1',
    transport: 'ssh',
    host: '192.0.2.1',
    port: 2222,
    user: '-oProxyCommand=id',
    knownHostsFiles: ['/a "b"\\c/100%', '/d'],
    connectTimeoutSeconds: 9,
  };
  const words = masterWords(settings, '/tmp/x/s', undefined);
  const options = words.flatMap((word, index) => (words[index - 1] === '-o' ? [word] : []));
  for (const option of [
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'VerifyHostKeyDNS=no',
    'NoHostAuthenticationForLocalhost=no',
    'GlobalKnownHostsFile=/dev/null',
    'UserKnownHostsFile="/a \\"b\\"\\\\c/100%%" "/d"',
    'BatchMode=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'ControlPersist=no',
    'ControlPath="/tmp/x/s"',
    'IdentityAgent=none',
  ])
    t.true(options.includes(option), option);
  t.deepEqual(words.slice(0, 2), ['-F', 'none']);
  t.is(words[words.indexOf('-l') + 1], '-oProxyCommand=id');
  t.deepEqual(words.slice(-2), ['--', '192.0.2.1']);
  for (const file of ['/a\nb', '/${HOME}'])
    t.throws(() => masterWords({ ...settings, knownHostsFiles: [file] }, '/s', undefined), { instanceOf: UnreachableError });
  t.true(
    masterWords(settings, '/s', "/tmp/it's %h/s").some((word) =>
      word.startsWith("ProxyCommand=ssh -F none -o 'ControlMaster=no' -o 'ControlPath=\"/tmp/it'\\''s %%%%h/s\"'"),
    ),
  );
});
