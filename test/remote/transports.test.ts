// What both transports promise, each tried on a real sshd, or on a server of this process where it is counted what the client asks for.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createConnect } from '../../src/remote/connect.ts';
import { fingerprint } from '../../src/remote/known-hosts.ts';
import type { Connection, ConnectionSettings } from '../../src/remote/session.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import type { Stream } from '../../src/values/stream.ts';
import { startProxy } from '../lab/proxy.ts';
import { fakeServer, publicHostKey } from './server.ts';
import { freePort, password, publicKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts';
import { until } from './wait.ts';

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: both transports over a real sshd: ${why}`);

// Of its own, so that what is left in it was left by these tests.
const temporary = mkdtempSync(join(tmpdir(), 'homerun-own-'));
chmodSync(temporary, 0o755);
process.env['TMPDIR'] = temporary;
test.after.always(() => rmSync(temporary, { recursive: true, force: true }));

/** The password of one user: at the beginning of a line on a terminal ssh takes it for a word to itself. */
const obeyedBySsh = '~. ~# ~C -L1:2:3';

let sshd: Sshd;
test.before(async () => {
  if (why !== undefined) return;
  sshd = await startSshd({
    extra: ['MaxStartups 100'],
    setUp: [
      `printf '%s\\n' 'root:${password}' 'busy:${obeyedBySsh}' | chpasswd`,
      `printf '%s\\n' 'busy ALL=(ALL:ALL) ALL' 'Defaults:busy requiretty' >/etc/sudoers.d/busy`,
      'echo "permit tester" >/etc/doas.conf; chmod 400 /etc/doas.conf',
    ],
  });
});
test.after.always(() => sshd?.stop());

type Transport = NonNullable<ConnectionSettings['sshTransport']>;

/** A promise of both. `settings`: of the real sshd, with the transport. */
function both(
  title: string,
  body: (t: ExecutionContext, settings: (other?: Partial<ConnectionSettings>) => ConnectionSettings) => Promise<void>,
): void {
  for (const sshTransport of ['ssh2', 'openssh'] as const satisfies readonly Transport[]) {
    const run = why === undefined ? test.serial : test.serial.skip;
    run(`${sshTransport}: ${title}`, async (t) => {
      t.timeout(120_000);
      await body(t, (other) => sshd.settings({ sshTransport, ...other }));
    });
  }
}

const open = (settings: ConnectionSettings, signal?: AbortSignal): Promise<Connection> => createConnect()(settings, signal);

async function outputOf(settings: ConnectionSettings, script: string): Promise<string | undefined> {
  const connection = await open(settings);
  try {
    return (await (await connection.session()).run([{ script }]))[0]?.stdout;
  } finally {
    await connection.close();
  }
}

async function refused(t: ExecutionContext, settings: ConnectionSettings, message: RegExp, hint: RegExp): Promise<void> {
  const error = await t.throwsAsync(outputOf(settings, 'true'), { instanceOf: UnreachableError });
  t.regex(error?.message ?? '', message);
  t.regex(error?.hint ?? '', hint);
  t.notRegex(`${error?.message} ${error?.hint}`, /\n|at .*\.js:\d+/);
}

/** Folders of control sockets, and programs of ssh that were started here. */
function remains(): readonly string[] {
  const folders = readdirSync(tmpdir()).filter((name) => /^homerun-\w{6}$/.test(name));
  const programs = execFileSync('sh', ['-c', `ps -o args= --ppid ${process.pid} || true`], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /\bssh\b/.test(line));
  return [...folders, ...programs];
}

both('scripts run in order, each with its input, output, errors and code', async (t, settings) => {
  const connection = await open(settings());
  const session = await connection.session();
  const results = await session.run([
    { script: 'id -u; cat', stdin: 'in é' },
    { script: 'echo err >&2; exit 4', okCodes: [4] },
    { script: 'printf %s "$A"', environment: { A: "it's $x" } },
    { script: 'exit 255' },
    { script: 'true' },
  ]);
  t.like(results[0], { rc: 0, stdout: '0\nin é', stderr: '' });
  t.like(results[1], { rc: 4, stdout: '', stderr: 'err\n' });
  t.like(results[2], { rc: 0, stdout: "it's $x" });
  t.like(results[3], { rc: 255 });
  t.is(results[4], undefined);
  const before = connection.traffic();
  await session.run([{ script: 'true' }, { script: 'true' }]);
  t.is(connection.traffic().trips - before.trips, 1);
  await connection.close();
  await t.throwsAsync(session.run([{ script: 'true' }]), { instanceOf: UnreachableError });
});

both('start-up files that print do no harm, nor does a login shell that lets nobody in', async (t, settings) => {
  for (const user of ['noisy', 'busy']) t.is(await outputOf(settings({ user }), 'id -un'), `${user}\n`);
  await refused(t, settings({ user: 'nologin' }), /the shell there .*currently not available/, /Can this user run a shell/);
});

both('much output and much input come whole', async (t, settings) => {
  const connection = await open(settings());
  const session = await connection.session();
  const piece = Buffer.alloc(2 ** 20, 'abc\0\n\xff');
  const stream: Stream = {
    length: 20 * piece.length,
    // biome-ignore lint/suspicious/useAwait: a stream is read piece by piece.
    async *pieces() {
      for (let count = 0; count < 20; count += 1) yield piece;
    },
  };
  const [plain, streamed, back] = await session.run([
    { script: 'wc -c', stdin: Buffer.alloc(5 * 2 ** 20, 'x') },
    { script: 'cksum', stdin: stream },
    { script: 'head -c 7000000 /dev/zero | tr "\\0" y' },
  ]);
  t.is(Number(plain?.stdout), 5 * 2 ** 20);
  const here = execFileSync('cksum', { input: Buffer.concat(Array.from({ length: 20 }, () => piece)), encoding: 'utf8' });
  t.is(streamed?.stdout, here);
  t.is(back?.stdout.length, 7_000_000);
  await connection.close();
});

both('other users have shells of their own on the same connection', async (t, settings) => {
  const connection = await open(settings());
  const users = ['tester', 'nopass', 'nosudo'];
  const sessions = await Promise.all([undefined, ...users].map((user) => connection.session(user === undefined ? undefined : { user })));
  const names = await Promise.all(sessions.map(async (session) => (await session.run([{ script: 'id -un' }]))[0]?.stdout.trim()));
  t.deepEqual(names, ['root', ...users]);
  await connection.close();
});

/** Who becomes whom, how, and with which password. */
const becoming = [
  ['tester', { user: 'root', password }],
  ['busy', { user: 'root', password: obeyedBySsh }],
  ['tester', { user: 'root', method: 'su', password }],
  ['nosudo', { user: 'busy', method: 'su', password: obeyedBySsh }],
  ...(existsSync('/usr/bin/doas') ? ([['tester', { user: 'nosudo', method: 'doas', password }]] as const) : []),
] as const;

both('others are become with a password, by sudo, with requiretty, by su and by doas', async (t, settings) => {
  await Promise.all(
    becoming.map(async ([user, become]) => {
      const connection = await open(settings({ user }));
      const session = await connection.session({ ...become, password: new Secret(become.password) });
      const [who, bytes] = await session.run([{ script: 'id -un' }, { script: 'cat; echo apart >&2', stdin: 'in\u0003\u0004\r\n' }]);
      t.is(who?.stdout, `${become.user}\n`);
      t.like(bytes, { stdout: 'in\u0003\u0004\r\n', stderr: 'apart\n' });
      await connection.close();
    }),
  );
  t.deepEqual(remains(), []);
});

both('a wrong password to become another is refused, the link stays good, and its loss has its own reason', async (t, settings) => {
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: sshd.port } });
  t.teardown(() => proxy.close());
  const file = join(sshd.folder, 'known_hosts_become');
  writeFileSync(file, `[127.0.0.1]:${proxy.port} ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  const connection = await open(settings({ user: 'busy', port: proxy.port, knownHostsFiles: [file] }));
  await t.throwsAsync(connection.session({ user: 'root', password: new Secret('wrong') }), { message: /sudo does not take the password/ });
  const session = await connection.session({ user: 'root', method: 'su', password: new Secret(password) });
  t.like((await session.run([{ script: 'id -un' }]))[0], { stdout: 'root\n' });
  const running = session.run([{ script: 'sleep 20' }]);
  proxy.cut();
  const error = await t.throwsAsync(running, { instanceOf: UnreachableError, message: /the connection was lost: / });
  t.notRegex(error?.message ?? '', /tcgetattr/);
  await connection.close();
});

