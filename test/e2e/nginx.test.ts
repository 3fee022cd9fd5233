import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as plainGet } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge } from './homerun.ts';

const name = 'e2e-nginx';
const folder = mkdtempSync(join(tmpdir(), 'homerun-nginx-'));

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;

/** A site that somebody put there by hand. */
const byHand = 'server { listen 80; server_name hand.test; return 200 hand; }';
/** Stands for Synapse, and says what it was asked. */
const upstream = `server { listen 127.0.0.1:8008; default_type text/plain; return 200 '$request_uri from $http_x_forwarded_for by $http_x_forwarded_proto for $http_host'; }`;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('web', 'baked')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder, hostVariables: { web: { matrix_max_upload_size: '1M' } } });
  const [first] = inventory.homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  const files = `printf '%s' "${byHand}" >/etc/nginx/sites-enabled/by-hand && cat >/etc/nginx/conf.d/upstream.conf <<'END'\n${upstream}\nEND\n`;
  const placed = await onHost(lab, 'web', `${files} nginx -t && systemctl reload nginx`);
  if (placed.code !== 0) throw new Error(placed.stderr);
  const ran = await converge('run', [...playbooks, '-i', inventory.folder]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

/** Each can be run without the others. */
const playbooks = ['playbooks/certificates.yaml', 'playbooks/nginx.yaml'];

/** Runs `nginx_site` with a site called small. */
async function site(content: string, state = 'present') {
  const playbook = join(folder, 'small.yaml');
  const params = state === 'present' ? { name: 'small', content } : { name: 'small', state };
  writeFileSync(playbook, JSON.stringify([{ hosts: 'matrix', tasks: [{ nginx_site: params }] }]));
  return converge('run', [playbook, '-i', inventory.folder]);
}

/** What the host answers on port 80 for a name. */
function http(host: string, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = plainGet({ host: server.host.address, port: 80, path, headers: { host }, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve(answer.statusCode === 200 ? body : `${answer.statusCode} ${answer.headers.location ?? ''}`));
    });
    request.on('error', reject);
  });
}

/** Asks the site that was put there by hand until `isOver`, and gives what was wrong with the answers. */
async function watch(t: ExecutionContext, work: () => Promise<void>): Promise<void> {
  const wrong: string[] = [];
  let count = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      count += 1;
      const answer = await http('hand.test').catch(String);
      if (answer !== 'hand') wrong.push(answer);
      await sleep(20);
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await watching;
  }
  t.log(`${count} requests to another site meanwhile`);
  t.deepEqual(wrong, []);
}

const ask = (
  rawPath: string,
  more: { readonly on?: string; readonly method?: string; readonly headers?: Record<string, string>; readonly body?: unknown } = {},
) => {
  const { on = server.serverName, ...rest } = more;
  return https({ url: `https://${on}/`, address: server.host.address, ca: inventory.certificateAuthority, rawPath, ...rest });
};

test.serial('a site that nginx refuses leaves the old one serving, and the message is that of nginx', async (t) => {
  await watch(t, async () => {
    t.is((await site('server { listen 80; server_name small.test; return 200 one; }\n')).exitCode, 0);
    t.is(await http('small.test'), 'one');
    const refused = await site('server { listen 80; server_name small.test; retrn 200 two; }\n');
    t.is(refused.exitCode, 2);
    t.regex(complaint(refused), /nginx refuses the new files, the old ones are back: .*unknown directive "retrn"/);
    t.is(await http('small.test'), 'one');
    t.deepEqual((await site('server { listen 80; server_name small.test; return 200 one; }\n')).changed, []);
  });
});

test.serial('a site that the running nginx does not take, because a port is in use, is put back too', async (t) => {
  await watch(t, async () => {
    // Port 22 is sshd's; nginx -t does not mind, as it cannot know who will hold a port later.
    const refused = await site('server { listen 22; server_name small.test; return 200 three; }\n');
    t.is(refused.exitCode, 2);
    t.regex(complaint(refused), /nginx did not take the new files, the old ones are back: .*Address already in use/s);
    t.is(await http('small.test'), 'one');
  });
});

test.serial('a name that another site has is not taken from it, nor is ours silent: the message says which site that is', async (t) => {
  await watch(t, async () => {
    for (const order of ['zzz', 'aaa']) {
      await onHost(lab, 'web', `cd /etc/nginx/sites-enabled && mv *by-hand ${order}-by-hand && nginx -s reload`);
      const refused = await site('server { listen 80; server_name small.test hand.test; return 200 two; }\n');
      t.is(refused.exitCode, 2);
      t.regex(
        complaint(refused),
        new RegExp(
          `only one of two sites for hand\\.test on 0\\.0\\.0\\.0:80, so the old files are back.* /etc/nginx/sites-enabled/${order}-by-hand:`,
        ),
      );
      t.is(await http('small.test'), 'one');
    }
    await onHost(lab, 'web', 'cd /etc/nginx/sites-enabled && mv *by-hand by-hand && nginx -s reload');
  });
});

