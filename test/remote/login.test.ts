import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { connect } from '../../src/remote/connect.ts';
import { createLogin, planLogin } from '../../src/remote/login.ts';
import { createUnlock } from '../../src/remote/passphrase.ts';
import type { ConnectionSettings } from '../../src/remote/session.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { keygen, password, publicKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts';
import { until } from './wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-login-'));
const hasTools = existsSync('/usr/bin/ssh-keygen') && existsSync('/usr/bin/ssh-agent');
if (!hasTools) console.log('skipped: keys and agents: ssh-keygen and ssh-agent are missing (apt-get install openssh-client)');
const keys = hasTools ? test.serial : test.serial.skip;
const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: logging in with agents at a real sshd: ${why}`);
const real = why === undefined && hasTools ? test.serial : test.serial.skip;

let agent: ChildProcess | undefined;
const agentSocket = join(folder, 'agent');
let sshd: Sshd | undefined;

test.before(async () => {
  if (!hasTools) return;
  agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' });
  await until('the agent listens', () => existsSync(agentSocket));
  for (const type of ['ed25519', 'ecdsa', 'rsa']) keygen(join(folder, type), type);
  keygen(join(folder, 'locked'), 'ed25519', 'a passphrase');
  if (why === undefined) sshd = await startSshd();
});
test.after.always(() => {
  agent?.kill();
  sshd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function settings(other: Partial<ConnectionSettings>): ConnectionSettings {
  return { name: 'web1', transport: 'ssh', host: '127.0.0.1', port: 22, user: 'root', knownHostsFiles: [], connectTimeoutSeconds: 5, ...other };
}

function agentHolds(...names: string[]): void {
  const run = (...options: string[]) =>
    execFileSync('ssh-add', ['-q', ...options], { env: { ...process.env, SSH_AUTH_SOCK: agentSocket }, stdio: 'ignore' });
  run('-D');
  for (const name of names) run(join(folder, name));
}

for (const type of ['ed25519', 'ecdsa', 'rsa']) {
  keys(`an OpenSSH key of type ${type} is read`, async (t) => {
    const { attempts, skipped } = await planLogin(settings({ identityFile: join(folder, type) }));
    t.deepEqual([attempts.map(({ attempt }) => attempt.kind), skipped], [['key'], []]);
    const print = execFileSync('ssh-keygen', ['-lf', join(folder, `${type}.pub`)], { encoding: 'utf8' }).split(' ')[1];
    t.is(attempts[0]?.label, `the key ${join(folder, type)} (${print})`);
  });
}

test('a key file that is a pipe or a device is refused at once', async (t) => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // Held open, so that whoever reads it waits for what is written, and for no longer than this test.
  const held = openSync(pipe, 'r+');
  t.teardown(() => closeSync(held));
  for (const path of [pipe, '/dev/null', folder]) {
    const error = await t.throwsAsync(planLogin(settings({ identityFile: path })), { instanceOf: UnreachableError });
    t.is(error?.message, `the private key ${path} cannot be read (it is not a file)`);
    t.regex(error?.hint ?? '', /ssh_identity_file/);
  }
});

for (const format of ['PEM', 'PKCS8']) {
  keys(`an RSA key in ${format} is read, or what to do is said`, async (t) => {
    const file = join(folder, `rsa-${format}`);
    copyFileSync(join(folder, 'rsa'), file);
    chmodSync(file, 0o600);
    execFileSync('ssh-keygen', ['-q', '-p', '-N', '', '-m', format, '-f', file]);
    if (format === 'PEM') {
      t.is((await planLogin(settings({ identityFile: file }))).attempts[0]?.attempt.kind, 'key');
      return;
    }
    const error = await t.throwsAsync(planLogin(settings({ identityFile: file })), {
      instanceOf: UnreachableError,
      message: /is no private key that can be used/,
    });
    t.regex(error?.hint ?? '', /ssh-keygen -p -f .* converts/);
  });
}

keys('each way in which a key can be the wrong file is told apart', async (t) => {
  const said = async (identityFile: string): Promise<string> => {
    const error = await t.throwsAsync(planLogin(settings({ identityFile })), { instanceOf: UnreachableError });
    return `${error?.message} | ${error?.hint}`;
  };
  writeFileSync(join(folder, 'text'), 'hello\n');
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'cut'), readFileSync(join(folder, 'ed25519'), 'utf8').slice(0, 200));
  t.regex(await said(join(folder, 'missing')), /missing does not exist \| .*ssh_identity_file/);
  t.regex(await said(folder), /cannot be read \(it is not a file\)/);
  t.regex(await said(join(folder, 'text')), /is no private key that can be used/);
  t.regex(await said(join(folder, 'empty')), /is no private key that can be used/);
  t.regex(await said(join(folder, 'cut')), /is no private key that can be used/);
  t.regex(await said(join(folder, 'ed25519.pub')), /is a public key \| .*without \.pub/);
  t.regex(await said(join(folder, 'locked')), /locked is protected by a passphrase, and there is no terminal .* \| .*ssh-agent.*ssh-add .*locked/);
});

keys('a key that is protected by a passphrase is used through the agent that holds it', async (t) => {
  const secret = join(folder, 'askpass');
  writeFileSync(secret, '#!/bin/sh\necho a passphrase\n', { mode: 0o700 });
  agentHolds('ed25519');
  execFileSync('ssh-add', ['-q', join(folder, 'locked')], {
    env: { ...process.env, SSH_AUTH_SOCK: agentSocket, SSH_ASKPASS: secret, SSH_ASKPASS_REQUIRE: 'force' },
    stdio: 'ignore',
  });
  const { attempts } = await planLogin(settings({ identityFile: join(folder, 'locked'), agentSocket }));
  t.is(attempts.length, 1);
  t.regex(attempts[0]?.label ?? '', /^the agent's key .*SHA256:/);
});

/** Answers the questions about each key in order; `asked` are those that were asked. */
function answering(answers: Readonly<Record<string, readonly string[]>>): {
  readonly ask: (question: string) => Promise<string>;
  readonly asked: string[];
} {
  const left = new Map(Object.entries(answers).map(([name, texts]) => [`${join(folder, name)}:`, [...texts]]));
  const asked: string[] = [];
  let isOpen = false;
  const ask = async (question: string): Promise<string> => {
    if (isOpen) throw new Error('two questions at once');
    isOpen = true;
    await new Promise((resolve) => setImmediate(resolve));
    isOpen = false;
    asked.push(question);
    const answer = left.get(question.replace(/^.*the key /, ''))?.shift();
    if (answer === undefined) throw new Error('nobody answers');
    return answer;
  };
  return { ask, asked };
}

keys('a passphrase is asked for once, whatever uses the key, and again after a wrong one', async (t) => {
  keygen(join(folder, 'locked too'), 'ecdsa', 'another');
  const { ask, asked } = answering({ locked: ['wrong', 'a passphrase'], 'locked too': ['another'] });
  const unlock = createUnlock(ask);
  const files = [join(folder, 'locked'), join(folder, 'locked'), join(folder, 'locked too')];
  const plans = await Promise.all(files.map((identityFile) => planLogin(settings({ identityFile, unlock }))));
  t.deepEqual(
    plans.map(({ attempts }) => attempts.map(({ attempt }) => attempt.kind)),
    [['key'], ['key'], ['key']],
  );
  t.deepEqual(asked.sort(), [
    `Passphrase of the key ${files[2]}:`,
    `Passphrase of the key ${files[0]}:`,
    `That is not it. Passphrase of the key ${files[0]}:`,
  ]);
});

keys('after three wrong passphrases nobody is asked again, for no host', async (t) => {
  const { ask, asked } = answering({ locked: ['1', '2', '3', 'a passphrase'] });
  const unlock = createUnlock(ask);
  for (let host = 0; host < 3; host += 1) {
    const error = await t.throwsAsync(planLogin(settings({ identityFile: join(folder, 'locked'), unlock })), { instanceOf: UnreachableError });
    t.regex(error?.message ?? '', /locked is protected by a passphrase, and none of the 3 that were typed is right/);
    t.regex(error?.hint ?? '', /ssh-keygen -y -f/);
  }
  t.is(asked.length, 3);
});

keys('a usual key is opened only where there is nothing else to try', (t) => {
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  copyFileSync(join(folder, 'locked'), join(home, '.ssh/id_ed25519'));
  // In a process of its own: where home is cannot be said to a part of one.
  const program = fileURLToPath(new URL('usual-keys.js', import.meta.url));
  const plan = (other: Partial<ConnectionSettings>, passphrase?: string): string =>
    execFileSync(process.execPath, [program, JSON.stringify(settings(other)), ...(passphrase === undefined ? [] : [passphrase])], {
      env: { ...process.env, HOME: home },
      encoding: 'utf8',
    });
  t.regex(plan({ password: 'x' }, 'a passphrase'), /^asked 0: password, keyboard-interactive; .*id_ed25519 is protected by a passphrase/);
  t.regex(plan({}, 'a passphrase'), /^asked 1: key; $/);
  t.regex(plan({}), /^asked 0: there is nothing to log in with .*no terminal to ask/);
});

keys('keys that the ssh configuration names come first, and with IdentitiesOnly alone', async (t) => {
  agentHolds('rsa', 'ed25519');
  const files = [join(folder, 'no such key'), join(folder, 'ecdsa'), join(folder, 'ed25519')];
  const tried = async (only: boolean): Promise<readonly string[]> => {
    const { attempts } = await planLogin(settings({ agentSocket, namedKeys: { files, only } }));
    return attempts.map(({ attempt, label }) => `${attempt.kind}: ${label.replaceAll(/ ?\(?SHA256:[^ ,)]*\)?/g, '')}`);
  };
  t.deepEqual(await tried(false), ["agent: the agent's keys test ed25519, test rsa", `key: the key ${join(folder, 'ecdsa')}`]);
  t.deepEqual(await tried(true), ["agent: the agent's key test ed25519", `key: the key ${join(folder, 'ecdsa')}`]);
  // A server hangs up after six, of which a password is one.
  const many = Array.from({ length: 7 }, () => join(folder, 'ecdsa'));
  const { attempts, skipped } = await planLogin(settings({ namedKeys: { files: many, only: true }, password: 'x' }));
  t.deepEqual(
    attempts.map(({ attempt }) => attempt.kind),
    ['key', 'key', 'key', 'key', 'key', 'password', 'keyboard-interactive'],
  );
  t.regex(skipped.join(), /there are 7 keys, and only the first 5 are tried/);
});

real('a host that gives six tries is logged in at, however many keys the agent holds', async (t) => {
  t.timeout(60_000);
  const many = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'];
  for (const name of many) keygen(join(folder, name), 'ed25519');
  agentHolds(...many);
  const host = await startSshd({ extra: ['MaxAuthTries 6'] });
  try {
    writeFileSync(join(host.folder, 'authorized_keys'), `${publicKey(join(folder, 'm7.pub'))}\n`);
    const { identityFile: _, ...others } = host.settings({ agentSocket });
    // Named: the agent is asked to sign with that key.
    await (await connect({ ...others, identityFile: join(folder, 'm7') })).close();
    await (await connect({ ...others, namedKeys: { files: [join(folder, 'm7')], only: false } })).close();
    await (await connect({ ...others, user: 'tester', password })).close();
    const error = await t.throwsAsync(connect(others), {
      instanceOf: UnreachableError,
      message: /tried the agent's keys .*only the first 4 are tried/,
    });
    t.notRegex(error?.message ?? '', /Too many/);
  } finally {
    host.stop();
  }
});

real('an encrypted key logs in with its passphrase', async (t) => {
  if (!sshd) throw new Error('no sshd');
  writeFileSync(join(sshd.folder, 'authorized_keys'), `${publicKey(join(folder, 'locked.pub'))}\n`);
  const unlock = createUnlock(answering({ locked: ['a passphrase'] }).ask);
  const connection = await connect(sshd.settings({ identityFile: join(folder, 'locked'), unlock }));
  t.like((await (await connection.session()).run([{ script: 'echo in' }]))[0], { stdout: 'in\n' });
  await connection.close();
});

keys('what an agent holds and cannot be used is said, and at most four of its keys are tried', async (t) => {
  for (const name of ['k1', 'k2', 'k3', 'k4', 'k5']) keygen(join(folder, name), 'ed25519');
  keygen(join(folder, 'ca'), 'ed25519');
  execFileSync('ssh-keygen', ['-q', '-s', join(folder, 'ca'), '-I', 'me', '-n', 'root', join(folder, 'ecdsa.pub')]);
  // The agent takes the certificate beside the key along.
  agentHolds('ecdsa', 'k1', 'k2', 'k3', 'k4', 'k5');
  const { attempts, skipped } = await planLogin(settings({ agentSocket }));
  const first = attempts[0]?.attempt;
  t.is(first?.kind === 'agent' ? first.keys.length : 0, 4);
  t.true(skipped.some((text) => /ecdsa-sha2-nistp256-cert-v01@openssh.com\) was not tried: certificates take ssh_transport: openssh/.test(text)));
  t.true(skipped.some((text) => /holds 6 keys, and only the first 4 are tried/.test(text)));
  t.true((await planLogin(settings({ identityFile: join(folder, 'ecdsa') }))).skipped.some((text) => text.includes('ecdsa-cert.pub is not used')));
});

keys('an agent that is gone, silent or talks nonsense is said, and does not stop other ways', async (t) => {
  const answers = async (name: string, answer: Buffer | undefined): Promise<string> => {
    const path = join(folder, name);
    const server = createServer((socket) => {
      socket.on('error', () => undefined).on('data', () => undefined);
      if (answer) socket.write(answer);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const { skipped } = await planLogin(settings({ agentSocket: path, password: 'x' }));
    server.close();
    return skipped.join('; ');
  };
  t.regex((await planLogin(settings({ agentSocket: join(folder, 'gone'), password: 'x' }))).skipped.join(), /cannot be asked \(ENOENT\)/);
  t.regex(await answers('silent', undefined), /does not answer/);
  t.regex(await answers('huge', Buffer.from([0xff, 0, 0, 0, 12])), /too long/);
  t.regex(await answers('broken', Buffer.from([0, 0, 0, 9, 12, 0, 0, 0, 1, 0, 0, 0, 99])), /not understood/);
  t.regex(await answers('lying', Buffer.from([0, 0, 0, 13, 12, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0])), /not understood/);
});

keys('without anything to log in with, no host is asked', async (t) => {
  const home = process.env['HOME'];
  process.env['HOME'] = join(folder, 'nobody');
  try {
    const error = await t.throwsAsync(connect(settings({ host: 'does-not-exist.invalid' })), {
      instanceOf: UnreachableError,
      message: /nothing to log in with/,
    });
    t.regex(error?.hint ?? '', /--private-key.*ssh-agent.*--ask-pass/);
  } finally {
    process.env['HOME'] = home;
  }
});

test('ways to log in are tried in their order, each once, and only what the host takes', (t) => {
  const plan = {
    attempts: [
      { attempt: { kind: 'agent', socket: '/s', keys: [] }, label: 'the agent' },
      { attempt: { kind: 'password', password: 'x' }, label: 'the password' },
      { attempt: { kind: 'keyboard-interactive', password: 'x' }, label: 'the password (keyboard-interactive)' },
    ],
    skipped: [],
  } as const;
  const walk = (...offers: (readonly string[] | undefined)[]): string[] => {
    const login = createLogin(plan);
    return [...offers.map((methods) => login.next(methods)?.kind ?? 'end'), login.report()];
  };
  t.deepEqual(walk(undefined, ['publickey', 'password'], ['publickey', 'password']), [
    'agent',
    'password',
    'end',
    'tried the agent, then the password',
  ]);
  t.deepEqual(walk(undefined, ['publickey', 'keyboard-interactive'], ['keyboard-interactive']), [
    'agent',
    'keyboard-interactive',
    'end',
    'tried the agent, then the password (keyboard-interactive); the password was not tried: the host takes publickey, keyboard-interactive only',
  ]);
  t.deepEqual(walk(undefined, ['publickey'], ['publickey']), [
    'agent',
    'end',
    'end',
    'tried the agent; the password was not tried: the host takes publickey only',
  ]);
  t.deepEqual(walk(['password'], ['password']), ['password', 'end', 'tried the password; the agent was not tried: the host takes password only']);
});

real('an agent logs in, with the second of its keys too, and RSA keys sign with SHA-2', async (t) => {
  t.timeout(60_000);
  if (!sshd) throw new Error('no sshd');
  for (const name of ['ed25519', 'ecdsa', 'rsa']) {
    rmSync(join(folder, `${name}-cert.pub`), { force: true });
    writeFileSync(join(sshd.folder, 'authorized_keys'), `${publicKey(join(folder, `${name}.pub`))}\n`);
    agentHolds('k1', name);
    const { identityFile: _, ...others } = sshd.settings({ agentSocket });
    const throughAgent = await connect(others);
    t.like((await (await throughAgent.session()).run([{ script: 'echo in' }]))[0], { stdout: 'in\n' });
    await throughAgent.close();
    const throughFile = await connect(sshd.settings({ identityFile: join(folder, name) }));
    await throughFile.close();
  }
  agentHolds('k1', 'k2');
  const { identityFile: _, ...others } = sshd.settings({ agentSocket });
  await t.throwsAsync(connect(others), {
    instanceOf: UnreachableError,
    message: /does not let root in: tried the agent's keys test ed25519 SHA256:.*, test ed25519 SHA256:/,
  });
});
