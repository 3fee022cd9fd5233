import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ServerChannel } from 'ssh2';
import { connect } from '../../src/remote/connect.ts';
import { openSsh } from '../../src/remote/ssh.ts';
import { SshFailure } from '../../src/remote/ssh-errors.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { type Behaviour, type FakeServer, fakeServer } from './server.ts';

// A server that does not behave, in this process: what it sends must cost this side neither memory nor patience, and never count as a result.

const folder = mkdtempSync(join(tmpdir(), 'homerun-hostile-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** The nonce that stands in a trip, once the server has read so much of it. */
function onTrip(channel: ServerChannel, act: (nonce: string) => void): void {
  let text = '';
  let done = false;
  channel.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const nonce = /printf '([0-9a-f]{32}) begin/.exec(text)?.[1];
    if (nonce === undefined || done) return;
    done = true;
    act(nonce);
  });
}

function both(channel: ServerChannel, text: string): void {
  channel.write(text);
  channel.stderr.write(text);
}

function bad(title: string, shell: NonNullable<Behaviour['shell']>, message: RegExp): void {
  test(`${title} is a lost host, never a result`, async (t) => {
    t.timeout(60_000);
    const server = await fakeServer({ shell });
    // Also after a failure: what stays connected keeps the process.
    t.teardown(() => server.close());
    const connection = await connect(server.settings);
    t.teardown(() => connection.close());
    const before = memory();
    const error = await t.throwsAsync(async () => (await connection.session()).run([{ script: 'id', timeoutSeconds: 2 }]), {
      instanceOf: UnreachableError,
    });
    t.regex(error?.message ?? '', message);
    // Nothing that moves a cursor reaches a screen through a message.
    t.notRegex(`${error?.message}${error?.hint}`, /[\u0000-\u001f\u007f-\u009f\u202e]/);
    t.true(memory() - before < 300 * 2 ** 20);
  });
}

/** Bytes that this thread holds; the resident size is that of all test files at once. */
function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

bad('a channel that closes at once', (channel) => void channel.end(), /the shell there/);
bad(
  'a channel that closes with code 0 before the answer',
  (channel) => onTrip(channel, () => (channel.exit(0), channel.end())),
  /the shell there ended/,
);
bad(
  'an end after half of the answer',
  (channel) => onTrip(channel, (nonce) => (both(channel, `${nonce} begin 7\nuid=0(root)\n`), channel.exit(0), channel.end())),
  /the shell there ended/,
);
bad(
  'a connection that breaks after half of the answer',
  (channel, client) => onTrip(channel, (nonce) => (both(channel, `${nonce} begin 7\nuid=0`), setTimeout(() => client.end(), 50))),
  /lost|was closed|ended/,
);
bad('silence', () => undefined, /did not answer within 3 s/);
bad('endless noise before the answer', flood, /more than \d+ bytes before its first answer/);
bad(
  'noise that moves the cursor',
  (channel) => (channel.write('\x1b[2J\x1b]0;title\x07ok: [host]\u202e\r\n'), channel.exit(1), channel.end()),
  /it said: /,
);
bad('a marker with words in place of numbers', (channel) => onTrip(channel, (nonce) => both(channel, `${nonce} begin x\n`)), /cannot be understood/);
bad('an end before the begin', (channel) => onTrip(channel, (nonce) => both(channel, `${nonce} 0 0\n`)), /cannot be understood/);
bad('the end of another step', (channel) => onTrip(channel, (nonce) => both(channel, `${nonce} begin 7\n${nonce} 5 0\n`)), /cannot be understood/);
bad('a code of four digits', (channel) => onTrip(channel, (nonce) => both(channel, `${nonce} begin 7\n${nonce} 0 1000\n`)), /cannot be understood/);
bad('a marker that never ends', (channel) => onTrip(channel, (nonce) => both(channel, `${nonce} ${'x'.repeat(500)}`)), /cannot be understood/);
bad(
  'streams that contradict each other',
  (channel) =>
    onTrip(channel, (nonce) => {
      channel.write(`${nonce} begin 7\n${nonce} 0 0\n`);
      channel.stderr.write(`${nonce} begin 7\n${nonce} 0 1\n`);
    }),
  /contradict/,
);
bad(
  'an answer on one stream only',
  (channel) => onTrip(channel, (nonce) => void channel.write(`${nonce} begin 7\n${nonce} 0 0\n`)),
  /did not answer|cannot be ended/,
);
bad(
  'an answer with the nonce of nobody',
  (channel) => onTrip(channel, () => both(channel, `${'0'.repeat(32)} begin 7\n${'0'.repeat(32)} 0 0\n`)),
  /did not answer/,
);
bad(
  'endless output of a step that cannot be ended',
  (channel) =>
    onTrip(channel, (nonce) => {
      both(channel, `${nonce} begin 7\n`);
      flood(channel);
    }),
  /cannot be ended there/,
);