test.serial('what a cut run left behind is undone before the next one begins', async (t) => {
  const cut =
    'cd /etc/nginx && mkdir .homerun-small && cp -p sites-available/small .homerun-small/old-file && cp -pP sites-enabled/small .homerun-small/old-link';
  await onHost(lab, 'web', `${cut} && : >.homerun-small/saved && echo 'broken {' >sites-available/small`);
  const mended = await site('server { listen 80; server_name small.test; return 200 four; }\n');
  t.is(mended.exitCode, 0, complaint(mended));
  t.is(await http('small.test'), 'four');
  t.is((await onHost(lab, 'web', 'ls -A /etc/nginx | grep homerun')).stdout, '');
});

test.serial('a site goes without a trace, and the others stay as they were', async (t) => {
  await watch(t, async () => {
    t.is((await site('', 'absent')).exitCode, 0);
    t.not(await http('small.test'), 'four');
  });
  t.is((await onHost(lab, 'web', 'cat /etc/nginx/sites-enabled/by-hand')).stdout, byHand);
  t.is((await onHost(lab, 'web', 'find /etc/nginx -name "*small*"')).stdout, '');
});

test.serial('port 80 redirects to https and answers challenges', async (t) => {
  await onHost(lab, 'web', 'mkdir -p /var/www/acme/.well-known/acme-challenge && echo token >/var/www/acme/.well-known/acme-challenge/abc');
  t.is(await http(server.serverName, '/.well-known/acme-challenge/abc'), 'token\n');
  t.is(await http(server.serverName, '/a?b=c'), `301 https://${server.serverName}/a?b=c`);
});

test.serial('paths go to Synapse byte for byte, with the address of who asks and not the one that it claims', async (t) => {
  const odd = '/_matrix/federation/v1/query/%2F%25//a/../b?x=%20y';
  const { body } = await ask(odd, { headers: { 'x-forwarded-for': '6.6.6.6' } });
  t.is(body, `${odd} from ${lab.network.gateway} by https for ${server.serverName}`);
  // The name and port that were asked for: Synapse makes addresses from them, for clients that came by another port.
  const port = await ask('/_matrix/x', { headers: { host: `${server.serverName}:8443` } });
  t.is(port.body, `/_matrix/x from ${lab.network.gateway} by https for ${server.serverName}:8443`);
});

test.serial('well-known files are right and can be read from any page, also where there is none', async (t) => {
  const [client, homeserver, none] = await Promise.all(['client', 'server', 'none'].map((file) => ask(`/.well-known/matrix/${file}`)));
  t.deepEqual(JSON.parse(client?.body ?? ''), { 'm.homeserver': { base_url: `https://${server.serverName}` } });
  t.deepEqual(JSON.parse(homeserver?.body ?? ''), { 'm.server': `${server.serverName}:443` });
  t.is(none?.status, 404);
  for (const answer of [client, homeserver, none]) t.is(answer?.headers['access-control-allow-origin'], '*');
  for (const answer of [client, homeserver]) t.is(answer?.headers['content-type'], 'application/json');
});

test.serial('calls have paths of their own, on which a WebSocket stays one, and are told of, only while they are switched on', async (t) => {
  const services = [
    "server { listen 127.0.0.1:7880; return 200 'livekit $request_uri $http_upgrade $http_connection'; }",
    "server { listen 127.0.0.1:7889; return 200 'service $request_uri'; }",
  ].join('\n');
  await onHost(lab, 'web', `cat >/etc/nginx/conf.d/calls.conf <<'END'\n${services}\nEND\n`);
  const secret = ['-e', `matrix_rtc_secret=${'x'.repeat(32)}`];
  const on = await converge('run', [...playbooks, '-i', inventory.folder, '-e', 'matrix_rtc=true', ...secret]);
  t.is(on.exitCode, 0, complaint(on));
  const upgrade = await ask('/livekit/sfu/rtc?a=b', { headers: { connection: 'Upgrade', upgrade: 'websocket' } });
  t.is(upgrade.body, 'livekit /rtc?a=b websocket upgrade');
  t.is((await ask('/livekit/sfu/twirp/x')).body, 'livekit /twirp/x  close');
  t.is((await ask('/livekit/jwt/sfu/get')).body, 'service /sfu/get');
  t.is((await ask('/livekit/jwt/sfu_webhook')).status, 404);
  const told = JSON.parse((await ask('/.well-known/matrix/client')).body) as Record<string, unknown>;
  t.deepEqual(told['org.matrix.msc4143.rtc_foci'], [{ type: 'livekit', livekit_service_url: `https://${server.serverName}/livekit/jwt` }]);
  const off = await converge('run', [...playbooks, '-i', inventory.folder]);
  t.is(off.exitCode, 0, complaint(off));
  t.is((await ask('/livekit/jwt/sfu/get')).status, 404);
  t.notRegex((await ask('/.well-known/matrix/client')).body, /livekit/);
});

