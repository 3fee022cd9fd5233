// What is offered to a server before anything about us is told, byte for byte, and what of a server is not taken: the lists of RFC 4253, 7.1.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { connect } from '../../src/remote/connect.ts';
import type { ConnectionSettings } from '../../src/remote/session.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { publicHostKey } from './server.ts';
import { message, payload, plainPacket } from './ssh-packets.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-offered-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** The lists of a KEXINIT, in the order of the packet. */
const lists = [
  'kex',
  'hostKeys',
  'ciphersOut',
  'ciphersIn',
  'macsOut',
  'macsIn',
  'compressionOut',
  'compressionIn',
  'languagesOut',
  'languagesIn',
] as const;
type Offer = Readonly<Record<(typeof lists)[number], readonly string[]>>;

const ciphers = ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr', 'aes128-ctr'];
const macs = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'];

/** All that is offered. Whoever changes this has read what the new one is worth. */
const golden: Offer = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    // No algorithms: what else is understood, and that Terrapin (CVE-2023-48795) is guarded against.
    'ext-info-c',
    'kex-strict-c-v00@openssh.com',
  ],
  hostKeys: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256'],
  ciphersOut: ciphers,
  ciphersIn: ciphers,
  macsOut: macs,
  macsIn: macs,
  compressionOut: ['none'],
  compressionIn: ['none'],
  languagesOut: [],
  languagesIn: [],
};

/** What nobody may offer any more: SHA-1 and MD5, CBC, chacha20 (Terrapin), RC4, 3DES, DSA, small groups, compression. */
const outdated = /sha1(?!\d)|md5|cbc|chacha20|arcfour|3des|ssh-dss|^ssh-rsa$|group1-|group14|zlib/;

function readOffer(packet: Buffer): Offer {
  let at = 17;
  const entries = lists.map((name) => {
    const length = packet.readUInt32BE(at);
    const text = packet.toString('latin1', at + 4, at + 4 + length);
    at += 4 + length;
    return [name, text === '' ? [] : text.split(',')] as const;
  });
  return Object.fromEntries(entries) as unknown as Offer;
}

function writeOffer(offer: Offer): Buffer {
  return payload(message.kexinit, Buffer.alloc(16, 7), ...lists.map((name) => offer[name].join(',')), false, 0);
}

/** Takes packets before any key apart. */
function contents(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = bytes.indexOf('\n') + 1; at > 0 && at + 5 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) break;
    found.push(bytes.subarray(at + 5, at + 4 + length - (bytes[at + 4] ?? 0)));
    at += 4 + length;
  }
  return found;
}

