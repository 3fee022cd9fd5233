// Copying to a real host while something goes wrong: what is there is the old content or the new one, whole, and nothing lies about.
// HOMERUN_SEED sets where the link is cut; it is printed.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Fault, type Proxy, startProxy } from '../lab/proxy.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';

const name = 'e2e-copies';
const folder = mkdtempSync(join(tmpdir(), 'homerun-e2e-copies-'));
const seed = Number(process.env['HOMERUN_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const cuts = Number(process.env['HOMERUN_CUTS'] ?? 6);
const big = Buffer.alloc(3_000_000, 'a\0\u00ff\n');
const files = Array.from({ length: 30 }, (_, index) => [`d${index % 3}/it's "$(id)" ${index}`, `${index}\n`.repeat(2000)] as const);

let lab: Lab;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [{ name: 'far' }], say: (line) => t.log(line) });
  writeFileSync(join(folder, 'big'), big);
  for (const [path, text] of files) {
    mkdirSync(join(folder, 'tree', path, '..'), { recursive: true });
    writeFileSync(join(folder, 'tree', path), text);
  }
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function onFar(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'far', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

/** Runs tasks as a user would, over a link that `fault` befalls. */
async function run(tasks: readonly object[], fault?: Fault): Promise<JsonRan & { readonly counts: ReturnType<Proxy['counts']> }> {
  const [host] = lab.hosts;
  if (!host) throw new Error('the lab has no host');
  const proxy = await startProxy({ target: { host: host.address, port: 22 }, ...(fault && { fault }) });
  try {
    const keys = readFileSync(lab.knownHostsFile, 'utf8')
      .split('\n')
      .filter((line) => line.split(' ')[0]?.split(',').includes(host.address));
    writeFileSync(join(folder, 'known_hosts'), keys.map((line) => `[127.0.0.1]:${proxy.port} ${line.split(' ').slice(1).join(' ')}\n`).join(''));
    const reach = { ssh_host: '127.0.0.1', ssh_port: proxy.port, ssh_user: 'root', ssh_identity_file: lab.identityFile };
    writeFileSync(
      join(folder, 'hosts.yaml'),
      JSON.stringify({ all: { hosts: { far: { ...reach, ssh_known_hosts_file: join(folder, 'known_hosts') } } } }),
    );
    writeFileSync(join(folder, 'play.yaml'), JSON.stringify([{ hosts: 'all', gather_facts: false, tasks }]));
    const ran = await converge('run', [join(folder, 'play.yaml'), '-i', join(folder, 'hosts.yaml')]);
    return { ...ran, counts: proxy.counts() };
  } finally {
    await proxy.close();
  }
}

const copies = [
  { copy: { src: join(folder, 'big'), dest: '/srv/whole/big' } },
  { copy: { src: `${join(folder, 'tree')}/`, dest: '/srv/whole/tree', mode: '0640' } },
];

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const leftOvers = () => onFar("find /srv -name '.homerun*'");

/** The digest of each file of the copies by its path. */
async function state(): Promise<ReadonlyMap<string, string>> {
  const text = await onFar('cd /srv/whole && find . -type f -exec sha256sum {} +');
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(68), line.slice(0, 64)]),
  );
}

test.serial('a link that is cut at any byte leaves each file old or new, and nothing half-written', async (t) => {
  t.timeout(600_000);
  t.log(`HOMERUN_SEED=${seed}`);
  const wanted = new Map([['big', sha256(big)], ...files.map(([path, text]) => [`tree/${path}`, sha256(text)] as const)]);
  const old = sha256('old\n');
  const begin = () =>
    onFar(`rm -rf /srv/whole; mkdir -p /srv/whole/tree/d0 /srv/whole/tree/d1 /srv/whole/tree/d2; cd /srv/whole; echo old >big
for n in 0 1 2; do echo old >"tree/d$n/it's \\"\\$(id)\\" $n"; done`);
  const succeeds = async () => {
    const ran = await run(copies);
    t.is(ran.exitCode, 0, complaint(ran));
    t.deepEqual(new Map([...(await state())].sort()), new Map([...wanted].sort()));
    t.deepEqual((await run(copies)).changed, []);
    return ran;
  };
  await begin();
  const whole = await succeeds();
  // Before the two streams come handshake and questions; what closes the connection is not cut, as all is done then.
  const [first, last] = [20_000, whole.counts.up - 4000];
  t.log(`${whole.counts.up} bytes are sent`);
  t.true(last > big.length);
  for (let cut = 0; cut < cuts; cut += 1) {
    await begin();
    const afterBytes = first + (Buffer.from(sha256(`${seed} ${cut}`), 'hex').readUInt32BE() % (last - first));
    const ran = await run(copies, { direction: 'up', afterBytes, kind: 'cut' });
    t.is(ran.exitCode, 4, `cut at ${afterBytes}: ${complaint(ran)}`);
    for (let waited = 0; waited < 100 && (await leftOvers()) !== ''; waited += 1) await sleep(200);
    t.is(await leftOvers(), '', `cut at ${afterBytes}`);
    for (const [path, digest] of await state()) t.true(digest === old || digest === wanted.get(path), `${path}, cut at ${afterBytes}`);
  }
  await succeeds();
});

test.serial('whom one becomes may write where only they may', async (t) => {
  t.timeout(120_000);
  await onFar('mkdir -p /srv/theirs/d0 /srv/theirs/d1 /srv/theirs/d2; chown guest: /srv/theirs/d*');
  const tasks = [
    { copy: { src: join(folder, 'big'), dest: '/srv/theirs/d0/big', mode: '0600' } },
    { copy: { src: `${join(folder, 'tree')}/`, dest: '/srv/theirs' } },
  ].map((task) => ({ ...task, become: true, become_user: 'guest' }));
  const ran = await run(tasks);
  t.is(ran.exitCode, 0, complaint(ran));
  t.is(
    await onFar("find /srv/theirs -type f ! -user guest; find /srv/theirs -type f | wc -l; stat -c '%U %a' /srv/theirs/d0/big"),
    '31\nguest 600\n',
  );
  t.deepEqual((await run(tasks)).changed, []);
  t.is(await leftOvers(), '');
});

test.serial('a disk without room is told of before anything is sent', async (t) => {
  t.timeout(120_000);
  await onFar('mkdir -p /srv/small && mount -t tmpfs -o size=1m none /srv/small && echo old >/srv/small/big');
  const ran = await run([{ copy: { src: join(folder, 'big'), dest: '/srv/small/big' } }]);
  t.is(ran.exitCode, 2, complaint(ran));
  t.regex(ran.tasks[0]?.message ?? '', /full|space/i);
  t.true(ran.counts.up < 1_000_000, `${ran.counts.up} bytes were sent`);
  t.is(await onFar('ls -A /srv/small; cat /srv/small/big; umount /srv/small'), 'big\nold\n');
});
