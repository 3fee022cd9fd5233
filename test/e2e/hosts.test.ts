// Two homeservers in one run: each has its own values, and what befalls one of them is no matter to the other.

import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import type { Vars } from '../../src/values/vars.ts';
import { type HttpsRequest, https } from '../lab/https.ts';
import { onHost, removeLab, startLab, switchOff } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, releaseOf, writeInventory } from '../lab/matrix-inventory.ts';
import { startProxy } from '../lab/proxy.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, homerun } from './homerun.ts';

const name = 'e2e-hosts';
const folder = mkdtempSync(join(tmpdir(), 'homerun-hosts-'));
/** Seconds that a host has to answer in. */
const patience = 4;

let lab: Lab;
let inventory: MatrixInventory;

/** What differs between the two. Both also have a server name and a path of the panel of their own. */
const hostVariables = {
  north: { matrix_max_upload_size: '20M', matrix_certificate_method: 'files' },
  south: { matrix_max_upload_size: '3M', matrix_certificate_method: 'selfsigned' },
} as const;
const names = ['north', 'south'] as const;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  await switchOn(t);
  inventory = await writeInventory(lab, { folder, variables: { ssh_timeout: patience }, hostVariables });
  const ran = await site('run');
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function switchOn(t: ExecutionContext): Promise<void> {
  lab = await startLab({ name, hosts: names.map((host) => homeserverRequest(host, 'baked')), say: (line) => t.log(line) });
}

const site = (action: 'run' | 'check', ...more: readonly string[]) => converge(action, ['playbooks/site.yaml', '-i', inventory.folder, ...more]);

/** Options that give one host other variables than the inventory does. */
function butFor(host: string, variables: Vars): string[] {
  const file = join(folder, 'other.yaml');
  writeFileSync(file, JSON.stringify({ all: { hosts: { [host]: variables } } }));
  return ['-i', file];
}

function serverOf(host: string): Homeserver {
  const server = inventory.homeservers.find((one) => one.name === host);
  if (!server) throw new Error(`the inventory has no homeserver ${host}`);
  return server;
}