both('a lost link is never a result, and it is said that it was lost', async (t, settings) => {
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: sshd.port } });
  t.teardown(() => proxy.close());
  const file = join(sshd.folder, 'known_hosts_proxy');
  writeFileSync(file, `[127.0.0.1]:${proxy.port} ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  const connection = await open(settings({ port: proxy.port, knownHostsFiles: [file] }));
  const session = await connection.session();
  await session.run([{ script: 'true' }]);
  t.teardown(() => connection.close());
  const running = session.run([{ script: 'echo partial; sleep 20' }]);
  proxy.cut();
  await t.throwsAsync(running, { instanceOf: UnreachableError, message: /the connection was lost: / });
  await t.throwsAsync(session.run([{ script: 'true' }]), { instanceOf: UnreachableError });
  await connection.close();
});

both('a shell that is killed is an error and not a result', async (t, settings) => {
  const connection = await open(settings());
  const session = await connection.session();
  // What it has started holds its output, which is all that OpenSSH tells of: it is waited for.
  await t.throwsAsync(session.run([{ script: 'kill -9 $$; sleep 3' }]), { instanceOf: UnreachableError, message: /the shell there (ended|was)/ });
  // The connection is still good.
  t.like((await (await connection.session({ user: 'tester' })).run([{ script: 'id -un' }]))[0], { stdout: 'tester\n' });
  await connection.close();
});

both('a step whose time is up is ended, and nothing of it is left', async (t, settings) => {
  const seconds = `${Math.floor(10_000 + Math.random() * 90_000)}.5`;
  const connection = await open(settings({ user: 'tester' }));
  const session = await connection.session();
  t.like((await session.run([{ script: `sleep ${seconds}`, timeoutSeconds: 1 }]))[0], { rc: 124, timedOut: true });
  t.is((await session.run([{ script: `pgrep -f 'sleep [${seconds[0]}]${seconds.slice(1)}' || echo gone` }]))[0]?.stdout, 'gone\n');
  await connection.close();
});

both('a wrong key, a wrong password and no user of that name are refused', async (t, settings) => {
  const { identityFile: _, ...keyless } = settings({ user: 'tester' });
  await refused(t, settings({ identityFile: join(sshd.folder, 'other') }), /127\.0\.0\.1 port \d+ does not let root in/, /authorized_keys/);
  await refused(t, { ...keyless, password: new Secret('wrong') }, /does not let tester in/, /password right.*tried once only/);
  await refused(t, settings({ user: 'nobody-there' }), /does not let nobody-there in/, /ssh_user/);
  // A login that was refused is not tried again: hosts bar who fails too often.
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: sshd.port } });
  t.teardown(() => proxy.close());
  const file = join(sshd.folder, 'known_hosts_counted');
  writeFileSync(file, `[127.0.0.1]:${proxy.port} ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  await refused(t, settings({ port: proxy.port, knownHostsFiles: [file], identityFile: join(sshd.folder, 'other') }), /does not let root in/, /./);
  t.is(proxy.counts().connections, 1);
});