/** What a client sends to a server that says \`says\` once it has the client's offer, until one of them hangs up. */
async function sentTo(says: readonly Buffer[], knownHosts = ''): Promise<{ readonly packets: readonly Buffer[]; readonly error: UnreachableError }> {
  const sent: Buffer[] = [];
  let isAnswered = false;
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    socket.on('data', (chunk) => {
      sent.push(chunk);
      if (isAnswered || contents(Buffer.concat(sent)).length === 0) return;
      isAnswered = true;
      if (says.length === 0) socket.end();
      else socket.write(Buffer.concat(says.map(plainPacket)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const file = join(folder, `known_${port}`);
  writeFileSync(file, knownHosts.replaceAll('HOST', `[127.0.0.1]:${port}`));
  const settings: ConnectionSettings = {
    name: 'web1',
    transport: 'ssh',
    host: '127.0.0.1',
    port,
    user: 'root',
    password: 'secret',
    knownHostsFiles: [file],
    connectTimeoutSeconds: 5,
  };
  const error: unknown = await connect(settings).catch((reason: unknown) => reason);
  server.close();
  if (!(error instanceof UnreachableError)) throw error;
  return { packets: contents(Buffer.concat(sent)), error };
}

test('what is offered is this list and no more, with strict key exchange', async (t) => {
  const { packets } = await sentTo([]);
  const [first = Buffer.alloc(0)] = packets;
  t.is(first[0], message.kexinit);
  t.deepEqual(readOffer(first), golden);
  t.deepEqual(
    Object.values(golden)
      .flat()
      .filter((name) => outdated.test(name)),
    [],
  );
});

test('of host keys only the types on record are asked for, and RSA without SHA-1', async (t) => {
  const ed25519 = payload(0, 'ssh-ed25519', '\u0003'.repeat(32)).subarray(1);
  for (const [line, asked] of [
    [`HOST ssh-ed25519 ${ed25519.toString('base64')}\n`, ['ssh-ed25519']],
    [`${publicHostKey('HOST')}\n`, ['rsa-sha2-512', 'rsa-sha2-256']],
  ] as const) {
    const { packets } = await sentTo([], line);
    t.deepEqual(readOffer(packets[0] ?? Buffer.alloc(0)).hostKeys, asked);
  }
});

const both = (name: 'ciphers' | 'macs' | 'compression', list: readonly string[]): Partial<Offer> => ({ [`${name}Out`]: list, [`${name}In`]: list });

const refused: readonly (readonly [string, Partial<Offer>])[] = [
  ['group 1', { kex: ['diffie-hellman-group1-sha1'] }],
  ['group 14 with SHA-1', { kex: ['diffie-hellman-group14-sha1'] }],
  ['group 14', { kex: ['diffie-hellman-group14-sha256'] }],
  ['groups of the server with SHA-1', { kex: ['diffie-hellman-group-exchange-sha1'] }],
  ['groups of the server', { kex: ['diffie-hellman-group-exchange-sha256'] }],
  ['RSA keys that sign with SHA-1', { hostKeys: ['ssh-rsa'] }],
  ['DSA keys', { hostKeys: ['ssh-dss'] }],
  ['certificates', { hostKeys: ['ssh-ed25519-cert-v01@openssh.com'] }],
  ['chacha20', both('ciphers', ['chacha20-poly1305@openssh.com'])],
  ['CBC', both('ciphers', ['aes256-cbc', 'aes192-cbc', 'aes128-cbc'])],
  ['3DES', both('ciphers', ['3des-cbc'])],
  ['RC4', both('ciphers', ['arcfour256', 'arcfour'])],
  ['no cipher', both('ciphers', ['none'])],
  ['SHA-1 to authenticate', { ...both('ciphers', ['aes256-ctr']), ...both('macs', ['hmac-sha1-etm@openssh.com', 'hmac-sha1', 'hmac-sha1-96']) }],
  ['MD5', { ...both('ciphers', ['aes256-ctr']), ...both('macs', ['hmac-md5', 'hmac-md5-96']) }],
  ['nothing to authenticate with', { ...both('ciphers', ['aes256-ctr']), ...both('macs', ['none']) }],
  ['compression', both('compression', ['zlib', 'zlib@openssh.com'])],
  ['CBC in one direction', { ciphersIn: ['aes256-cbc'] }],
];

for (const [what, offer] of refused) {
  test(`a server that has ${what} alone gets nothing but the offer, and the error says why`, async (t) => {
    const { packets, error } = await sentTo([writeOffer({ ...golden, kex: golden.kex.slice(0, 7), ...offer })]);
    t.deepEqual(
      packets.map(([type]) => type).filter((type) => type !== message.disconnect),
      [message.kexinit],
    );
    t.regex(error.message, /no common way to encrypt/);
    t.regex(error.hint ?? '', /HostKeyAlgorithms in its sshd_config/);
  });
}

test('with strict key exchange no packet may come before or between: whoever slips one in gets no key', async (t) => {
  const strict = writeOffer({ ...golden, kex: [...golden.kex.slice(0, 7), 'kex-strict-s-v00@openssh.com'] });
  const ignored = payload(message.ignore, 'slipped in');
  for (const says of [
    [ignored, strict],
    [strict, ignored],
  ]) {
    const { packets, error } = await sentTo(says);
    t.false(packets.some(([type]) => type === message.newkeys));
    t.regex(
      error.message,
      /does not speak SSH as expected: (Handshake failed: KEXINIT not first packet in strict KEX mode|Received unexpected packet type 2)/,
    );
  }
});
