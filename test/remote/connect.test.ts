import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { connect, createConnect } from '../../src/remote/connect.ts';
import type { Become, ConnectionSettings, StepResult } from '../../src/remote/session.ts';
import { TaskError, UnreachableError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import { startProxy } from '../lab/proxy.ts';
import { freePort, keygen, password, publicKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts';
import { until } from './wait.ts';

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: sessions over a real sshd: ${why}`);
// One after another: they share one sshd, and some of them measure.
const real = why === undefined ? test.serial : test.serial.skip;

let sshd: Sshd;
test.before(async () => {
  if (why === undefined) sshd = await startSshd({ extra: ['MaxStartups 100', 'MaxAuthTries 6', 'ClientAliveInterval 0'] });
});
test.after.always(() => sshd?.stop());

/** Seconds to sleep by which this run's processes are told from those of another: "12345.5", and a pattern that does not find itself. */
function mark(): { readonly seconds: string; readonly pattern: string } {
  const seconds = `${Math.floor(10_000 + Math.random() * 90_000)}.5`;
  return { seconds, pattern: `sleep [${seconds[0]}]${seconds.slice(1)}` };
}

/** Connects, runs one script, closes. */
async function once(settings: ConnectionSettings, script: string, become?: Become): Promise<StepResult | undefined> {
  const connection = await connect(settings);
  try {
    const session = await connection.session(become);
    const [result] = await session.run([{ script }]);
    return result;
  } finally {
    await connection.close();
  }
}

/** The error that a newcomer gets: what it says and what to do. No stack trace of ours in either. */
async function unreachable(t: ExecutionContext, settings: ConnectionSettings, message: RegExp, hint: RegExp): Promise<void> {
  const error = await t.throwsAsync(once(settings, 'true'), { instanceOf: UnreachableError });
  t.regex(error?.message ?? '', message);
  t.regex(error?.hint ?? '', hint);
  t.notRegex(`${error?.message} ${error?.hint}`, /\n|at .*\.js:\d+/);
}

real('a key logs in, and steps run in one trip each way', async (t) => {
  const connection = await connect(sshd.settings());
  const session = await connection.session();
  const [first, second] = await session.run([{ script: 'id -u; cat', stdin: 'in é' }, { script: 'echo err >&2; exit 4' }]);
  t.like(first, { rc: 0, stdout: '0\nin é', stderr: '' });
  t.like(second, { rc: 4, stdout: '', stderr: 'err\n' });
  const before = connection.traffic();
  await session.run([{ script: 'true' }, { script: 'true' }]);
  const after = connection.traffic();
  t.is(after.trips - before.trips, 1);
  t.true(after.bytesSent > before.bytesSent && after.bytesReceived > before.bytesReceived);
  t.is(connection.user, 'root');
  t.is(session.user, 'root');
  t.true(connection.rttMs > 0 && connection.rttMs < 2000);
  t.is(await connection.session({ user: 'root' }), session);
  await connection.close();
  await t.throwsAsync(session.run([{ script: 'true' }]), { instanceOf: UnreachableError });
});

real('each kind of login shell starts a session: noisy start-up files, BusyBox', async (t) => {
  for (const user of ['noisy', 'busy', 'nopass', 'tester']) {
    t.like(await once(sshd.settings({ user }), 'id -un; pwd'), { rc: 0, stdout: `${user}\n/home/${user}\n` });
  }
});

real('a login shell that lets nobody in says so', async (t) => {
  await unreachable(
    t,
    sshd.settings({ user: 'nologin' }),
    /the shell there ended with code 1; it said: This account is currently not available/,
    /Can this user run a shell/,
  );
});

real('a start-up file that eats the input is an error and not a hang', async (t) => {
  t.timeout(60_000);
  const connection = await connect(sshd.settings({ user: 'hungry', connectTimeoutSeconds: 5 }));
  const session = await connection.session();
  // It takes two lines, which the shell's first lines are.
  await t.throwsAsync(session.run([{ script: 'true' }]), { instanceOf: UnreachableError });
  await connection.close();
});

real('output larger than the windows of SSH comes whole, and so does input', async (t) => {
  const connection = await connect(sshd.settings());
  const session = await connection.session();
  const stdin = Buffer.alloc(5 * 2 ** 20, 'abc\0\n');
  const [sum, back] = await session.run([{ script: 'wc -c', stdin }, { script: 'head -c 7000000 /dev/zero | tr "\\0" y' }]);
  t.is(Number(sum?.stdout), stdin.length);
  t.is(back?.stdout.length, 7_000_000);
  await connection.close();
});

real('a step whose time is up is ended from a second channel, also under sudo, and nothing is left', async (t) => {
  t.timeout(60_000);
  const { seconds, pattern } = mark();
  const connection = await connect(sshd.settings({ user: 'tester' }));
  for (const become of [undefined, { user: 'root', password }, { user: 'nosudo', password }]) {
    const session = await connection.session(become);
    const [late] = await session.run([{ script: `sleep ${seconds}`, timeoutSeconds: 1 }]);
    t.like(late, { rc: 124, timedOut: true });
    const [after] = await session.run([{ script: `pgrep -f '${pattern}' || echo gone` }]);
    t.is(after?.stdout, 'gone\n');
  }
  await connection.close();
});

real('a shell that is killed is noticed at once, also under sudo with a password', async (t) => {
  t.timeout(60_000);
  const connection = await connect(sshd.settings({ user: 'tester' }));
  for (const become of [undefined, { user: 'root', password }, { user: 'nosudo', password }]) {
    const session = await connection.session(become);
    await t.throwsAsync(session.run([{ script: 'kill -9 $$; sleep 30' }]), { instanceOf: UnreachableError, message: /the shell there ended/ });
  }
  await connection.close();
});

real('a detached step of root keeps its files below /run and removes them', async (t) => {
  const connection = await connect(sshd.settings());
  const session = await connection.session();
  const [result, left] = await session.run([{ script: 'ls -ld /run/homerun | cut -c1-10', detached: true }, { script: 'ls -A /run' }]);
  t.is(result?.stdout, 'drwx------\n');
  t.notRegex(left?.stdout ?? '', /homerun/);
  await connection.close();
});

real('a lost link is never a result, and what was running dies, but for what is detached', async (t) => {
  t.timeout(60_000);
  const { seconds, pattern } = mark();
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: sshd.port } });
  const file = join(sshd.folder, 'known_hosts_proxy');
  writeFileSync(file, `[127.0.0.1]:${proxy.port} ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  const connection = await connect(sshd.settings({ port: proxy.port, knownHostsFiles: [file] }));
  const session = await connection.session();
  const detached = await connection.session({ user: 'nosudo' });
  const running = session.run([{ script: `echo partial; sleep ${seconds}; touch /run/survived` }]);
  const lasting = detached.run([{ script: 'sleep 2; touch /home/nosudo/survived', detached: true }]);
  await until('both run', () => sshd.inside(`pgrep -fc '${pattern}' || true; ls /home/nosudo/.homerun 2>/dev/null || true`).startsWith('1\njob'));
  proxy.cut();
  const error = await t.throwsAsync(running, { instanceOf: UnreachableError });
  t.regex(error?.message ?? '', /the connection was lost: read ECONNRESET/);
  await t.throwsAsync(lasting, { instanceOf: UnreachableError });
  await until('the step is gone', () => sshd.inside(`pgrep -f '${pattern}' || true`) === '');
  await until('the detached step ends', () => sshd.inside('ls /home/nosudo') === 'survived\n');
  t.is(sshd.inside('ls /run/survived 2>/dev/null || true'), '');
  await t.throwsAsync(session.run([{ script: 'true' }]), { instanceOf: UnreachableError });
  await connection.close();
  await proxy.close();
});