/** A reload by hand is over when the answers are those of the new workers. */
async function until(status: number): Promise<void> {
  for (let tries = 0; (await ask('/_matrix/x')).status !== status; tries += 1) {
    if (tries > 50) throw new Error(`it never answered ${status}`);
    await sleep(100);
  }
}

test.serial('a file that is too large, and a homeserver that is down, are told in the words of clients', async (t) => {
  const large = await ask('/_matrix/media/v3/upload', { method: 'POST', body: 'x'.repeat(1_200_000) });
  t.is(large.status, 413);
  t.like(JSON.parse(large.body), { errcode: 'M_TOO_LARGE' });
  t.is(large.headers['access-control-allow-origin'], '*');
  await onHost(lab, 'web', 'mv /etc/nginx/conf.d/upstream.conf /root && systemctl reload nginx');
  await until(503);
  const down = await ask('/_matrix/client/versions');
  t.like(JSON.parse(down.body), { errcode: 'M_UNKNOWN' });
  t.is(down.headers['access-control-allow-origin'], '*');
  await onHost(lab, 'web', 'mv /root/upstream.conf /etc/nginx/conf.d && systemctl reload nginx');
  await until(200);
});

/** Ways to spell the admin API, or to reach it past the list. */
const spellings = [
  '/_synapse/admin/v1/server_version',
  '/_synapse/admin',
  '/_synapse/admin?x',
  '//_synapse/admin/x',
  '///_synapse///admin/x',
  '/_synapse//admin/x',
  '/_synapse/./admin/x',
  '/./_synapse/admin/x',
  '/_synapse%2fadmin/x',
  '/_synapse%2Fadmin/x',
  '/_synapse/%61dmin/x',
  '/%5fsynapse/admin/x',
  '/%5Fsynapse/admin/x',
  '/_matrix/../_synapse/admin/x',
  '/_matrix/%2e%2e/_synapse/admin/x',
  '/_matrix/..%2f_synapse/admin/x',
  '/_matrix/.%2e/_synapse/admin/x',
  '/_matrix/a/../../_synapse/admin/x',
  '/_synapse/client/../admin/x',
  '/_synapse/client/%2e%2e/admin/x',
  '/_synapse/client/..%2fadmin/x',
  '/.well-known/matrix/../../_synapse/admin/x',
  '/_synapse/admin/../admin/x',
  '/_synapse/admin/v1/users/..%2f..%2f..%2f..%2f_matrix%2fx',
  '/_synapse/admin/v1/%2e%2e/%2e%2e/%2e%2e/_matrix/x',
  '/_synapse/admin/../../_matrix/x',
  '/_SYNAPSE/admin/x',
  '/_synapse/Admin/x',
  '/_synapse;/admin/x',
  '/_synapse/admin;x',
  '/_synapse/admin%00/x',
  '/_synapse/admin/v1/register',
  '/_synapse/admin//v1/register',
];

test.serial('the admin API and the panel answer those on the list, and nobody else, however the address is spelt', async (t) => {
  const panel = { on: server.clientName };
  t.is((await ask('/_synapse/admin/v1/server_version')).status, 200);
  t.is((await ask('/_synapse/admin/v1/register')).status, 404);
  t.is((await ask(`/${server.panelPath}`, panel)).status, 301);
  const closed = ['-e', JSON.stringify({ matrix_admin_allow: ['127.0.0.1'] })];
  const ran = await converge('run', ['playbooks/nginx.yaml', '-i', inventory.folder, ...closed]);
  t.deepEqual(ran.changed, ['web: Serve everything over https'], complaint(ran));
  for (const spelling of spellings) {
    const { status, body } = await ask(spelling);
    t.true([400, 403, 404].includes(status), `${spelling}: ${status} ${body}`);
  }
  t.is((await ask('/_synapse/admin/x', { headers: { host: 'evil.test' } })).status, 403);
  t.is((await ask(`/${server.panelPath}/`, panel)).status, 403);
  t.is((await ask(`/${server.panelPath}/assets/x.js`, panel)).status, 403);
  t.is((await ask('/_synapse/client/x')).status, 200);
  const inside = await onHost(lab, 'web', `curl -sk --resolve ${server.serverName}:443:127.0.0.1 https://${server.serverName}/_synapse/admin/v1/x`);
  t.regex(inside.stdout, /^\/_synapse\/admin\/v1\/x from 127\.0\.0\.1/);
});