both('a password logs in, by either of its methods, and a wrong one is tried once', async (t, settings) => {
  const words = (text: string): Partial<ConnectionSettings> => ({
    user: 'tester',
    password: new Secret(text),
    identityFile: join(sshd.folder, 'other'),
  });
  t.is(await outputOf(settings(words(password)), 'id -un'), 'tester\n');
  const host = await startSshd({ extra: ['PasswordAuthentication no', 'KbdInteractiveAuthentication yes', 'LogLevel VERBOSE'] });
  try {
    const { sshTransport } = settings();
    const there = (text: string) => host.settings({ ...words(text), ...(sshTransport && { sshTransport }) });
    t.is(await outputOf(there(password), 'id -un'), 'tester\n');
    await refused(t, there('wrong'), /does not let tester in/, /tried once only/);
  } finally {
    host.stop();
  }
});

both('a password is given once, whatever the host asks for then', async (t, settings) => {
  const given: string[] = [];
  const server = await fakeServer({
    authenticate: (context) => {
      if (context.method === 'password') given.push(context.password);
      if (context.method !== 'keyboard-interactive') return context.reject(['password', 'keyboard-interactive']);
      context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
        given.push(...answers);
        context.reject(['password', 'keyboard-interactive']);
      });
    },
  });
  t.teardown(() => server.close());
  const { sshTransport } = settings();
  await refused(
    t,
    { ...server.settings, ...(sshTransport && { sshTransport }), connectTimeoutSeconds: 5 },
    /does not let root in/,
    /tried once only/,
  );
  t.deepEqual(given, ['secret']);
});

