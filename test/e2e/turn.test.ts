import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Vars } from '../../src/values/vars.ts';
import { issueCertificate } from '../lab/authority.ts';
import { https } from '../lab/https.ts';
import { hostNamed, onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { startPebble } from '../lab/pebble.ts';
import { waitFor } from '../lab/run.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';
import { openPorts } from './open-ports.ts';
import { type Credentials, installTurnClient, overTls, relay as relayFrom, toPeer } from './turn-client.ts';
import { type Effect, effectsOf, groupCalls } from './variable-effects.ts';

const name = 'e2e-turn';
const folder = mkdtempSync(join(tmpdir(), 'homerun-turn-'));
const secrets = { matrix_turn_shared_secret: randomBytes(32).toString('hex') };
/** What depends on a TURN server, in the order of site.yaml. */
const playbooks = ['synapse', 'certificates', 'nginx', 'turn'].map((step) => `playbooks/${step}.yaml`);

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;
/** The administrator's access token. */
let token: string;
/** homeserver.yaml of a server without TURN. */
let without: string;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  // One calls the other's users: it has what a client has, and is what media are relayed to.
  const names = ['chat', 'www', 'turn'].map((one) => `${one}.calls.lab.test`);
  const hosts = [
    { ...homeserverRequest('calls', 'baked'), names },
    { name: 'caller', kind: 'baked' as const },
  ];
  lab = await startLab({ name, hosts, say: (line) => t.log(line) });
  const [first] = (await write({})).homeservers;
  if (!first) throw new Error('the inventory has no homeserver');
  server = first;
  const [ran] = await Promise.all([
    converge('run', ['playbooks/site.yaml', '-i', inventory.folder, '-l', 'calls']),
    installTurnClient(lab, 'caller'),
  ]);
  if (ran.exitCode !== 0) throw new Error(complaint(ran));
  without = await onServer('cat /var/matrix-synapse-data/homeserver.yaml');
  const identifier = { type: 'm.id.user', user: 'admin' };
  const body = { type: 'm.login.password', identifier, password: inventory.adminPassword, device_id: 'TURN' };
  const login = await ask('/_matrix/client/v3/login', { method: 'POST', body });
  token = (JSON.parse(login.body) as { access_token: string }).access_token;
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function write(variables: Vars): Promise<MatrixInventory> {
  inventory = await writeInventory(lab, { folder, variables, secrets });
  return inventory;
}

/** Runs all that depends on a TURN server with these variables. */
async function run(variables: Vars, ...more: readonly string[]): Promise<JsonRan> {
  await write(variables);
  return converge('run', [...playbooks, '-i', inventory.folder, '-l', 'calls', ...more]);
}

/** A TURN server; the addresses of the lab, which are private, are allowed. */
const turn = (more: Vars = {}): Vars => ({
  matrix_turn: true,
  matrix_turn_allowed_peers: [hostNamed(lab, 'calls').labAddress, hostNamed(lab, 'caller').labAddress],
  ...more,
});

async function onServer(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'calls', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

const ask = (path: string, more: Partial<Parameters<typeof https>[0]> = {}) =>
  https({ url: `https://${server.serverName}${path}`, address: server.host.address, ca: inventory.certificateAuthority, ...more });

/** What Synapse gives the administrator: for a TURN server, if there is one. */
async function credentials(): Promise<Partial<Credentials>> {
  const given = await ask('/_matrix/client/v3/voip/turnServer', { headers: { authorization: `Bearer ${token}` } });
  if (given.status !== 200) throw new Error(given.body);
  return JSON.parse(given.body) as Partial<Credentials>;
}

/** Credentials as Synapse makes them, for a user of their own: a failed try holds its places among those that a user may have. */
function made(user: string, expiry = Math.floor(Date.now() / 1000) + 600): Partial<Credentials> {
  const username = `${expiry}:${user}`;
  return { username, password: createHmac('sha1', secrets.matrix_turn_shared_secret).update(username).digest('base64') };
}

const toEcho = () => toPeer(lab, 'caller');

/** Sends through the TURN server from the other host. */
const relay = (options: string, given: Partial<Credentials>) => relayFrom(lab, 'caller', server.serverName, options, given);

/** The process of coturn, and when it started. */
const runningSince = () => onServer('systemctl show coturn -p MainPID -p ActiveEnterTimestampMonotonic');

test.serial('a server without it has nothing of it', async (t) => {
  t.deepEqual(await credentials(), {});
  t.notRegex(without, /turn_/);
  t.is(await onServer('ls /etc/turnserver.conf /etc/systemd/system/coturn.service.d 2>/dev/null | wc -l'), '0\n');
});

test.serial('check foretells what switching it on changes, and changes nothing', async (t) => {
  await write(turn());
  const checked = await converge('check', [...playbooks, '-i', inventory.folder, '-l', 'calls']);
  t.is(checked.exitCode, 3, complaint(checked));
  t.true(checked.changed.includes('calls: Install coturn'));
  t.false(checked.stdout.includes(secrets.matrix_turn_shared_secret));
  t.is(await onServer('cat /var/matrix-synapse-data/homeserver.yaml'), without);
});

test.serial('switched on, it starts once and with our configuration, and secrets are for those alone who need them', async (t) => {
  const ran = await run(turn());
  t.is(ran.exitCode, 0, complaint(ran));
  t.false(ran.stdout.includes(secrets.matrix_turn_shared_secret));
  t.is(await onServer("journalctl -u coturn -o cat | grep -c '^Started'"), '1\n');
  t.is(
    await onServer('cd /; stat -c "%a %U:%G %n" etc/turnserver.conf run/coturn/*.pem'),
    ['640 root:turnserver etc/turnserver.conf', '640 root:turnserver run/coturn/fullchain.pem', '640 root:turnserver run/coturn/privkey.pem\n'].join(
      '\n',
    ),
  );
  t.is(await onServer('stat -c "%a %u:%g" /var/matrix-synapse-data/homerun.turn_shared_secret'), '600 991:991\n');
  t.false((await onServer('cat /var/matrix-synapse-data/homeserver.yaml')).includes(secrets.matrix_turn_shared_secret));
  const again = await run(turn());
  t.deepEqual(again.changed, [], complaint(again));
});

test.serial('from outside the ports that turn.md names answer besides those of every server, and no other', async (t) => {
  const coturn = ['tcp 3478 turnserver', 'udp 3478 turnserver', 'tcp 5349 turnserver'];
  t.deepEqual(await openPorts(lab, 'calls'), ['tcp 22 sshd', 'tcp 80 nginx', 'tcp 443 nginx', ...coturn]);
});

test.serial("credentials from Synapse relay from outside over UDP, TCP and TLS with the server's certificate", async (t) => {
  const given = await credentials();
  t.deepEqual(given.uris, [
    `turn:${server.serverName}:3478?transport=udp`,
    `turn:${server.serverName}:3478?transport=tcp`,
    `turns:${server.serverName}:5349?transport=tcp`,
  ]);
  t.is(given.ttl, 86_400);
  const ways = ['', '-t', overTls].map((options) => `${options} ${toEcho()}`);
  // At last both callers behind it: one relay sends to the other. UDP may lose some on a busy machine.
  for (const [index, { code, stdout, stderr }] of (await Promise.all([...ways, '-y'].map((options) => relay(options, given)))).entries()) {
    t.is(code, 0, `${ways[index] ?? '-y'}: ${stdout}\n${stderr}`);
    t.regex(stdout, /tot_recv_msgs=[1-9]\d*\n/);
  }
});

test.serial('wrong and expired credentials are refused, and so are strangers', async (t) => {
  const given = await credentials();
  for (const wrong of [{ ...given, password: 'wrong' }, made('late', 1_700_000_000), {}]) {
    const { code, stdout } = await relay(toEcho(), wrong);
    t.not(code, 0, stdout);
    t.notRegex(stdout, /tot_recv_msgs=[1-9]/);
  }
});

test.serial('nothing is relayed to the host itself, to its containers, nor to other private addresses', async (t) => {
  for (const peer of ['127.0.0.1', '172.17.0.1', '10.0.0.1', '169.254.169.254']) {
    const { code, stdout, stderr } = await relay(`-e ${peer}`, made(peer));
    t.not(code, 0, peer);
    t.regex(`${stdout}${stderr}`, /403/, peer);
  }
});

/** What check tells of a change of variables on the host as it is. */
async function foretold({ variables, shows = [] }: Effect): Promise<Effect> {
  const checked = await converge('check', ['playbooks/site.yaml', '-i', inventory.folder, '-l', 'calls', '-D', '-e', JSON.stringify(variables)]);
  if (checked.exitCode !== 3) throw new Error(`${Object.keys(variables).join(', ')}: ${complaint(checked)}`);
  const said = checked.tasks.map(({ message = '', diff = '' }) => `${message}\n${diff}`).join('\n');
  return { variables, changed: checked.changed.map((one) => one.replace('calls: ', '')), shows: shows.filter((one) => said.includes(one)) };
}

test.serial('each variable changes what depends on it, and restarts nothing else', async (t) => {
  const effects = [...effectsOf(server.serverName), groupCalls].map(({ shows = [], ...one }) => ({ ...one, shows }));
  const told: Effect[] = [];
  for (const effect of effects) told.push(await foretold(effect));
  t.deepEqual(told, effects);
});

const browserHeaders = {
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'no-referrer',
};

test.serial('a page has the headers that browsers keep to, and nothing below TLS 1.2 is spoken', async (t) => {
  const url = `https://${server.clientName}/`;
  const page = await https({ url, address: server.host.address, ca: inventory.certificateAuthority });
  t.like(page.headers, browserHeaders);
  const speak = (version: string) =>
    onServer(
      `openssl s_client -${version} -cipher DEFAULT:@SECLEVEL=0 -connect ${server.clientName}:443 -servername ${server.clientName} </dev/null 2>&1 || :`,
    );
  t.regex(await speak('tls1_2'), /Protocol *: TLSv1\.2/);
  for (const old of ['tls1', 'tls1_1']) t.regex(await speak(old), /alert protocol version/, old);
});

test.serial('coturn on other ports and under another name, and a name that is redirected to the web client', async (t) => {
  const other = turn({
    matrix_turn_name: `turn.${server.serverName}`,
    matrix_turn_port: 3500,
    matrix_turn_tls_port: 5400,
    matrix_turn_min_port: 50_000,
    matrix_turn_max_port: 50_100,
    matrix_turn_realm: 'other.test',
    matrix_turn_external_ip: hostNamed(lab, 'calls').labAddress,
    matrix_turn_denied_peers: ['198.51.100.9'],
    matrix_turn_user_quota: 8,
    matrix_turn_total_quota: 800,
    matrix_alias_names: [`www.${server.serverName}`],
    matrix_hsts: false,
  });
  const ran = await run(other);
  t.deepEqual(
    ran.changed,
    [
      'Configure Synapse',
      'Answer on port 80, ACME challenges, else a redirect to https',
      'Serve everything over https',
      'Configure the TURN server',
      'Restart the TURN server',
    ].map((task) => `calls: ${task}`),
    complaint(ran),
  );
  t.is(
    await onServer("grep -E '^(listening|tls-listening|min|max)-port|^(external-ip|realm|denied|user-quota|total-quota)' /etc/turnserver.conf"),
    ['listening-port=3500', 'tls-listening-port=5400', 'min-port=50000', 'max-port=50100', `external-ip=${hostNamed(lab, 'calls').labAddress}`]
      .concat('realm=other.test', 'denied-peer-ip=198.51.100.9', 'user-quota=8', 'total-quota=800\n')
      .join('\n'),
  );
  const given = await credentials();
  t.deepEqual(given.uris, [
    `turn:turn.${server.serverName}:3500?transport=udp`,
    `turn:turn.${server.serverName}:3500?transport=tcp`,
    `turns:turn.${server.serverName}:5400?transport=tcp`,
  ]);
  for (const way of ['-t -p 3500', '-t -S -p 5400 -E /usr/local/share/ca-certificates/homerun-lab.crt']) {
    const { code, stdout, stderr } = await relay(`${way} -v ${toEcho()}`, given);
    t.is(code, 0, `${way}: ${stdout}\n${stderr}`);
    t.regex(`${stdout}${stderr}`, /relay addr: .*:50[01]\d\d\n/i, way);
  }
  t.is(await onServer("ss -Hltun | grep -cE ':(3478|5349) ' || :"), '0\n');
  const address = { address: server.host.address, ca: inventory.certificateAuthority };
  const alias = await https({ ...address, url: `https://www.${server.serverName}/a?b=c` });
  t.deepEqual([alias.status, alias.headers['location']], [301, `https://${server.clientName}/a?b=c`]);
  t.is((await https({ ...address, url: `https://${server.clientName}/` })).headers['strict-transport-security'], undefined);
  const back = await run(turn());
  t.is(back.exitCode, 0, complaint(back));
});

test.serial('a change of what is denied changes coturn alone', async (t) => {
  const ran = await run(turn({ matrix_turn_allowed_peers: [] }));
  t.deepEqual(ran.changed, ['calls: Configure the TURN server', 'calls: Restart the TURN server'], complaint(ran));
  const { code, stdout, stderr } = await relay(toEcho(), await credentials());
  t.not(code, 0);
  t.regex(`${stdout}${stderr}`, /403/);
  const back = await run(turn());
  t.is(back.exitCode, 0, complaint(back));
});

/** The serial number of the certificate that is served over TLS. */
const served = () =>
  onServer(
    `openssl s_client -connect ${server.serverName}:5349 -servername ${server.serverName} </dev/null 2>/dev/null | openssl x509 -noout -serial`,
  );

/** coturn takes a certificate at a signal, which nobody answers. */
const isReplaced = (before: string) =>
  waitFor('coturn to take the new certificate', 15, async () => ((await served()) === before ? undefined : true));

test.serial('a new certificate reaches it at once, and calls go on', async (t) => {
  const [before, runs] = [await served(), await runningSince()];
  const { certificate, key } = await issueCertificate(lab.authority, [server.serverName, server.clientName]);
  writeFileSync(join(folder, 'certificates', 'calls.key'), key, { mode: 0o600 });
  writeFileSync(join(folder, 'certificates', 'calls.pem'), certificate);
  const ran = await converge('run', ['playbooks/certificates.yaml', '-i', inventory.folder, '-l', 'calls']);
  t.is(ran.exitCode, 0, complaint(ran));
  await isReplaced(before);
  t.is(await runningSince(), runs);
});

test.serial('a certificate that certbot renews by itself reaches it, too', async (t) => {
  const pebble = await startPebble(lab);
  try {
    const acme = { matrix_certificate_method: 'acme', matrix_acme_directory: pebble.directoryUrl, matrix_acme_terms_agreed: true };
    const ran = await run(turn(), '-e', JSON.stringify(acme));
    t.is(ran.exitCode, 0, complaint(ran));
    const [before, runs] = [await served(), await runningSince()];
    await onServer('certbot renew -q --force-renewal --no-random-sleep-on-renew');
    await isReplaced(before);
    t.is(await runningSince(), runs);
    const back = await run(turn());
    t.is(back.exitCode, 0, complaint(back));
  } finally {
    pebble.stop();
  }
});

test.serial('a new secret restarts Synapse and coturn, and nothing else changes', async (t) => {
  const old = await credentials();
  const ran = await run(turn({ matrix_turn_shared_secret: randomBytes(32).toString('hex') }));
  t.deepEqual(
    ran.changed,
    ['Put secrets that are set into files of their own', 'Restart Synapse', 'Configure the TURN server', 'Restart the TURN server'].map(
      (task) => `calls: ${task}`,
    ),
    complaint(ran),
  );
  t.not((await relay(toEcho(), old)).code, 0);
  t.is((await relay(toEcho(), await credentials())).code, 0);
});

test.serial('what was changed by hand is put back', async (t) => {
  await onServer("systemctl disable --now coturn; sed -i 's/^denied.*//' /etc/turnserver.conf; chmod 0644 /etc/turnserver.conf");
  const ran = await run(turn());
  t.is(ran.exitCode, 0, complaint(ran));
  t.is(await onServer('systemctl is-active coturn; systemctl is-enabled coturn; stat -c %a /etc/turnserver.conf'), 'active\nenabled\n640\n');
});

test.serial('switched off, it is stopped and disabled, and nothing of it stays but the package', async (t) => {
  const ran = await run({});
  t.is(ran.exitCode, 0, complaint(ran));
  t.is(await onServer('systemctl is-active coturn || systemctl is-enabled coturn || :'), 'inactive\ndisabled\n');
  t.is(await onServer('cat /var/matrix-synapse-data/homeserver.yaml'), without);
  t.is(
    await onServer(
      'ls -d /etc/turnserver.conf /etc/systemd/system/coturn.service.d/* /var/matrix-synapse-data/turn* /run/coturn 2>/dev/null | wc -l',
    ),
    '0\n',
  );
  t.deepEqual(await credentials(), {});
  const again = await run({});
  t.deepEqual(again.changed, [], complaint(again));
});
