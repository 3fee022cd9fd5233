// What is secret stands where it is needed and nowhere else: looked for on the host while a first run goes on and after it, and on the machine that runs.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readYaml } from '../../src/modules/support/yaml-edit.ts';
import { type HttpsAnswer, https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { betrayed, disguises } from './disguises.ts';
import { complaint, converge, homerun, type Ran } from './homerun.ts';
import { type Sampled, whileSampling } from './sampler.ts';

const name = 'e2e-secrecy';
const host = 'close';
const folder = mkdtempSync(join(tmpdir(), 'homerun-secrecy-'));
const own = (file: string) => join(folder, 'own', file);
const data = '/var/matrix-synapse-data';
/** Every character that some program on the way takes for its own. */
const adminPassword = `Zu "ge'heim" \\n $HOME $(id) \`id\` %41 %s &lt; <b> {{x}} € 🔑`;

let lab: Lab;
let inventory: MatrixInventory;
let server: Homeserver;
let first: Ran;
let sampled: Sampled;
/** By what they are called. */
let secrets: Readonly<Record<string, string>>;

/** Whatever the run itself writes on this machine goes below `folder/own`. */
const environment = { XDG_STATE_HOME: own('state'), HOME: own('home'), TMPDIR: own('tmp') };
const reports = (run: string) => ['--save', own(`${run}.jsonl`), '--html', own(`${run}.html`), '--junit', own(`${run}.xml`)];

test.before(async (t) => {
  t.timeout(900_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest(host, 'baked')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder, adminPassword });
  const [only] = inventory.homeservers;
  if (!only) throw new Error('the inventory has no homeserver');
  server = only;
  for (const each of ['state', 'home', 'tmp']) mkdirSync(own(each), { recursive: true });
  const args = ['run', 'playbooks/site.yaml', '-i', inventory.folder, '-D', '-vvvv', '--output', 'plain', ...reports('first')];
  [first, sampled] = await whileSampling(lab, host, () => homerun(args, { environment }));
  if (first.exitCode !== 0) throw new Error(`${first.stdout}\n${first.stderr}`);
  const configuration = readYaml(await onClose(`cat ${data}/homeserver.yaml`)).data;
  const generated = ['registration_shared_secret', 'macaroon_secret_key', 'form_secret'].map((key) => [key, String(configuration[key])]);
  secrets = { ...Object.fromEntries(generated), 'the password': adminPassword };
  if (Object.values(secrets).some((secret) => secret.length < 20)) throw new Error('a secret is missing');
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function onClose(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, host, script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

const request = (path: string, options: { method?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<HttpsAnswer> =>
  https({ url: `https://${server.serverName}${path}`, address: server.host.address, ca: inventory.certificateAuthority, ...options });

/** @returns an access token; undefined when the password is not the right one. */
async function login(user: string, password: string): Promise<string | undefined> {
  const body = { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password };
  const answer = await request('/_matrix/client/v3/login', { method: 'POST', body });
  if (answer.status === 403) return undefined;
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
  return (JSON.parse(answer.body) as { access_token: string }).access_token;
}

test.serial('while a first run goes on, no secret stands in an argument list or an environment on the host', (t) => {
  const { rounds, seconds, caught, started } = sampled;
  t.log(`all processes looked at ${rounds} times in ${seconds} s; of ${started} marks of processes that live for 3 ms ${caught} were seen`);
  t.true(caught >= started / 2, `only ${caught} of ${started} marks were seen`);
  // What is looked for would be found: the container that did the work is there.
  t.true(sampled.text.includes('register_new_matrix_user'));
  t.deepEqual(betrayed(sampled.text, secrets), []);
});

test.serial('on the host they stand in homeserver.yaml alone, and the password nowhere', async (t) => {
  const patterns = Object.values(secrets).flatMap(disguises);
  const found = await onClose(`umask 077; cat >/var/tmp/patterns <<'PATTERNS'
${patterns.join('\n')}
PATTERNS
grep -rlaFf /var/tmp/patterns / --exclude-dir=proc --exclude-dir=sys --exclude=patterns || true`);
  t.deepEqual(found.trim().split('\n'), [`${data}/homeserver.yaml`]);
  t.deepEqual(betrayed(await onClose(`cat ${data}/homeserver.yaml`), { password: adminPassword }), []);
  t.is((await onClose(`stat -c '%a %u:%g' ${data}/homeserver.yaml`)).trim(), '640 991:991');
});

test.serial('no log, journal or record of Docker tells them', async (t) => {
  const sources = {
    journal: 'journalctl --no-pager -o export',
    logs: 'cat /var/log/nginx/* /var/log/*log 2>/dev/null',
    containers: 'docker inspect $(docker ps -aq)',
    images: 'docker image inspect $(docker image ls -q)',
    'log of Synapse': 'docker logs synapse 2>&1',
    events: 'docker events --since 0 --until "$(date +%s)"',
  };
  for (const [what, script] of Object.entries(sources)) {
    const text = await onClose(script);
    t.true(text.length > 50, `${what}: ${text}`);
    t.deepEqual(betrayed(text, secrets), [], what);
  }
});

test.serial('nothing that the first run leaves on this machine tells them', (t) => {
  t.regex(first.stdout, /Create the first administrator/);
  t.deepEqual(betrayed(first.stdout + first.stderr, secrets), []);
  t.deepEqual(betrayedBelow(folder), []);
});

test.serial('nor do events, reports and differences of a run that changes the files they stand in, and makes an account', async (t) => {
  await onClose(`sed -i 's/^report_stats: .*/report_stats: true/' ${data}/homeserver.yaml`);
  const variables = JSON.stringify({ matrix_max_upload_size: '60M', matrix_admin_user: 'second' });
  const args = ['playbooks/site.yaml', '-i', inventory.folder, '-D', '-vvvv', '-e', variables, ...reports('second')];
  const ran = await converge('run', args, { environment });
  t.is(ran.exitCode, 0, complaint(ran));
  const configured = ran.tasks.find(({ task }) => task === 'Configure Synapse');
  t.regex(configured?.diff ?? '', /^\+max_upload_size: "60M"$/m);
  t.true(ran.changed.includes(`${host}: Create the first administrator`));
  t.deepEqual(betrayed(ran.stdout + ran.stderr, secrets), []);
  t.deepEqual(betrayedBelow(folder), []);
  t.truthy(await login('second', adminPassword));
});

test.serial('nor do runs that fail where they are used', async (t) => {
  const file = `${data}/homeserver.yaml`;
  await onClose(`sed -i 's/^registration_shared_secret:/#&/' ${file}`);
  const third = ['playbooks/administrator.yaml', '-i', inventory.folder, '-D', '-vvvv', '-e', 'matrix_admin_user=third', ...reports('third')];
  const unmade = await converge('run', third, { environment });
  await onClose(`sed -i 's/^#registration_shared_secret:/registration_shared_secret:/' ${file}`);
  t.is(unmade.exitCode, 2);
  t.regex(complaint(unmade), /The account third could not be created in the container synapse: .*registration_shared_secret/);
  const size = JSON.stringify({ matrix_synapse_settings: { max_upload_size: '50MB' } });
  const refused = await converge('run', ['playbooks/synapse.yaml', '-i', inventory.folder, '-D', '-vvvv', '-e', size, ...reports('refused')], {
    environment,
  });
  t.is(refused.exitCode, 2);
  t.deepEqual(betrayed(unmade.stdout + unmade.stderr + refused.stdout + refused.stderr, secrets), []);
  t.deepEqual(betrayedBelow(folder), []);
});

/** Files below `directory` that tell a secret, with which. */
function betrayedBelow(directory: string): readonly string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap((entry) => {
    const file = join(entry.parentPath, entry.name);
    return betrayed(readFileSync(file, 'utf8'), secrets).map((what) => `${file}: ${what}`);
  });
}

test.serial('the administrator exists once, and later runs leave the account alone', async (t) => {
  const token = await login('admin', adminPassword);
  t.truthy(token);
  const headers = { authorization: `Bearer ${token}` };
  const users = await request('/_synapse/admin/v2/users?name=admin', { headers });
  t.is(users.status, 200, users.body);
  const { total, users: found } = JSON.parse(users.body) as { total: number; users: readonly { name: string; admin: boolean }[] };
  t.is(total, 1);
  t.is(found[0]?.name, `@admin:${server.serverName}`);
  t.true(found[0]?.admin);
  const again = await converge('run', ['playbooks/site.yaml', '-i', inventory.folder, '-e', 'matrix_max_upload_size=60M'], { environment });
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
});

test.serial('a password that its owner changed stays', async (t) => {
  const token = await login('admin', adminPassword);
  const body = {
    auth: { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'admin' }, password: adminPassword },
    new_password: 'my own',
  };
  const headers = { authorization: `Bearer ${token}` };
  const changed = await request('/_matrix/client/v3/account/password', { method: 'POST', headers, body });
  t.is(changed.status, 200, changed.body);
  const again = await converge('run', ['playbooks/administrator.yaml', '-i', inventory.folder], { environment });
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
  t.truthy(await login('admin', 'my own'));
  t.is(await login('admin', adminPassword), undefined);
});