both('a password stands in no argument list, no environment and no file while it is used', async (t, settings) => {
  const found: string[] = [];
  let isDone = false;
  const watching = until('watched', () => {
    const look = `cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ ${join(tmpdir(), 'homerun-*/askpass')} 2>/dev/null | tr "\\0" "\\n" | grep -a 'horse' || true`;
    found.push(execFileSync('sh', ['-c', look], { encoding: 'utf8' }));
    return isDone;
  });
  const words = { user: 'tester', password: new Secret(password), identityFile: join(sshd.folder, 'other') };
  t.is(await outputOf(settings(words), 'sleep 0.3; id -un'), 'tester\n');
  isDone = true;
  await watching;
  t.deepEqual(
    found.filter((text) => text.includes(password)),
    [],
  );
});

both('host keys that are unknown, changed, of another type or revoked let nobody log in', async (t, settings) => {
  const server = await fakeServer({});
  t.teardown(() => server.close());
  const { port } = server.settings;
  const place = `[127.0.0.1]:${port}`;
  const right = publicHostKey('x').slice(2);
  const wrong = publicKey(join(sshd.folder, 'other.pub'));
  const withFile = (name: string, text: string): ConnectionSettings => {
    const file = join(sshd.folder, `known_${name}`);
    writeFileSync(file, text);
    const { identityFile: _, ...keyless } = settings({
      port,
      knownHostsFiles: [file],
      password: 'secret',
      name: 'testhost',
      connectTimeoutSeconds: 3,
    });
    return keyless;
  };
  await refused(t, withFile('none', ''), /the host key of 127\.0\.0\.1 port \d+ is not known/, /homerun trust testhost/);
  await refused(
    t,
    withFile('changed', `${place} ${publicKey(join(sshd.folder, 'host_rsa.pub'))}\n`),
    /has changed/,
    /ssh-keygen -R '\[127\.0\.0\.1\]:\d+' -f/,
  );
  await refused(t, withFile('type', `${place} ${wrong}\n`), /has changed/, /homerun trust testhost|set up anew/);
  await refused(t, withFile('revoked', `@revoked * ${right}\n${place} ${right}\n`), /is revoked/, /Do not connect/);
  await refused(t, { ...withFile('alias', `${place} ${right}\n`), hostKeyAlias: 'web1' }, /is not known/, /homerun trust/);
  t.is(server.logins(), 0);
});