real('with a key, the first answer takes ten messages that wait for an answer, and each later trip one', async (t) => {
  t.timeout(60_000);
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: sshd.port }, delay: 20 });
  const file = join(sshd.folder, 'known_hosts_slow');
  writeFileSync(file, `[127.0.0.1]:${proxy.port} ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  const connection = await connect(sshd.settings({ port: proxy.port, knownHostsFiles: [file], user: 'nopass' }));
  t.true(connection.rttMs >= 38 && connection.rttMs < 400, `${connection.rttMs} ms`);
  const session = await connection.session();
  await session.run([{ script: 'true' }]);
  // In time that is nine round trips, opening the TCP connection included (which the proxy does not count): the first two messages
  // cross those of the host, and nobody waits for the answer to the one that asks for the host's other keys.
  const { trips } = proxy.counts();
  proxy.reset();
  await session.run([{ script: 'echo 1' }, { script: 'cat', stdin: 'x'.repeat(20_000) }, { script: 'echo 3' }]);
  const later = proxy.counts().trips;
  await connection.close();
  await proxy.close();
  t.true(trips <= 10, `${trips} trips`);
  t.is(later, 1);
});

real('becoming: without a password, with one, and whatever a person may have got wrong', async (t) => {
  t.timeout(60_000);
  const become = (user: string, to: string, secret?: string) =>
    once(sshd.settings({ user }), 'id -un; pwd', { user: to, ...(secret !== undefined && { password: new Secret(secret) }) });
  t.like(await become('nopass', 'root'), { rc: 0, stdout: 'root\n/root\n' });
  // A password that is not wanted reaches nobody.
  t.like(await become('nopass', 'root', password), { rc: 0, stdout: 'root\n/root\n', stderr: '' });
  t.like(await become('tester', 'root', password), { rc: 0, stdout: 'root\n/root\n' });
  t.like(await become('tester', 'nosudo', password), { rc: 0, stdout: 'nosudo\n/home/nosudo\n' });
  t.like(await become('root', 'nosudo'), { rc: 0, stdout: 'nosudo\n/home/nosudo\n' });
  const refused = async (user: string, to: string, secret: string | undefined, message: RegExp, hint: RegExp): Promise<void> => {
    const error = await t.throwsAsync(become(user, to, secret), { instanceOf: TaskError });
    t.regex(error?.message ?? '', message);
    t.regex(error?.hint ?? '', hint);
  };
  await refused('tester', 'root', undefined, /sudo wants a password to become root/, /become_password/);
  await refused('tester', 'root', 'wrong', /does not take the password/, /tried once, and is not again/);
  await refused('nosudo', 'root', password, /does not let this user become root/, /sudo -l.*not in the sudoers/);
  await refused('nopass', 'nobody-there', undefined, /there is no user nobody-there/, /become_user/);
  await refused('nopass', 'nologin; id', undefined, /is not the name of a user/, /become_user/);
  await refused('tester', 'root', 'two\nlines', /line break/, /one line/);
});

real('a wrong password is shown to sudo once', (t) => {
  t.timeout(60_000);
  // In a host of its own, so that nobody else's attempts are counted.
  return alone(async (host) => {
    host.inside('echo "Defaults logfile=/run/sudo.log" >/etc/sudoers.d/log');
    const connection = await connect(host.settings({ user: 'tester' }));
    await t.throwsAsync(connection.session({ user: 'root', password: 'wrong' }), { instanceOf: TaskError });
    t.is(host.inside('grep -c "1 incorrect password attempt" /run/sudo.log'), '1\n');
    t.is(host.inside('grep -c "incorrect password attempt" /run/sudo.log'), '1\n');
    // The connection is still good, and the right password works.
    const session = await connection.session({ user: 'root', password });
    t.like((await session.run([{ script: 'id -u' }]))[0], { stdout: '0\n' });
    await connection.close();
  });
});

real('without sudo, root becomes others through su, and others nobody', (t) =>
  alone(async (host) => {
    host.inside('mount --bind /dev/null /usr/bin/sudo');
    t.like(await once(host.settings(), 'id -un; pwd', { user: 'nosudo' }), { stdout: 'nosudo\n/home/nosudo\n' });
    const error = await t.throwsAsync(once(host.settings({ user: 'tester' }), 'true', { user: 'root', password }), { instanceOf: TaskError });
    t.regex(error?.message ?? '', /there is no sudo/);
    t.regex(error?.hint ?? '', /Install sudo|log in as root/);
  }),
);

async function alone(work: (host: Sshd) => Promise<void>, extra: readonly string[] = []): Promise<void> {
  const host = await startSshd({ extra });
  try {
    await work(host);
  } finally {
    host.stop();
  }
}

real('the password of become stands in no argument list and no environment while it is used', async (t) => {
  const secret = password;
  const connection = await connect(sshd.settings({ user: 'tester' }));
  const lists: string[] = [];
  let done = false;
  const watching = until('watched', () => {
    lists.push(
      execFileSync('sh', ['-c', 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep -a horse || true'], {
        encoding: 'utf8',
      }),
    );
    return done;
  });
  const session = await connection.session({ user: 'root', password: new Secret(secret) });
  await session.run([{ script: 'sleep 0.3' }]);
  done = true;
  await watching;
  t.deepEqual(
    lists.filter((list) => list.includes(secret)),
    [],
  );
  await connection.close();
});

real('host keys: unknown, changed, of another type, revoked and unreadable are refused, each in its own words', async (t) => {
  const place = `[127.0.0.1]:${sshd.port}`;
  const right = publicKey(join(sshd.folder, 'host_ed25519.pub'));
  const wrong = publicKey(join(sshd.folder, 'other.pub'));
  const withFile = (name: string, text: string): ConnectionSettings => {
    const file = join(sshd.folder, `known_hosts_${name}`);
    writeFileSync(file, text);
    return sshd.settings({ knownHostsFiles: [file] });
  };
  await unreachable(t, withFile('none', ''), /is not known: ssh-ed25519 SHA256:/, /homerun trust testhost .*ssh-keyscan -p \d+ 127\.0\.0\.1 >>/);
  await unreachable(
    t,
    withFile('unread', `${place} ssh-ed25519 AAA=\n`),
    /is not known.*not understood: .*known_hosts_unread:1: the key is not one of type ssh-ed25519/,
    /trust/,
  );
  await unreachable(t, sshd.settings({ knownHostsFiles: ['/nonexistent/known_hosts'] }), /is not known/, /homerun trust/);
  await unreachable(
    t,
    withFile('changed', `${place} ${wrong}\n`),
    /has changed: it shows ssh-ed25519 SHA256:.*on record is ssh-ed25519 SHA256:.*:1\)/,
    /ssh-keygen -R '\[127\.0\.0\.1\]:\d+' -f/,
  );
  await unreachable(t, withFile('revoked', `@revoked * ${right}\n${place} ${right}\n`), /is revoked/, /Do not connect/);
  await unreachable(t, withFile('authority', `@cert-authority * ${wrong}\n`), /is not known.*@cert-authority .*does not help/, /homerun trust/);
  await unreachable(t, sshd.settings({ knownHostsFiles: [sshd.folder] }), /cannot be read \(it is not a file\)/, /No host can be trusted/);
  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    t.like(await once(withFile(type, `${place} ${publicKey(join(sshd.folder, `host_${type}.pub`))}\n`), 'echo ok'), { stdout: 'ok\n' });
  }
});

real('a host that has no key of the types on record has changed', (t) =>
  alone(async (host) => {
    const file = join(host.folder, 'known_hosts');
    keygen(join(host.folder, 'p384'), 'ecdsa');
    const record = readFileSync(join(host.folder, 'p384.pub'), 'utf8');
    // sshd has an ecdsa key of 256 bits, and 384 is another type.
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-b', '384', '-N', '', '-f', join(host.folder, 'p384b')]);
    t.truthy(record);
    writeFileSync(file, `[127.0.0.1]:${host.port} ${publicKey(join(host.folder, 'p384b.pub'))}\n`);
    await unreachable(t, host.settings(), /has changed: the host offers none of the types on record \(ecdsa-sha2-nistp384/, /homerun trust testhost/);
  }),
);

real('a wrong key, a wrong password and a wrong user are refused after one try, saying what was tried', async (t) => {
  t.timeout(60_000);
  const { identityFile: _, ...keyless } = sshd.settings();
  await unreachable(
    t,
    sshd.settings({ identityFile: join(sshd.folder, 'other') }),
    /does not let root in: tried the key .*other \(SHA256:/,
    /authorized_keys/,
  );
  await unreachable(
    t,
    { ...keyless, user: 'tester', password: 'wrong' },
    /does not let tester in: tried .*the password/,
    /password right|authorized_keys/,
  );
  await unreachable(t, sshd.settings({ user: 'nobody-there' }), /does not let nobody-there in/, /ssh_user/);
});

real('a password logs in, and answers keyboard-interactive where only that is offered', async (t) => {
  const settings = { ...sshd.settings({ user: 'tester', password: new Secret(password), identityFile: join(sshd.folder, 'other') }) };
  t.like(await once(settings, 'id -un'), { stdout: 'tester\n' });
  const host = await startSshd({ extra: ['PasswordAuthentication no', 'KbdInteractiveAuthentication yes'] });
  try {
    t.like(await once(host.settings({ user: 'tester', password, identityFile: join(host.folder, 'other') }), 'id -un'), { stdout: 'tester\n' });
    await unreachable(t, host.settings({ user: 'tester', password: 'wrong', identityFile: join(host.folder, 'other') }), /keyboard-interactive/, /./);
  } finally {
    host.stop();
  }
});

real('a bastion that was lost is entered anew, also while somebody holds on to what was reached through it', async (t) => {
  t.timeout(60_000);
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: sshd.port } });
  const file = join(sshd.folder, 'known_hosts_lost_bastion');
  const key = publicKey(join(sshd.folder, 'host_ed25519.pub'));
  writeFileSync(file, `[127.0.0.1]:${sshd.port} ${key}\n[127.0.0.1]:${proxy.port} ${key}\n`);
  const settings = sshd.settings({ proxyJump: `nopass@127.0.0.1:${proxy.port}`, knownHostsFiles: [file] });
  const shared = createConnect();
  const connections = await Promise.all(['root', 'tester'].map((user) => shared({ ...settings, user })));
  const sessions = await Promise.all(connections.map((connection) => connection.session()));
  proxy.cut();
  await Promise.all(sessions.map((session) => t.throwsAsync(session.run([{ script: 'true' }]), { instanceOf: UnreachableError })));
  const back = await shared({ ...settings, user: 'nosudo' });
  t.like((await (await back.session()).run([{ script: 'id -un' }]))[0], { stdout: 'nosudo\n' });
  await Promise.all([...connections, back].map((connection) => connection.close()));
  await until('the bastion is left', () => sshd.inside('pgrep -fc "sshd: nopass$" || true') === '0\n');
  await proxy.close();
});

real('hosts behind a bastion: one connection to it serves all, each hop by its own key', async (t) => {
  t.timeout(60_000);
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: sshd.port } });
  const file = join(sshd.folder, 'known_hosts_bastion');
  const key = publicKey(join(sshd.folder, 'host_ed25519.pub'));
  writeFileSync(file, `[127.0.0.1]:${sshd.port} ${key}\n[127.0.0.1]:${proxy.port} ${key}\n`);
  const settings = sshd.settings({ proxyJump: `nopass@127.0.0.1:${proxy.port}`, knownHostsFiles: [file] });
  const shared = createConnect();
  const connections = await Promise.all(['root', 'tester', 'nosudo'].map((user) => shared({ ...settings, user })));
  t.is(proxy.counts().connections, 1);
  const answers = await Promise.all(
    connections.map(async (connection) => (await (await connection.session()).run([{ script: 'id -un' }]))[0]?.stdout),
  );
  t.deepEqual(answers, ['root\n', 'tester\n', 'nosudo\n']);
  await Promise.all(connections.map((connection) => connection.close()));
  await until('the bastion is left', () => sshd.inside('pgrep -fc "sshd: nopass$" || true') === '0\n');
  // The next one enters anew.
  t.like(await once(settings, 'echo again'), { stdout: 'again\n' });
  // Two hops.
  t.like(await once({ ...settings, proxyJump: `nopass@127.0.0.1:${proxy.port},tester@127.0.0.1:${sshd.port}` }, 'echo two'), { stdout: 'two\n' });
  writeFileSync(file, `[127.0.0.1]:${sshd.port} ${key}\n`);
  await unreachable(
    t,
    settings,
    new RegExp(`on the way to 127.0.0.1: the host key of 127.0.0.1 port ${proxy.port} is not known`),
    /trust|ssh-keyscan/,
  );
  const dead = await freePort();
  await unreachable(
    t,
    sshd.settings({ proxyJump: `nopass@127.0.0.1:${sshd.port}`, port: dead }),
    /the bastion nopass@127.0.0.1 port \d+ cannot connect to 127.0.0.1 port \d+: Connection refused/,
    /Try there/,
  );
  await unreachable(t, sshd.settings({ proxyJump: 'no body@here' }), /ssh_proxy_jump "no body@here" is not understood/, /user@host:port/);
  await proxy.close();
});

real('a session goes on through new key exchanges, and the key is judged again each time', (t) =>
  alone(
    async (host) => {
      t.timeout(60_000);
      const connection = await connect(host.settings());
      const session = await connection.session();
      const [result] = await session.run([{ script: 'head -c 6000000 /dev/zero | tr "\\0" y' }]);
      t.is(result?.stdout.length, 6_000_000);
      t.like((await session.run([{ script: 'wc -c', stdin: 'x'.repeat(4_000_000) }]))[0], { stdout: '4000000\n' });
      await connection.close();
    },
    ['RekeyLimit 1M'],
  ),
);

real('thirty hosts at once behind the defaults of MaxStartups all get in', (t) =>
  alone(async (host) => {
    t.timeout(120_000);
    const connections = await Promise.all(Array.from({ length: 30 }, () => connect(host.settings())));
    t.is(connections.length, 30);
    await Promise.all(connections.map((connection) => connection.close()));
  }),
);

real('ten identities fit on one connection', async (t) => {
  const connection = await connect(sshd.settings());
  const users = ['tester', 'nopass', 'nosudo', 'noisy', 'busy'];
  const sessions = await Promise.all([undefined, ...users].map((user) => connection.session(user === undefined ? undefined : { user })));
  const names = await Promise.all(sessions.map(async (session) => (await session.run([{ script: 'id -un' }]))[0]?.stdout.trim()));
  t.deepEqual(names, ['root', ...users]);
  await connection.close();
});

test.serial('what listens there, or does not, is told apart', async (t) => {
  t.timeout(60_000);
  const settings = (other: Partial<ConnectionSettings>): ConnectionSettings => ({
    name: 'testhost',
    transport: 'ssh',
    host: '127.0.0.1',
    port: 22,
    user: 'root',
    password: 'x',
    knownHostsFiles: [],
    connectTimeoutSeconds: 3,
    ...other,
  });
  await unreachable(t, settings({ port: await freePort() }), /127\.0\.0\.1 port \d+ refused the connection/, /is sshd running/);
  await unreachable(t, settings({ host: 'does-not-exist.invalid' }), /the name does-not-exist.invalid is not found/, /ssh_host/);
  await unreachable(t, settings({ host: '-oProxyCommand=id' }), /is no host name or address/, /ssh_host/);
  await unreachable(t, settings({ host: 'a b' }), /is no host name or address/, /ssh_host/);
  const silent = createServer((socket) => void socket.on('error', () => undefined));
  const closing = createServer((socket) => void socket.destroy());
  const web = createServer((socket) => void socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const port = (server: typeof silent): Promise<number> =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  await unreachable(t, settings({ port: await port(silent) }), /the SSH handshake took longer than 3 s/, /Is it sshd/);
  await unreachable(t, settings({ port: await port(closing) }), /hung up before it said anything/, /PerSourcePenalties/);
  await unreachable(t, settings({ port: await port(web), connectTimeoutSeconds: 2 }), /port \d+/, /Is it sshd/);
  for (const server of [silent, closing, web]) server.close();
});

real('a host that says its name in pieces is connected to', async (t) => {
  const slow = createServer({ noDelay: true }, (client) => {
    const upstream = dial({ host: '127.0.0.1', port: sshd.port });
    for (const socket of [client, upstream]) socket.on('error', () => undefined).on('close', () => client.destroy() && upstream.destroy());
    client.pipe(upstream);
    const inPieces = async (chunk: Buffer): Promise<void> => {
      upstream.pause();
      for (let at = 0; at < chunk.length; at += 8) {
        client.write(chunk.subarray(at, at + 8));
        await sleep(20);
      }
      upstream.pipe(client);
    };
    upstream.once('data', (chunk: Buffer) => void inPieces(chunk));
  });
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const address = slow.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const known = join(sshd.folder, 'known_hosts_slow');
  writeFileSync(known, `[127.0.0.1]:${port} ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  t.like(await once(sshd.settings({ port, knownHostsFiles: [known] }), 'echo here'), { rc: 0, stdout: 'here\n' });
  slow.close();
});

