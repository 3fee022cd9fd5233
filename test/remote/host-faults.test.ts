import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs, { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { connect as openSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { connect } from '../../src/remote/connect.ts';
import { allHostKeyAlgorithms, fingerprint } from '../../src/remote/known-hosts.ts';
import type { ConnectionSettings } from '../../src/remote/session.ts';
import { openSsh } from '../../src/remote/ssh.ts';
import { SshFailure } from '../../src/remote/ssh-errors.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { type FakeServer, fakeServer, publicHostKey } from './server.ts';

// Whatever breaks in what decides on a host's key: the server never sees a request to log in. It lets everybody in, so that one would be seen.

const folder = mkdtempSync(join(tmpdir(), 'homerun-faults-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** What a verifier may do wrong. */
const verifiers: Readonly<Record<string, () => unknown>> = {
  'throws an error': () => {
    throw new Error('broken');
  },
  'throws nothing': () => {
    throw undefined;
  },
  'runs out of stack': function again(): unknown {
    return [again()];
  },
  'gives false': () => false,
  'gives undefined': () => undefined,
  'gives null': () => null,
  'gives the text true': () => 'true',
  'gives the text yes': () => 'yes',
  'gives 1': () => 1,
  'gives an object': () => ({ verdict: 'trusted' }),
  'gives a list': () => [true],
  'gives a boxed true': () => Object(true),
  'gives a function': () => () => true,
  'gives a symbol': () => Symbol('true'),
  'promises true': () => Promise.resolve(true),
  'promises and breaks it': () => {
    const broken = Promise.reject(new Error('broken'));
    broken.catch(() => undefined);
    return broken;
  },
  'never says anything': () => new Promise(() => undefined),
  'gives an error': () => new Error('ENOMEM'),
};

for (const [what, verify] of Object.entries(verifiers)) {
  test.serial(`a verifier that ${what} lets nobody log in`, async (t) => {
    const server = await fakeServer({});
    t.teardown(() => server.close());
    const { port } = server.settings;
    const socket = openSocket({ host: '127.0.0.1', port });
    const opening = openSsh({
      socket,
      target: 'evil',
      user: 'root',
      timeoutMs: 3000,
      hostKeyAlgorithms: allHostKeyAlgorithms,
      verify: verify as () => boolean,
      nextAttempt: () => ({ kind: 'password', password: 'secret' }),
    });
    await t.throwsAsync(opening, { instanceOf: SshFailure, message: /./ });
    await server.close();
    t.is(server.logins(), 0);
  });
}

/** A fault of the files: what `known_hosts` is, given the line that would make the server known. */
type MakeFiles = (good: string, path: string) => readonly string[];

const onePath = (make: (good: string, path: string) => void): MakeFiles => {
  return (good, path) => {
    make(good, path);
    return [path];
  };
};
const text = (change: (good: string) => string | Buffer): MakeFiles => onePath((good, path) => writeFileSync(path, change(good)));
const [, type = '', key = ''] = publicHostKey('x').split(' ');

const files: Readonly<Record<string, MakeFiles>> = {
  'are none': () => [],
  'are not there': (_, path) => [path],
  'are empty': text(() => ''),
  'are a directory': onePath((_, path) => mkdirSync(path)),
  'are below a file': (good, path) => {
    writeFileSync(path, good);
    return [join(path, 'known_hosts')];
  },
  'are a link to itself': onePath((_, path) => symlinkSync(path, path)),
  'are a link to nothing': onePath((_, path) => symlinkSync(`${path}.none`, path)),
  'are a pipe': onePath((_, path) => void spawnSync('mkfifo', [path])),
  'are a device without end': () => ['/dev/zero'],
  'are a device without content': () => ['/dev/null'],
  'have a name that is too long': () => [join(folder, 'x'.repeat(5000))],
  'have a name with a NUL': () => [`${folder}/a\0b`],
  'are good, and a second one cannot be read': (good, path) => {
    writeFileSync(path, good);
    return [path, folder];
  },
  'are 10 MB of garbage': text(() => Buffer.alloc(10 * 2 ** 20, 'garbage \u0000\u0001\n')),
  'are one line of 10 MB': text((good) => `${'x'.repeat(10 * 2 ** 20)},${good}`),
  'are 10 MB of patterns that take long': text((good) => `${'*a'.repeat(500)}b ${good.split(' ').slice(1).join(' ')}`.repeat(9000)),
  'have a key that is not base64': text((good) => good.replace(key, '%%%')),
  'have a key without its end': text((good) => good.replace(key, key.slice(0, 40))),
  'have a key with something behind it': text((good) =>
    good.replace(key, Buffer.concat([Buffer.from(key, 'base64'), Buffer.alloc(3)]).toString('base64')),
  ),
  'have a key without a key in it': text((good) => good.replace(key, 'AAAA')),
  'have a key under the name of another type': text((good) => good.replace(type, 'ssh-ed25519')),
  'have the right line as a comment': text((good) => `# ${good}`),
  'have the right line behind a mark of byte order': text((good) => `\ufeff${good}`),
  'are written with two bytes a letter': text((good) => Buffer.from(`\ufeff${good}`, 'utf16le')),
  'have the key for another port': text((good) => good.replace(/\]:\d+/, ']:1')),
  'have the name only in a hash that is cut': text((good) => good.replace(/^\S+/, '|1|AAAA|BBBB')),
  'have the key as revoked': text((good) => `${good}@revoked * ${good.split(' ').slice(1).join(' ')}`),
  'have the key of an authority': text((good) => `@cert-authority ${good}`),
};

async function refused(server: FakeServer, settings: Partial<ConnectionSettings>): Promise<UnreachableError> {
  try {
    const connection = await connect({ ...server.settings, connectTimeoutSeconds: 20, ...settings });
    await connection.close();
  } catch (error) {
    if (error instanceof UnreachableError) return error;
    throw error;
  }
  throw new Error('it logged in');
}

for (const [what, make] of Object.entries(files)) {
  test.serial(`known_hosts files that ${what} let nobody log in`, async (t) => {
    t.timeout(60_000);
    const server = await fakeServer({});
    t.teardown(() => server.close());
    const good = `${publicHostKey(`[127.0.0.1]:${server.settings.port}`)}\n`;
    const error = await refused(server, { knownHostsFiles: make(good, join(folder, `files-${server.settings.port}`)) });
    t.regex(error.message, /^(the host key of|the known_hosts file)/);
    t.not(error.hint, undefined);
    await server.close();
    t.is(server.logins(), 0);
  });
}

/** Functions of Node that break while a key is judged, and what they do then. */
const broken: Readonly<Record<string, readonly [target: object, name: string, fault: () => unknown]>> = {
  'reading gives an error of the disk': [fs.promises, 'readFile', () => Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }))],
  'reading is not permitted': [fs.promises, 'readFile', () => Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }))],
  'reading never ends': [fs.promises, 'readFile', () => new Promise(() => undefined)],
  'reading gives nothing': [fs.promises, 'readFile', () => Promise.resolve(undefined)],
  'reading throws at once': [
    fs.promises,
    'readFile',
    () => {
      throw new Error('too many open files');
    },
  ],
  'looking at the file never ends': [fs.promises, 'stat', () => new Promise(() => undefined)],
  'looking at the file gives an error': [fs.promises, 'stat', () => Promise.reject(Object.assign(new Error('stale'), { code: 'ESTALE' }))],
  'a fingerprint cannot be made': [
    crypto,
    'createHash',
    () => {
      throw new Error('out of memory');
    },
  ],
  'a hash cannot be made': [
    crypto,
    'createHmac',
    () => {
      throw new Error('digital envelope routines::unsupported');
    },
  ],
};