both(
  'a fingerprint of the inventory makes a host known that no file knows, and no other key is taken, whatever the files say',
  async (t, settings) => {
    const server = await fakeServer({});
    t.teardown(() => server.close());
    const file = join(sshd.folder, 'known_pinned');
    const printOf = (line: string): string => fingerprint(Buffer.from(line.split(' ')[1] ?? '', 'base64'));
    const print = (type: string): string => printOf(publicKey(join(sshd.folder, `host_${type}.pub`)));
    const [right, other] = [publicHostKey('x').slice(2), publicKey(join(sshd.folder, 'other.pub'))];
    const record = (line: string): void => writeFileSync(file, line === '' ? '' : `${line}\n`);
    const place = (port: number): string => `[127.0.0.1]:${port}`;
    const { identityFile: _, ...keyless } = settings({ port: server.settings.port, knownHostsFiles: [file], password: 'secret', name: 'testhost' });
    const at = (hostKeys: readonly string[]): ConnectionSettings => ({ ...keyless, connectTimeoutSeconds: 3, hostKeys });
    const notTheOne = /the host key of 127\.0\.0\.1 port \d+ is not the one of the inventory: it shows ssh-rsa SHA256:\S+, the inventory has SHA256:/;
    record('');
    await refused(t, at([printOf(other)]), notTheOne, /Somebody may be listening in/);
    record(`${place(server.settings.port)} ${right}`);
    await refused(t, at([printOf(other)]), notTheOne, /Somebody may be listening in/);
    record(`${place(server.settings.port)} ${other}`);
    await refused(t, at([printOf(right)]), /has changed/, /set up anew/);
    for (const name of [place(server.settings.port), '127.0.0.1']) {
      record(`@revoked ${name} ${right}`);
      await refused(t, at([printOf(right)]), /is revoked/, /Do not connect/);
    }
    t.is(server.logins(), 0);
    const isIn = async (hostKeys: readonly string[], more: Partial<ConnectionSettings> = {}): Promise<void> => {
      t.is(await outputOf(settings({ knownHostsFiles: [file], hostKeys, ...more }), 'echo in'), 'in\n');
    };
    record('');
    await isIn([printOf(other), print('ed25519')]);
    await isIn([print('ed25519')], { hostKeyAlias: 'web1' });
    record(`${place(sshd.port)} ${publicKey(join(sshd.folder, 'host_rsa.pub'))}`);
    await isIn([print('rsa')]);
    await refused(t, settings({ knownHostsFiles: [file], hostKeys: [print('ed25519')] }), /is not the one of the inventory: it shows ssh-rsa/, /./);
    // What the pin makes known is not written down.
    record('');
    await isIn([print('ed25519')]);
    t.is(readFileSync(file, 'utf8'), '');
    const hops = (pin: string) => [{ user: 'nopass', host: '127.0.0.1', port: sshd.port, hostKeys: [pin] }];
    await isIn([print('ed25519')], { hops: hops(print('ed25519')) });
    await refused(
      t,
      settings({ knownHostsFiles: [file], hostKeys: [print('ed25519')], hops: hops(printOf(other)) }),
      /on the way to 127\.0\.0\.1: the host key of .* is not the one of the inventory/,
      /./,
    );
  },
);

both('a host is known by its alias, in several files, and by each of its types', async (t, settings) => {
  const [none, file] = [join(sshd.folder, 'no such file'), join(sshd.folder, 'known "hosts" 100%')];
  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    writeFileSync(file, `web1 ${publicKey(join(sshd.folder, `host_${type}.pub`))}\n`);
    t.is(await outputOf(settings({ knownHostsFiles: [none, file], hostKeyAlias: 'web1' }), 'echo in'), 'in\n');
  }
});

both('nothing is forwarded, and nothing is asked for but a program', async (t, settings) => {
  const server = await fakeServer({
    shell: (channel) =>
      void channel.resume().on('end', () => {
        channel.exit(0);
        channel.end();
      }),
  });
  t.teardown(() => server.close());
  const { sshTransport } = settings();
  const connection = await open({ ...server.settings, ...(sshTransport && { sshTransport }), connectTimeoutSeconds: 5 });
  await connection.close();
  t.deepEqual(
    server.asked.filter((name) => !/no-more-sessions|keepalive|hostkeys/.test(name)),
    [],
  );
});

