// What the user's ssh configuration says, asked of the real `ssh -G`, and what comes of it.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { configured } from '../../src/remote/configured.ts';
import { createConnect } from '../../src/remote/connect.ts';
import type { ConnectionSettings, Unsaid } from '../../src/remote/session.ts';
import { askSshConfig, hasWords, parseSshConfig } from '../../src/remote/ssh-config.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { whyNoSsh } from './ssh-client.ts';
import { publicKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts';
import { until } from './wait.ts';

const whyNot = whyNoSsh();
if (whyNot !== undefined) console.log(`skipped: what ssh -G says: ${whyNot}`);
// One after another: they write files that others include.
const check = whyNot === undefined ? test.serial : test.serial.skip;
const why = whyNoSshd() ?? whyNot;
const real = why === undefined ? test.serial : test.serial.skip;

const folder = mkdtempSync(join(tmpdir(), 'homerun-ssh-config-'));
let sshd: Sshd;
test.before(async () => {
  if (why === undefined) sshd = await startSshd();
});
test.after.always(() => {
  sshd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const everything: readonly Unsaid[] = ['port', 'user', 'identityFile', 'proxyJump', 'hostKeyAlias', 'knownHostsFiles', 'connectTimeoutSeconds'];
let files = 0;

/** A file of ssh_config(5). */
function configFile(text: string): string {
  files += 1;
  const file = join(folder, `config-${files}`);
  writeFileSync(file, text);
  return file;
}

/** Settings of a host called web1 of which the inventory says `said` and nothing else. */
function wishing(text: string, said: Partial<ConnectionSettings> = {}, file = configFile(text)): ConnectionSettings {
  return {
    name: 'web1',
    transport: 'ssh',
    host: 'web1',
    port: 22,
    user: userInfo().username,
    knownHostsFiles: ['/default'],
    connectTimeoutSeconds: 20,
    agentSocket: '/environment',
    ...said,
    sshConfig: { file, unsaid: everything.filter((name) => !(name in said)) },
  };
}

/** What this machine's ssh knows of what is switched off. */
async function offHere(): Promise<readonly string[]> {
  return (await askSshConfig({ host: 'any', file: configFile('') }))?.off ?? [];
}

const whole = `
Include ${folder}/part
Host web1
  HostName 192.0.2.7
  Port 2222
  IdentityFile ~/.ssh/for_%h_%r
  IdentityFile /keys/two
  IdentitiesOnly yes
  IdentityAgent /agents/%r
  HostKeyAlias www
  UserKnownHostsFile /known/%k "/known/with blank"
  GlobalKnownHostsFile /known/all
  ConnectTimeout 7
Match host 192.0.2.7 user bob
  Port 3333
`;

check('a host that says nothing of its own takes it from the ssh configuration: Host, Match, Include, tokens', async (t) => {
  writeFileSync(join(folder, 'part'), 'Host web*\n  User bob\n');
  t.deepEqual(await configured(wishing(whole)), {
    name: 'web1',
    transport: 'ssh',
    host: '192.0.2.7',
    port: 2222,
    user: 'bob',
    namedKeys: { files: [join(userInfo().homedir, '.ssh/for_192.0.2.7_bob'), '/keys/two'], only: true },
    agentSocket: '/agents/bob',
    hostKeyAlias: 'www',
    knownHostsFiles: ['/known/www', '/known/with blank', '/known/all'],
    connectTimeoutSeconds: 7,
    hops: [],
    openSsh: { name: 'web1', file: join(folder, `config-${files}`), off: await offHere() },
  });
});

check('what the inventory says counts more, and ssh is asked with it', async (t) => {
  writeFileSync(join(folder, 'part'), '');
  const said = {
    port: 22,
    user: 'alice',
    identityFile: '/mine',
    proxyJump: 'none',
    hostKeyAlias: 'own',
    knownHostsFiles: ['/mine/known'],
    connectTimeoutSeconds: 9,
  };
  const settings = await configured(wishing(`${whole}Match host * user alice\n  IdentityAgent /other\n`, said));
  t.like(settings, { ...said, host: '192.0.2.7', hops: [] });
  t.is(settings.namedKeys, undefined);
  t.is((await configured(wishing('Match user alice\n HostName a\nMatch user *\n HostName b\n', { user: 'alice' }))).host, 'a');
});

check('where the configuration says nothing of a host, it is as without one', async (t) => {
  const settings = wishing('Host other\n  Port 99\n');
  const { sshConfig: _, ...plain } = settings;
  const { openSsh: __, ...all } = await configured(settings);
  t.deepEqual(all, { ...plain, hops: [], namedKeys: { files: undefined, only: false } });
});

check('hosts on the way are asked for under their own names, with what is before them', async (t) => {
  const text = `
Host web1
  ProxyJump inner
Host inner
  HostName 10.0.0.2
  User in
  Port 2022
  ProxyJump me@outer:2200
  HostKeyAlias the-inner
Host outer
  HostName 192.0.2.1
  User nobody
  IdentityFile /keys/outer
  IdentityAgent none
`;
  const file = configFile(text);
  const { hops } = await configured(wishing('', {}, file));
  const own = { knownHostsFiles: ['/default'] };
  const off = await offHere();
  t.deepEqual(hops, [
    { ...own, user: 'me', host: '192.0.2.1', port: 2200, namedKeys: { files: ['/keys/outer'], only: false }, openSsh: { name: 'outer', file, off } },
    {
      ...own,
      user: 'in',
      host: '10.0.0.2',
      port: 2022,
      agentSocket: '/environment',
      hostKeyAlias: 'the-inner',
      openSsh: { name: 'inner', file, off },
    },
  ]);
  // Of the inventory, with a pin each; a user that nobody names is the host's.
  const pins = [`SHA256:${'a'.repeat(43)}`, `SHA256:${'b'.repeat(43)}`];
  const other = await configured(wishing('', { user: 'root', proxyJump: 'outer,plain:23', proxyJumpHostKeys: pins }, file));
  t.like(other.hops?.[0], { user: 'nobody', host: '192.0.2.1', port: 22, hostKeys: [pins[0] ?? ''] });
  t.like(other.hops?.[1], { user: 'root', host: 'plain', port: 23, hostKeys: [pins[1] ?? ''] });
  // The host before the first of them is none of the inventory's.
  const further = await configured(wishing('', { proxyJump: 'inner', proxyJumpHostKeys: ['the inner one'] }, file));
  t.deepEqual(
    further.hops?.map(({ host, hostKeys }) => [host, hostKeys]),
    [
      ['192.0.2.1', undefined],
      ['10.0.0.2', ['the inner one']],
    ],
  );
  const error = await t.throwsAsync(configured(wishing('Host web1\n  ProxyJump gate\nHost gate\n  ProxyJump web1\n')), {
    instanceOf: UnreachableError,
    message: /lead to each other/,
  });
  t.regex(error?.hint ?? '', /ssh -G/);
});

async function refused(t: ExecutionContext, settings: ConnectionSettings, message: RegExp, hint: RegExp): Promise<void> {
  const error = await t.throwsAsync(configured(settings), { instanceOf: UnreachableError });
  t.regex(error?.message ?? '', message);
  t.regex(error?.hint ?? '', hint);
  t.notRegex(`${error?.message} ${error?.hint}`, /\n/);
}

for (const [line, name] of [
  ['ProxyCommand nc %h %p', 'ProxyCommand'],
  ['RevokedHostKeys /revoked', 'RevokedHostKeys'],
  ['KnownHostsCommand /bin/true', 'KnownHostsCommand'],
  ['PKCS11Provider /lib/p11.so', 'PKCS11Provider'],
  ['BindAddress 192.0.2.3', 'BindAddress'],
  ['IdentityAgent $OTHER', 'IdentityAgent \\$OTHER'],
]) {
  check(`${line} is what ssh2 cannot do, and the error names the transport that can`, async (t) => {
    await refused(t, wishing(`Host web1\n  ${line}\n`), new RegExp(`the ssh configuration for web1 has ${name}, which`), /ssh_transport: openssh/);
    await t.notThrowsAsync(configured(wishing(`Host web1\n  ${line}\n`, { sshTransport: 'openssh' })));
    await t.notThrowsAsync(configured(wishing(`Host other\n  ${line}\n`)));
  });
}

check('a hop of the inventory settles ProxyCommand, and one that stands behind another does too', async (t) => {
  await t.notThrowsAsync(configured(wishing('Host web1\n  ProxyCommand nc %h %p\n', { proxyJump: 'other' })));
  await refused(t, wishing('Host other\n  ProxyCommand nc %h %p\n', { proxyJump: 'other' }), /configuration for other has ProxyCommand/, /openssh/);
  await t.notThrowsAsync(configured(wishing('Host other\n  ProxyCommand nc %h %p\n', { proxyJump: 'first,other' })));
});

check('a configuration that ssh does not understand is an error with what ssh says of it', async (t) => {
  await refused(t, wishing('Host web1\n  Bogus yes\n'), /cannot be read: .*config-\d+: line 2: Bad configuration option: bogus/, /ssh_config: FILE/);
  await refused(t, wishing('', {}, join(folder, 'nowhere')), /cannot be read: Can't open user config file .*nowhere/, /ssh_config: none/);
});

check('no shell reads the name of a host, and what could be an option is not asked for', async (t) => {
  const file = configFile('Host *\n  User x\n');
  for (const host of ['-oProxyCommand=x', 'a b', 'a;id', '$(id)']) {
    const { sshConfig: _, ...plain } = wishing('', { host }, file);
    t.deepEqual(await configured(wishing('', { host }, file)), plain);
  }
  t.is((await configured(wishing('', {}, file))).user, 'x');
});

test.serial('without an ssh on this machine all is as the inventory says', async (t) => {
  const path = process.env['PATH'];
  process.env['PATH'] = folder;
  try {
    const { sshConfig: _, ...plain } = wishing('Host *\n User x\n');
    t.deepEqual(await configured(wishing('Host *\n User x\n')), plain);
  } finally {
    process.env['PATH'] = path;
  }
});

check('each host is asked for once, however often it is connected to', async (t) => {
  const log = join(folder, 'asked');
  const file = configFile(`Match exec "echo %n >>${log}"\n  User x\n`);
  await Promise.all(Array.from({ length: 5 }, () => configured(wishing('', {}, file))));
  await configured(wishing('', { host: 'web2' }, file));
  t.deepEqual(readFileSync(log, 'utf8').split('\n').sort(), ['', 'web1', 'web2']);
});

test('the words of ssh -G are read, whatever is missing', (t) => {
  t.deepEqual(parseSshConfig('', 'h'), { hostName: 'h', port: 22, user: userInfo().username, identitiesOnly: false, off: [], beyondSsh2: [] });
  const text = ['hostname n', 'identityfile none', 'identityagent SSH_AUTH_SOCK', 'proxyjump none', 'connecttimeout none', 'proxycommand none'].join(
    '\n',
  );
  t.deepEqual(parseSshConfig(text, 'h'), { ...parseSshConfig('hostname n', 'h'), identityFiles: [] });
  t.deepEqual(parseSshConfig('identityfile ~/.ssh/id_rsa', 'h').identityFiles, [join(userInfo().homedir, '.ssh/id_rsa')]);
  t.deepEqual(parseSshConfig('identityfile /%n/%L/%%/%x', 'h').identityFiles, [`/h/${hostname().split('.')[0]}/%/%x`]);
  t.deepEqual(parseSshConfig('gssapikeyexchange no', 'h').off, ['GSSAPIKeyExchange=no']);
  t.deepEqual(parseSshConfig('knownhostscommand /bin/true', 'h').off, ['KnownHostsCommand=none']);
  t.deepEqual(parseSshConfig('pubkeyacceptedalgorithms rsa', 'h').off, ['KnownHostsCommand=none']);
  t.is(parseSshConfig('connecttimeout 9999', 'h').connectTimeoutSeconds, 600);
  t.deepEqual(parseSshConfig('userknownhostsfile none\nglobalknownhostsfile /dev/null', 'h').knownHostsFiles, []);
});

const idle = 'Include /SYSTEM/ssh_config.d/*.conf\n\n# words\nHost *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n';
for (const [what, own, system, part, asks] of [
  ['nothing but what Debian ships', undefined, idle, undefined, false],
  ['an empty file of the user', '', idle, undefined, true],
  ['no file of the system', undefined, undefined, undefined, true],
  ['a word about connecting in that of the system', undefined, `${idle}    ProxyJump b\n`, undefined, true],
  ['a part of that of the system', undefined, idle, 'x.conf', true],
  ['something else beside its parts', undefined, idle, 'x.bak', false],
  ['an include of other files', undefined, `${idle}Include /other/*\n`, undefined, true],
] as const) {
  test(`with ${what} ssh is ${asks ? '' : 'not '}asked`, async (t) => {
    const root = mkdtempSync(join(folder, 'root-'));
    const parts = join(root, 'ssh_config.d');
    mkdirSync(join(root, '.ssh'));
    mkdirSync(parts);
    if (own !== undefined) writeFileSync(join(root, '.ssh/config'), own);
    if (system !== undefined) writeFileSync(join(root, 'ssh_config'), system.replace('/SYSTEM', root));
    if (part !== undefined) writeFileSync(join(parts, part), '');
    t.is(await hasWords(root, root), asks);
  });
}

for (const sshTransport of ['ssh2', 'openssh'] as const) {
  real(`${sshTransport}: a host is reached as the configuration says, through a bastion that only it knows`, async (t) => {
    t.timeout(60_000);
    const known = join(folder, `known-${sshTransport}`);
    const key = publicKey(join(sshd.folder, 'host_ed25519.pub'));
    writeFileSync(known, `the-target ${key}\nthe-bastion ${key}\n`);
    const file = configFile(`
Host web1
  HostName 127.0.0.1
  User tester
  HostKeyAlias the-target
  ProxyJump gate
Host gate
  HostName 127.0.0.1
  User nopass
  HostKeyAlias the-bastion
Host *
  Port ${sshd.port}
  IdentityFile ${join(sshd.folder, 'id')}
  IdentitiesOnly yes
  UserKnownHostsFile ${known}
`);
    const connection = await createConnect()(wishing('', { sshTransport }, file));
    const session = await connection.session();
    t.like((await session.run([{ script: 'id -un; who am i; echo "$SSH_CONNECTION"' }]))[0], { rc: 0 });
    t.is(session.user, 'tester');
    t.is(sshd.inside('pgrep -fc "sshd: nopass(@notty)?$" || true'), '1\n');
    await connection.close();
    await until('the bastion is left', () => sshd.inside('pgrep -fc "sshd: nopass(@notty)?$" || true') === '0\n');
    // A bastion that is not known is not entered, whatever the configuration says of that.
    writeFileSync(known, `the-target ${key}\n`);
    const loose = configFile(`Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile ${known}\nInclude ${file}\n`);
    await t.throwsAsync(createConnect()(wishing('', { sshTransport }, loose)), {
      instanceOf: UnreachableError,
      message: /on the way to 127\.0\.0\.1: the host key of 127\.0\.0\.1 port \d+.* is not known/,
    });
  });
}

check('what is asked for at once is answered side by side', async (t) => {
  const file = configFile('Host *\n  User x\n');
  const all = await Promise.all(Array.from({ length: 40 }, (_, index) => askSshConfig({ host: `h${index}`, file })));
  t.true(all.every((one) => one?.user === 'x'));
});
