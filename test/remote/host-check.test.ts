import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connect } from '../../src/remote/connect.ts';
import { createHostCheck } from '../../src/remote/host-check.ts';
import type { Judged } from '../../src/remote/host-key.ts';
import { fingerprint, parseKnownHosts } from '../../src/remote/known-hosts.ts';
import { UnreachableError } from '../../src/values/errors.ts';
import { fakeServer, publicHostKey } from './server.ts';
import { homerunGoesOn } from './ssh-client.ts';
import { keygen, publicKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts';

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: host keys of a real sshd: ${why}`);
const real = why === undefined ? test : test.skip;

let sshd: Sshd;
test.before(async () => {
  if (why === undefined) sshd = await startSshd({ extra: ['MaxStartups 100'] });
});
test.after.always(() => sshd?.stop());

const types = ['ed25519', 'ecdsa', 'rsa'] as const;

function host(type: string): string {
  return publicKey(join(sshd.folder, `host_${type}.pub`));
}

function blob(line: string): Buffer {
  return Buffer.from(line.split(' ')[1] ?? '', 'base64');
}

for (const type of types) {
  real(`a server with keys of three types is asked for the one on record: ${type}`, async (t) => {
    const file = join(sshd.folder, `known_${type}`);
    writeFileSync(file, `web1 ${host(type)}\n`);
    const found = await homerunGoesOn({ owner: { host: 'web1', port: 22 }, files: [file], port: sshd.port });
    t.deepEqual(found, { goesOn: true, type: host(type).split(' ')[0] });
  });
}

const orders = [
  ['good', 'revoked', 'any'],
  ['good', 'any', 'revoked'],
  ['revoked', 'good', 'any'],
  ['revoked', 'any', 'good'],
  ['any', 'good', 'revoked'],
  ['any', 'revoked', 'good'],
] as const;

for (const type of types) {
  real(`a revoked ${type} key is refused in whatever order the lines stand`, async (t) => {
    const path = join(sshd.folder, `only_${type}`);
    keygen(path, type, '', ['-m', type === 'ed25519' ? 'RFC4716' : 'PEM']);
    const key = readFileSync(path, 'utf8');
    const server = await fakeServer({ hostKeys: [key] });
    t.teardown(() => server.close());
    const name = `[127.0.0.1]:${server.settings.port}`;
    const line = publicHostKey('', key);
    const lines = { good: `${name}${line}\n`, revoked: `@revoked ${name}${line}\n`, any: `@revoked *${line}\n` };
    for (const order of orders) {
      const file = join(sshd.folder, `order_${type}`);
      writeFileSync(file, order.map((which) => lines[which]).join(''));
      const pinned = { ...server.settings, connectTimeoutSeconds: 20, knownHostsFiles: [file], hostKeys: [fingerprint(blob(line.trim()))] };
      await t.throwsAsync(connect(pinned), { instanceOf: UnreachableError, message: /is revoked/ }, order.join());
    }
    await t.notThrowsAsync(async () => (await connect({ ...server.settings, connectTimeoutSeconds: 20 })).close());
    t.true(server.logins() > 0);
  });
}

/** A key of the right form that nobody has. */
function key(seed: number): Buffer {
  const type = Buffer.from('ssh-ed25519');
  return Buffer.concat([Buffer.from([0, 0, 0, type.length]), type, Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, seed)]);
}

const right = fingerprint(key(1));
const wrong = fingerprint(key(2));
const line = (seed: number): string => `web1 ssh-ed25519 ${key(seed).toString('base64')}\n`;

/** What is on record and in the inventory of a host that shows the first key; what is said when it is refused. */
const pins: readonly (readonly [known: string, pins: readonly string[] | undefined, refusal: RegExp | undefined])[] = [
  ['', undefined, /is not known/],
  ['', [right], undefined],
  ['', [wrong, right], undefined],
  ['', [wrong], new RegExp(`it shows ssh-ed25519 ${escaped(right)}, the inventory has ${escaped(wrong)}$`)],
  [line(1), [right], undefined],
  [line(1), [wrong], new RegExp(`the inventory has ${escaped(wrong)}; known_hosts has the key that it shows \\(known_hosts:1\\)`)],
  [
    line(2),
    [right],
    new RegExp(`has changed: it shows ssh-ed25519 ${escaped(right)}, on record is .* \\(known_hosts:1\\); the inventory gives the key that it shows`),
  ],
  [line(2), [wrong], new RegExp(`the inventory has ${escaped(wrong)}; on record is ssh-ed25519 ${escaped(wrong)} \\(known_hosts:1\\)`)],
  [line(3), [wrong], /the inventory has .*; on record is /],
  [`@revoked ${line(1)}`, [right], /is revoked/],
  [`@revoked ${line(1)}`, [wrong], /is revoked/],
  [`@cert-authority ${line(1)}`, [right], undefined],
  [`@cert-authority ${line(1)}`, undefined, /certificates of hosts take ssh_transport: openssh/],
  ['', [], /the inventory has/],
];

function escaped(text: string): string {
  return text.replaceAll(/[+/]/g, '[+/]');
}

for (const [known, hostKeys, refusal] of pins) {
  const title = `${JSON.stringify(known.replaceAll(/ ssh-ed25519 \S+/g, (text) => ` key ${blobNumber(text)}`))} on record, ${hostKeys?.map((pin) => (pin === right ? 'right' : 'wrong')).join() ?? 'nothing'} in the inventory`;
  test(`${title}: ${refusal ? 'refused' : 'trusted'}`, (t) => {
    const judged: Judged = { name: 'web1', file: 'known_hosts', host: 'web1', port: 22, ...(hostKeys && { hostKeys }) };
    const check = createHostCheck(parseKnownHosts(known, 'known_hosts'), judged);
    t.is(check.verify(key(1)), refusal === undefined);
    if (refusal) t.regex(check.refusal().message, refusal);
    // A key that comes later must be the one that was judged.
    t.false(check.verify(key(2)));
    t.false(check.verify(key(3)));
  });
}

function blobNumber(text: string): number | undefined {
  return blob(text.trim()).at(-1);
}

real('hosts on the way are pinned one by one, and each is known by its own name', async (t) => {
  const file = join(sshd.folder, 'none');
  writeFileSync(file, '');
  const pin = fingerprint(blob(host('ed25519')));
  const hop = `nopass@127.0.0.1:${sshd.port}`;
  const settings = sshd.settings({ knownHostsFiles: [file], hostKeys: [pin], proxyJump: `${hop},${hop}`, proxyJumpHostKeys: [pin, pin] });
  await t.notThrowsAsync(async () => (await connect(settings)).close());
  for (const proxyJumpHostKeys of [[wrong, pin], [pin, wrong], [pin]]) {
    await t.throwsAsync(connect({ ...settings, proxyJumpHostKeys }), {
      instanceOf: UnreachableError,
      message: /^on the way to .* is (not the one of the inventory|not known)/,
    });
  }
  // The alias is the target's: a bastion is not known by it.
  writeFileSync(file, `web1 ${host('ed25519')}\n`);
  const { hostKeys: _, proxyJumpHostKeys: __, ...unpinned } = settings;
  await t.throwsAsync(connect({ ...unpinned, hostKeyAlias: 'web1' }), { instanceOf: UnreachableError, message: /^on the way to .* is not known/ });
  const direct = sshd.settings({ knownHostsFiles: [file], hostKeyAlias: 'WEB1' });
  await t.notThrowsAsync(async () => (await connect(direct)).close());
});