both('hosts behind bastions: one connection to each bastion, every key on the way judged', async (t, settings) => {
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: sshd.port } });
  t.teardown(() => proxy.close());
  const file = join(sshd.folder, 'known_hosts_bastion');
  const key = publicKey(join(sshd.folder, 'host_ed25519.pub'));
  writeFileSync(file, `[127.0.0.1]:${sshd.port} ${key}\n[127.0.0.1]:${proxy.port} ${key}\n`);
  const behind = settings({ proxyJump: `nopass@127.0.0.1:${proxy.port}`, knownHostsFiles: [file] });
  const shared = createConnect();
  const connections = await Promise.all(['root', 'tester', 'nosudo'].map((user) => shared({ ...behind, user })));
  t.is(proxy.counts().connections, 1);
  const names = await Promise.all(connections.map(async (one) => (await (await one.session()).run([{ script: 'id -un' }]))[0]?.stdout));
  t.deepEqual(names, ['root\n', 'tester\n', 'nosudo\n']);
  await Promise.all(connections.map((connection) => connection.close()));
  await until('the bastion is left', () => sshd.inside('pgrep -fc "sshd: nopass(@notty)?$" || true') === '0\n');
  t.is(await outputOf({ ...behind, proxyJump: `nopass@127.0.0.1:${proxy.port},tester@127.0.0.1:${sshd.port}` }, 'echo two'), 'two\n');
  writeFileSync(file, `[127.0.0.1]:${sshd.port} ${key}\n`);
  await refused(t, behind, new RegExp(`on the way to 127.0.0.1: the host key of 127.0.0.1 port ${proxy.port} is not known`), /trust/);
  writeFileSync(file, `[127.0.0.1]:${proxy.port} ${key}\n`);
  await refused(t, behind, new RegExp(`^the host key of 127.0.0.1 port ${sshd.port} is not known`), /trust/);
});

both('what does not listen, hangs up or says nothing is told in time', async (t, settings) => {
  await refused(t, settings({ port: await freePort() }), /127\.0\.0\.1 port \d+ .*refused/i, /sshd/);
  const silent = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const began = performance.now();
  await refused(t, settings({ port: (silent.address() as AddressInfo).port, connectTimeoutSeconds: 2 }), /port \d+/, /sshd/);
  t.true(performance.now() - began < 8000);
  silent.close();
});

both('connecting that is interrupted ends at once', async (t, settings) => {
  const silent = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const abort = new AbortController();
  const connecting = open(settings({ port: (silent.address() as AddressInfo).port }), abort.signal);
  setTimeout(() => abort.abort(), 200);
  const began = performance.now();
  await t.throwsAsync(connecting, { instanceOf: UnreachableError, message: /interrupted/ });
  t.true(performance.now() - began < 3000);
  silent.close();
});

both('closing ends what runs but what is detached, and leaves nothing behind on either side', async (t, settings) => {
  const seconds = `${Math.floor(10_000 + Math.random() * 90_000)}.5`;
  const connection = await open(settings({ user: 'nosudo' }));
  const session = await connection.session();
  await session.run([{ script: 'rm -f survived' }]);
  const other = await connection.session({ user: 'nosudo' });
  t.is(other, session);
  const running = session.run([{ script: `sleep ${seconds}` }]);
  await until('it runs', () => sshd.inside(`pgrep -fc 'sleep [${seconds[0]}]${seconds.slice(1)}' || true`) === '1\n');
  const began = performance.now();
  const closing = connection.close();
  await t.throwsAsync(running, { instanceOf: UnreachableError });
  await closing;
  t.true(performance.now() - began < 3000);
  await until('it is ended', () => sshd.inside(`pgrep -f 'sleep [${seconds[0]}]${seconds.slice(1)}' || true`) === '');
  await until('nobody is logged in', () => sshd.inside('pgrep -fc "sshd: nosudo(@notty)?$" || true') === '0\n');
  t.deepEqual(remains(), []);
});

both('thirty connections at once behind the defaults of MaxStartups all get in', async (t, settings) => {
  const host = await startSshd();
  const { sshTransport } = settings();
  const one = host.settings(sshTransport && { sshTransport });
  const connect = createConnect();
  const connections = await Promise.all(Array.from({ length: 30 }, () => connect(one)));
  t.is(connections.length, 30);
  await Promise.all(connections.map((connection) => connection.close()));
  t.deepEqual(remains(), []);
  host.stop();
});
