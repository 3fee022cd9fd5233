import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Vars } from '../../src/values/vars.ts';
import { https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { cannotBuildLivekit, publishMatrixRtc } from '../lab/matrix-rtc.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';
import { openPorts } from './open-ports.ts';

const name = 'e2e-rtc';
const folder = mkdtempSync(join(tmpdir(), 'homerun-rtc-'));
const secrets = { matrix_rtc_secret: randomBytes(32).toString('hex') };
const playbooks = ['synapse', 'nginx', 'matrix-rtc'].map((step) => `playbooks/${step}.yaml`);
const unable = await cannotBuildLivekit();
const serial = unable === undefined ? test.serial : test.serial.skip;

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;
let token: string;
/** homeserver.yaml of a server without MatrixRTC. */
let without: string;

test.before(async (t) => {
  t.timeout(900_000);
  if (unable !== undefined) return t.log(unable);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('calls', 'baked')], say: (line) => t.log(line) });
  await publishMatrixRtc(lab.engine, (line) => t.log(line));
  const [first] = (await write({})).homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  const ran = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
  without = await onServer('cat /var/matrix-synapse-data/homeserver.yaml');
  const identifier = { type: 'm.id.user', user: 'admin' };
  const login = { type: 'm.login.password', identifier, password: inventory.adminPassword, device_id: 'RTC' };
  token = (await json<{ access_token: string }>('/_matrix/client/v3/login', login)).access_token;
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function write(variables: Vars): Promise<MatrixInventory> {
  inventory = await writeInventory(lab, { folder, variables, secrets });
  return inventory;
}

/** Runs all that depends on the server side of calls with these variables. */
async function run(variables: Vars): Promise<JsonRan> {
  await write(variables);
  return converge('run', [...playbooks, '-i', inventory.folder]);
}

async function onServer(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'calls', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

const ask = (path: string, body?: unknown) =>
  https({
    url: `https://${server.serverName}${path}`,
    address: server.host.address,
    ca: inventory.certificateAuthority,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    ...(body !== undefined && { method: 'POST', body }),
  });

async function json<T>(path: string, body?: unknown): Promise<T> {
  const answer = await ask(path, body);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as T;
}

interface Permission {
  readonly url: string;
  readonly jwt: string;
}

/** What the authorization service answers a user of ours who wants to join the call of a room. */
async function permission(change: (openid: Readonly<Record<string, unknown>>) => unknown = (openid) => openid) {
  const openid = await json<Record<string, unknown>>(`/_matrix/client/v3/user/@admin:${server.serverName}/openid/request_token`, {});
  return ask('/livekit/jwt/sfu/get', { room: '!room:calls.lab.test', openid_token: change(openid), device_id: 'RTC' });
}

/** Asks LiveKit for a WebSocket. @returns the status of its answer: 101 where it is let in */
function enter(url: string, jwt: string): Promise<number> {
  const { hostname, pathname } = new URL(url);
  const headers = { host: hostname, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const key = randomBytes(16).toString('base64');
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: server.host.address,
      servername: hostname,
      ca: inventory.certificateAuthority,
      agent: false,
      timeout: 15_000,
      path: `${pathname}/rtc?protocol=15&auto_subscribe=1&access_token=${jwt}`,
      headers: { ...headers, 'sec-websocket-key': key },
    });
    outgoing.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${url} does not answer`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const transports = '/_matrix/client/unstable/org.matrix.msc4143/rtc/transports';

serial('switched on, it runs from pinned images, is announced in both places, and a second run changes nothing', async (t) => {
  const ran = await run({ matrix_rtc: true });
  t.is(ran.exitCode, 0, complaint(ran));
  t.false(ran.stdout.includes(secrets.matrix_rtc_secret));
  const told = [{ type: 'livekit', livekit_service_url: `https://${server.serverName}/livekit/jwt` }];
  t.deepEqual((await json<Record<string, unknown>>('/.well-known/matrix/client'))['org.matrix.msc4143.rtc_foci'], told);
  t.deepEqual(await json(transports), { rtc_transports: told });
  const again = await run({ matrix_rtc: true });
  t.deepEqual(again.changed, [], complaint(again));
});

serial('a user gets a permission for an openid token, and LiveKit accepts it', async (t) => {
  const given = await permission();
  t.is(given.status, 200, given.body);
  const { url, jwt } = JSON.parse(given.body) as Permission;
  t.is(url, `wss://${server.serverName}/livekit/sfu`);
  t.is(await enter(url, jwt), 101);
  t.is(
    await enter(
      url,
      jwt.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    ),
    401,
  );
});

serial('who is not what the homeserver says gets none, and nobody speaks for LiveKit', async (t) => {
  const wrong = await permission((openid) => ({ ...openid, access_token: 'wrong' }));
  t.is(wrong.status, 401, wrong.body);
  t.is((await ask('/livekit/jwt/sfu_webhook', {})).status, 404);
});

serial('media ports are open, the others answer the host alone, and the key is for both services only', async (t) => {
  const livekit = ['tcp 7881 livekit-server', 'udp 7882 livekit-server'];
  t.deepEqual(await openPorts(lab, 'calls'), ['tcp 22 sshd', 'tcp 80 nginx', 'tcp 443 nginx', ...livekit]);
  t.is(await onServer('cd /etc/matrix-rtc && stat -c "%a %u %n" . *'), '750 7880 .\n600 7880 keys.yaml\n640 7880 livekit.yaml\n');
  t.false((await onServer('docker inspect livekit lk-jwt-service; cat /proc/[0-9]*/cmdline')).includes(secrets.matrix_rtc_secret));
});

serial('a new secret restarts both services, and another port LiveKit alone', async (t) => {
  const secret = randomBytes(32).toString('hex');
  const other = await run({ matrix_rtc: true, matrix_rtc_secret: secret });
  const restarts = ['Restart LiveKit', 'Restart the authorization service'];
  t.deepEqual(
    other.changed,
    ['Put the key in place that both services have', ...restarts].map((task) => `calls: ${task}`),
    complaint(other),
  );
  const { url, jwt } = JSON.parse((await permission()).body) as Permission;
  t.is(await enter(url, jwt), 101);
  const port = await run({ matrix_rtc: true, matrix_rtc_secret: secret, matrix_rtc_udp_port: 7892 });
  t.deepEqual(port.changed, ['calls: Configure LiveKit', 'calls: Restart LiveKit'], complaint(port));
});

serial('switched off, nothing of it stays', async (t) => {
  const ran = await run({});
  t.is(ran.exitCode, 0, complaint(ran));
  t.is(await onServer('docker ps -a --format "{{.Names}}"'), 'synapse\n');
  t.is(await onServer('ls -d /etc/matrix-rtc 2>/dev/null | wc -l'), '0\n');
  t.is(await onServer('cat /var/matrix-synapse-data/homeserver.yaml'), without);
  t.is((await json<Record<string, unknown>>('/.well-known/matrix/client'))['org.matrix.msc4143.rtc_foci'], undefined);
  t.is((await ask('/livekit/jwt/healthz')).status, 404);
  t.is((await ask(transports)).status, 404);
  const again = await run({});
  t.deepEqual(again.changed, [], complaint(again));
});