async function output(host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, host, script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

/** The certificate that a homeserver shows for a name. */
function certificateOf({ host }: Homeserver, servername: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host.address, port: 443, servername, rejectUnauthorized: false }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** Asks a homeserver, under its own name unless told otherwise, trusting the certificate that it is to have. */
async function ask(server: Homeserver, rawPath: string, { on = server.serverName, ...more }: { readonly on?: string } & Partial<HttpsRequest> = {}) {
  const ca = server.name === 'north' ? inventory.certificateAuthority : (await certificateOf(server, on)).toString();
  return https({ url: `https://${on}/`, address: server.host.address, ca, rawPath, ...more });
}

for (const host of names) {
  test.serial(`${host} answers under its own name, with its own upload limit in nginx and in Synapse`, async (t) => {
    const server = serverOf(host);
    const keys = await ask(server, '/_matrix/key/v2/server');
    t.like(JSON.parse(keys.body), { server_name: `${host}.lab.test` });
    const wellKnown = await ask(server, '/.well-known/matrix/client');
    t.deepEqual(JSON.parse(wellKnown.body), { 'm.homeserver': { base_url: `https://${host}.lab.test` } });

    const limit = hostVariables[host].matrix_max_upload_size;
    t.is(await output(host, 'nginx -T 2>/dev/null | grep -o "client_max_body_size [^;]*" | sort -u'), `client_max_body_size ${limit}\n`);
    t.is(await output(host, 'grep ^max_upload_size: /var/matrix-synapse-data/homeserver.yaml'), `max_upload_size: "${limit}"\n`);
    // Too much for south; north asks who it is.
    const upload = await ask(server, '/_matrix/media/v3/upload', { method: 'POST', body: 'x'.repeat(4_000_000) });
    t.like(JSON.parse(upload.body), { errcode: host === 'south' ? 'M_TOO_LARGE' : 'M_MISSING_TOKEN' });
  });

  test.serial(`the panel of ${host} answers below its own path only, and is for this server only`, async (t) => {
    const server = serverOf(host);
    const others = serverOf(host === 'north' ? 'south' : 'north').panelPath;
    const on = server.clientName;
    t.not(server.panelPath, others);
    t.is((await ask(server, `/${server.panelPath}/`, { on })).status, 200);
    t.is((await ask(server, `/${others}/`, { on })).status, 404);
    const config = await ask(server, `/${server.panelPath}/config.json`, { on });
    t.like(JSON.parse(config.body), { restrictBaseUrl: `https://${host}.lab.test` });
  });
}

test.serial('each has the certificate that was asked for it', async (t) => {
  const [north, south] = await Promise.all(names.map((host) => certificateOf(serverOf(host), serverOf(host).clientName)));
  const brought = new X509Certificate(readFileSync(join(folder, 'certificates', 'north.pem')));
  t.is(north?.fingerprint256, brought.fingerprint256);
  t.true(north?.verify(new X509Certificate(inventory.certificateAuthority).publicKey));
  t.true(south?.verify(south.publicKey), 'not signed by itself');
  for (const [host, certificate] of [
    ['north', north],
    ['south', south],
  ] as const) {
    for (const served of [serverOf(host).serverName, serverOf(host).clientName]) t.is(certificate?.checkHost(served), served);
  }
});

test.serial('a second run changes nothing on either, in two trips each, and check agrees', async (t) => {
  const again = await site('run');
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
  for (const host of names) t.true((again.recap[host]?.trips ?? 99) <= 2, `${host}: ${again.recap[host]?.trips} trips`);
  const checked = await site('check');
  t.is(checked.exitCode, 0, checked.changed.join(', '));
});

/**
 * Bytes that tell a trip from what SSH itself says: a batch of questions is longer, a message of handshake, login, or of opening and
 * closing a shell is shorter. How many of those there are differs by a few, as some of them cross each other.
 */
const shortestTrip = 1500;

test.serial('on the wire, too, a converged run costs two trips at most, whatever the number of tasks', async (t) => {
  const proxy = await startProxy({ target: { host: serverOf('north').host.address, port: 22 }, delay: 15 });
  t.teardown(proxy.close);
  const knownHosts = join(folder, 'known_hosts_wire');
  writeFileSync(knownHosts, await output('north', `sed 's/^/[${proxy.host}]:${proxy.port} /' /etc/ssh/ssh_host_*_key.pub`));
  const way = butFor('north', { ssh_host: proxy.host, ssh_port: proxy.port, ssh_known_hosts_file: knownHosts });
  const over = async (playbook: string) => {
    proxy.reset();
    const ran = await converge('run', [playbook, '-i', inventory.folder, ...way, '-l', 'north']);
    t.is(ran.exitCode, 0, complaint(ran));
    t.deepEqual(ran.changed, []);
    const { connections, bursts, up, down } = proxy.counts();
    t.is(connections, 1);
    // What the run tells of its costs is what passed over the wire.
    const costs = Object.values(ran.recap['north']?.phases ?? {});
    const sum = (field: 'bytes_sent' | 'bytes_received') => costs.reduce((total, cost) => total + cost[field], 0);
    t.deepEqual([sum('bytes_sent'), sum('bytes_received')], [up, down]);
    t.true(Math.abs(costs.reduce((total, { trips }) => total + trips, 0) - bursts.length) <= 2, JSON.stringify([costs, bursts]));
    const onWire = bursts.filter((bytes) => bytes >= shortestTrip).length;
    return { tasks: ran.tasks.length, trips: ran.recap['north']?.trips ?? 99, onWire, ofSsh: bursts.length - onWire };
  };
  const fewTasks = join(folder, 'few.yaml');
  const tasks = [{ stat: { path: '/etc' } }, { file: { path: '/srv', state: 'directory' } }];
  writeFileSync(fewTasks, JSON.stringify([{ name: 'Few', hosts: 'matrix', become: true, tasks }]));
  const few = await over(fewTasks);
  const whole = await over('playbooks/site.yaml');
  t.log({ few, whole });
  t.true(whole.tasks > 10 * few.tasks);
  for (const { trips, onWire, ofSsh } of [few, whole]) {
    t.true(trips >= 1 && trips <= 2, `${trips} trips`);
    t.is(onWire, trips);
    t.true(ofSsh <= 15, `${ofSsh} trips for handshake, login, opening and closing`);
  }
});

/** Breaks something on a host that one task mends. */
const breakSite = (host: string) => output(host, 'rm -f /etc/nginx/sites-enabled/matrix');
const mended = (host: string) => `${host}: Serve everything over https`;

test.serial('a task that fails on one host stops that host alone', async (t) => {
  await breakSite('south');
  const refused = { ...releaseOf(lab, 'ketesa'), version: 'v0.0.1', sha256: '0'.repeat(64) };
  const ran = await site('run', ...butFor('north', { matrix_admin_panel_release: refused }));
  t.is(ran.exitCode, 2, complaint(ran));
  t.like(ran.recap, { north: { failed: 1, unreachable: 0, changed: 0 }, south: { failed: 0, unreachable: 0, changed: 1 } });
  t.deepEqual(ran.changed, [mended('south')]);
  const of = (host: string) => ran.tasks.filter((task) => task.host === host);
  const statuses = new Set(of('south').map(({ status }) => status));
  t.deepEqual([...statuses].sort(), ['changed', 'ok', 'skipped']);
  // The one went on to the end, the other stopped where it failed.
  t.true(of('south').some(({ task }) => task === 'Remove the web client'));
  const last = of('north').at(-1);
  t.like(last, { status: 'failed', task: 'Install the panel, for this server only' });
  t.regex(last?.message ?? '', /sha256/i);
  t.is((await site('check')).exitCode, 0);
});

test.serial('a host that takes the connection and says nothing is given up after its time, and the other converges', async (t) => {
  const { address } = serverOf('north').host;
  const proxy = await startProxy({ target: { host: address, port: 22 }, fault: { direction: 'down', afterBytes: 0, kind: 'stall' } });
  t.teardown(proxy.close);
  await breakSite('south');
  const ran = await timed(() => site('run', ...butFor('north', { ssh_host: proxy.host, ssh_port: proxy.port })), t);
  t.is(ran.exitCode, 4, complaint(ran));
  t.deepEqual(ran.changed, [mended('south')]);
  t.regex(complaint(ran), new RegExp(`north: 127\\.0\\.0\\.1 port ${proxy.port}: the SSH handshake took longer than ${patience} s`));
});

test.serial('one is switched off: the other converges, and the screen says what was tried and what to do', async (t) => {
  await switchOff(lab, 'north');
  await breakSite('south');
  const ran = await timed(() => site('run'), t);
  t.is(ran.exitCode, 4, complaint(ran));
  t.deepEqual(ran.changed, [mended('south')]);
  t.like(ran.recap, { north: { unreachable: 1, failed: 0, ok: 0 }, south: { unreachable: 0, failed: 0, changed: 1 } });
  t.deepEqual(
    ran.unreachable.map(({ host }) => host),
    ['north'],
  );
  const plain = await homerun(['run', 'playbooks/site.yaml', '-i', inventory.folder]);
  t.is(plain.exitCode, 4, plain.stdout + plain.stderr);
  t.log(plain.stdout);
  const { address } = serverOf('north').host;
  t.regex(plain.stdout, new RegExp(`unreachable: \\[north\\]\\n {2}.*${address.replaceAll('.', '\\.')} port 22.*\\n {2}.*switched on`));
  t.regex(plain.stdout, /^north : ok=0 changed=0 unreachable=1 failed=0/m);
  t.regex(plain.stdout, /^south : ok=\d+ changed=0 unreachable=0 failed=0/m);
});

test.serial('switched on again, it converges', async (t) => {
  await switchOn(t);
  await breakSite('north');
  const ran = await site('run');
  t.is(ran.exitCode, 0, complaint(ran));
  // Docker may not yet have started what it starts at boot when the run comes to it.
  t.true(ran.changed.includes(mended('north')));
  t.true(
    ran.changed.every((change) => change.startsWith('north: ')),
    ran.changed.join(', '),
  );
  t.is((await site('check')).exitCode, 0);
});

/** Does what must not hang, and asserts that it took no longer than a host is waited for, and a little. */
async function timed<T>(work: () => Promise<T>, t: ExecutionContext): Promise<T> {
  const began = performance.now();
  const result = await work();
  const seconds = (performance.now() - began) / 1000;
  t.log(`${seconds.toFixed(1)} s`);
  t.true(seconds < patience + 15, `${seconds} s`);
  return result;
}