real('an interrupted connect ends at once', async (t) => {
  const blackHole = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => blackHole.listen(0, '127.0.0.1', resolve));
  const address = blackHole.address();
  const abort = new AbortController();
  const connecting = connect(sshd.settings({ port: typeof address === 'object' && address ? address.port : 0 }), abort.signal);
  const start = performance.now();
  setTimeout(() => abort.abort(), 100);
  await t.throwsAsync(connecting, { instanceOf: UnreachableError, message: /interrupted/ });
  t.true(performance.now() - start < 5000);
  blackHole.close();
});

real('at the end of a session its shell is told so and ends by itself: nobody has to look for it among all processes of the host', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-shell-'));
  const [program, log] = [join(folder, 'sh'), join(folder, 'log')];
  // A shell that notes how another ends; one that is ended from outside takes this one with it, and leaves no note.
  writeFileSync(program, `#!/bin/bash\n/usr/bin/busybox sh "$@"\ncode=$?; echo "$code $#" >>${log}; exit $code\n`, { mode: 0o755 });
  const host = await startSshd({ sh: program });
  try {
    t.like(await once(host.settings(), 'true'), { rc: 0 });
    // The session's is the one without arguments.
    await until('the shell has ended by itself', () => existsSync(log) && /^0 0$/m.test(readFileSync(log, 'utf8')), 5);
    t.pass();
  } finally {
    host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.serial('this machine itself is a host', async (t) => {
  const connection = await connect({
    name: 'here',
    transport: 'local',
    host: 'localhost',
    port: 22,
    user: 'ignored',
    knownHostsFiles: [],
    connectTimeoutSeconds: 5,
  });
  const session = await connection.session();
  const [result] = await session.run([{ script: 'echo $((1+1)); id -un' }]);
  t.is(result?.stdout, `2\n${connection.user}\n`);
  const [late] = await session.run([{ script: 'sleep 100', timeoutSeconds: 0.3 }]);
  t.like(late, { rc: 124, timedOut: true });
  await connection.close();
});