// Writes as fast as the other side takes it.
function flood(channel: ServerChannel): void {
  const block = Buffer.alloc(2 ** 18, 'y\n');
  const more = (): void => {
    if (channel.writable && !channel.destroyed) channel.write(block, more);
  };
  more();
}

test('an honest answer of the same server is a result', async (t) => {
  const server = await fakeServer({ shell: (channel) => onTrip(channel, (nonce) => both(channel, `noise ${nonce} begin 7\nuid=0\n${nonce} 0 0\n`)) });
  const connection = await connect(server.settings);
  const [result] = await (await connection.session()).run([{ script: 'id' }]);
  t.like(result, { rc: 0, stdout: 'uid=0\n' });
  t.deepEqual(server.asked, []);
  await connection.close();
  await server.close();
});

test('nothing of a login reaches a server whose key is not the right one', async (t) => {
  const server = await fakeServer({});
  const file = join(folder, 'empty');
  writeFileSync(file, '');
  for (const text of ['', `[127.0.0.1]:${server.settings.port} ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=\n`]) {
    writeFileSync(file, text);
    await t.throwsAsync(connect({ ...server.settings, knownHostsFiles: [file] }), { instanceOf: UnreachableError, message: /host key/ });
  }
  await t.throwsAsync(connect({ ...server.settings, knownHostsFiles: [folder] }), { instanceOf: UnreachableError, message: /cannot be read/ });
  t.is(server.logins(), 0);
  await server.close();
});

test('a password is given once, and to one hidden question only', async (t) => {
  const answers: string[][] = [];
  const questions = [[{ prompt: 'Password: ', echo: false }], [{ prompt: 'Password: ', echo: false }]];
  const ask = (prompts: { prompt: string; echo: boolean }[]) =>
    fakeServer({
      authenticate: (context) => {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
        context.prompt(prompts, (given) => {
          answers.push(given);
          context.prompt(questions[1] ?? [], (again) => {
            answers.push(again);
            context.reject(['keyboard-interactive']);
          });
        });
      },
    });
  for (const prompts of [
    questions[0] ?? [],
    [{ prompt: 'Your name: ', echo: true }],
    [
      { prompt: 'Password: ', echo: false },
      { prompt: 'Code: ', echo: false },
    ],
  ]) {
    const server = await ask(prompts);
    await t.throwsAsync(connect(server.settings), { instanceOf: UnreachableError, message: /does not let root in/ });
    await server.close();
  }
  t.deepEqual(answers, [['secret'], [''], [''], [''], ['', ''], ['']]);
});

test('channels and forwardings that a server opens are refused', async (t) => {
  const opened: string[] = [];
  const server = await fakeServer({
    client: (client) => {
      client.forwardOut('127.0.0.1', 1, '127.0.0.1', 2, (error) => opened.push(error ? 'refused' : 'opened'));
      client.x11('127.0.0.1', 1, (error) => opened.push(error ? 'refused' : 'opened'));
    },
    shell: (channel) => onTrip(channel, (nonce) => both(channel, `${nonce} begin 7\n${nonce} 0 0\n`)),
  });
  const connection = await connect(server.settings);
  await (await connection.session()).run([{ script: 'true' }]);
  await connection.close();
  await server.close();
  t.deepEqual(opened, ['refused', 'refused']);
});

test('one host that breaks off does not disturb the others', async (t) => {
  const good = await fakeServer({
    shell: (channel) => onTrip(channel, (nonce) => setTimeout(() => both(channel, `${nonce} begin 7\n${nonce} 0 0\n`), 300)),
  });
  const flapping = await fakeServer({ shell: (_channel, client) => void setTimeout(() => client.end(), 50) });
  const one = async (server: FakeServer): Promise<number | undefined> => {
    const connection = await connect(server.settings);
    try {
      return (await (await connection.session()).run([{ script: 'true' }]))[0]?.rc;
    } finally {
      await connection.close();
    }
  };
  const results = await Promise.allSettled([...Array.from({ length: 5 }, () => one(good)), one(flapping), one(flapping)]);
  t.deepEqual(
    results.map((result) => result.status),
    [...Array.from({ length: 5 }, () => 'fulfilled'), 'rejected', 'rejected'],
  );
  await good.close();
  await flapping.close();
});

test('a connection that was lost before SSH listened to it counts as a host that hung up, at once', async (t) => {
  const server = createServer((accepted) => accepted.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
  await new Promise((resolve) => socket.once('close', resolve));
  const options = { socket, target: '', user: 'root', timeoutMs: 2000, hostKeyAlgorithms: [], verify: () => true, nextAttempt: () => undefined };
  const error = await t.throwsAsync(openSsh(options), { instanceOf: SshFailure });
  t.is(error?.kind, 'silent');
  server.close();
});