for (const [what, [target, name, fault]] of Object.entries(broken)) {
  test.serial(`nobody logs in when ${what}`, async (t) => {
    const server = await fakeServer({});
    t.teardown(() => server.close());
    const salt = crypto.randomBytes(20);
    const hash = crypto.createHmac('sha1', salt).update(`[127.0.0.1]:${server.settings.port}`).digest('base64');
    const file = join(folder, `hashed-${server.settings.port}`);
    writeFileSync(file, `${publicHostKey(`|1|${salt.toString('base64')}|${hash}`)}\n`);
    const pin = fingerprint(Buffer.from(key, 'base64'));
    const original: unknown = Reflect.get(target, name);
    Reflect.set(target, name, (...words: readonly unknown[]): unknown => {
      // What else is read goes on: the keys to log in with.
      const isAboutHost = typeof words[0] === 'string' && [file, 'sha1', 'sha256'].includes(words[0]);
      return isAboutHost ? fault() : Reflect.apply(original as () => unknown, target, words);
    });
    syncBuiltinESMExports();
    try {
      // Short, for what never ends.
      await refused(server, { knownHostsFiles: [file], hostKeys: [pin], connectTimeoutSeconds: 3 });
    } finally {
      Reflect.set(target, name, original);
      syncBuiltinESMExports();
    }
    await server.close();
    t.is(server.logins(), 0);
    // Without the fault the same file is right.
    const again = await fakeServer({});
    writeFileSync(file, `${publicHostKey(`[127.0.0.1]:${again.settings.port}`)}\n`);
    await (await connect({ ...again.settings, connectTimeoutSeconds: 20, knownHostsFiles: [file] })).close();
    await again.close();
    t.true(again.logins() > 0);
  });
}

test.serial('the faults are more than forty', (t) => {
  const count = Object.keys({ ...verifiers, ...files, ...broken }).length;
  t.log(`${count} faults of the verifier: 0 got to a login`);
  t.true(count >= 40);
});
