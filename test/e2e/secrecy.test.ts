// What is secret stands where it is needed and nowhere else: looked for on the host while a first run goes on and after it, and on the machine that runs.

import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readYaml } from '../../src/modules/support/yaml-edit.ts';
import { type HttpsAnswer, https } from '../lab/https.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { type Homeserver, homeserverRequest, type MatrixInventory, passwordSecret, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { withLines } from '../secrecy/canaries.ts';
import { allForms, betrayed, disguised, encodings } from '../secrecy/encodings.ts';
import { complaint, converge, homerun, type Ran } from './homerun.ts';
import { type Sampled, whileSampling } from './sampler.ts';
import { filesWith, type Seen, whileWatched } from './secrecy/programs.ts';
import { canaries, inEnvironment, leaveTraces, placeCanaries } from './secrecy/runs.ts';
import { type Left, plant, surfaces } from './secrecy/surfaces.ts';

const name = process.env['HOMERUN_LAB'] ?? 'e2e-secrecy';
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
/** Those of the homeserver, by what they are called. */
let secrets: Readonly<Record<string, string>>;
/** The same, and those that other runs have used. */
let all: Readonly<Record<string, string>>;
let left: Left;
let stranger: Seen;
/** Seconds since 1970. */
let began: number;
/** No secret: it goes wherever they go. */
const witness = `zeuge${randomBytes(6).toString('hex')}`;

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
  await placeCanaries(inventory.folder, { [passwordSecret]: adminPassword, of_deploy: lab.users.sudo.password });
  all = withLines({ ...canaries, 'the password of deploy': lab.users.sudo.password, 'the password': adminPassword });
  began = Number(await onClose('date +%s'));
  const args = ['run', 'playbooks/site.yaml', '-i', inventory.folder, '-D', '-vvvv', '--output', 'plain', ...reports('first')];
  const [traces, seen] = await whileSampling(lab, host, async () => {
    first = await homerun(args, { environment });
    if (first.exitCode !== 0) throw new Error(`${first.stdout}\n${first.stderr}`);
    return leaveTraces(
      { folder: own(''), environment, inventory: inventory.folder, witness },
      async (work) => {
        const [ran, found] = await whileWatched(lab, host, all, work);
        stranger = found;
        return ran;
      },
      () => onClose('rm -rf /srv/canary; userdel canary || true'),
    );
  });
  sampled = seen;
  left = { ...traces, hostProcesses: sampled.text, folder: own(''), witness, onHost: onClose };
  const configuration = readYaml(await onClose(`cat ${data}/homeserver.yaml`)).data;
  const generated = ['registration_shared_secret', 'macaroon_secret_key', 'form_secret'].map((key) => [key, String(configuration[key])]);
  secrets = { ...Object.fromEntries(generated), 'the password': adminPassword };
  if (Object.values(secrets).some((secret) => secret.length < 20)) throw new Error('a secret is missing');
  all = { ...all, ...secrets };
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

test.serial('the runs did what they were to do: a secret went through each task', (t) => {
  for (const ran of [left.plain, left.json, left.live]) {
    t.is(ran.exitCode, 0, `${ran.stdout.slice(-3000)}\n${ran.stderr}`);
    t.true(ran.stdout.includes('What is said by assert'));
  }
  t.is(left.check.exitCode, 3, left.check.stdout.slice(-3000) + left.check.stderr);
  t.is(left.wrong.exitCode, 1);
  for (const ran of [left.thrown, left.rejected]) t.regex(ran.stderr, /This is a bug in homerun/);
});

test.serial('secrets of every source are on none of 30 surfaces, in none of 14 encodings', async (t) => {
  t.timeout(300_000);
  await onClose(plant(witness));
  for (const folder of ['state', 'home', 'home/.cache', 'tmp']) writeFileSync(own(join(folder, 'witness')), witness);
  const wanted = surfaces(left);
  t.is(wanted.length, 30);
  t.is(encodings.length, 14);
  const found: string[] = [];
  const probe = { probe: `Lockvogel-${randomBytes(4).toString('hex')} 'x' & "y"` };
  for (const { name: surface, gather } of wanted) {
    const text = await gather();
    t.true(text.includes(witness), `${surface} has no witness: nobody looks at the right place\n${text.slice(0, 2000)}`);
    // What is looked for would be found, in each encoding.
    const middle = Math.floor(text.length / 2);
    const planted = `${text.slice(0, middle)}${[...disguised(probe.probe).values()].join('\n')}${text.slice(middle)}`;
    t.is(betrayed(planted, probe).length, encodings.length, surface);
    found.push(...betrayed(text, surface.startsWith('processes of the host') ? withoutEnvironment(all) : all).map((what) => `${surface}: ${what}`));
  }
  // Where a task says that it shall be in the environment of a process, it is there, and nowhere else.
  t.true(left.hostProcesses.includes(`CANARY=${inEnvironment}`));
  t.log(`${wanted.length} surfaces × ${encodings.length} encodings: ${found.length} found`);
  t.deepEqual(found, []);
});

function withoutEnvironment(secretsByName: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(secretsByName).filter(([name]) => name !== 'environment'));
}

test.serial('on the host secrets stand in the files that tasks name, with the modes that they say, and in no other file', async (t) => {
  t.timeout(300_000);
  // Each encoding is found on the host too.
  const probe = { probe: 'Lockvogel-7Fq2 in einer Datei' };
  for (const [encoding, text] of disguised(probe.probe)) {
    if (encoding === 'base64 in lines') continue;
    await onClose(`printf '%s' ${Buffer.from(text).toString('base64')} | base64 -d >/var/tmp/probe-${encoding.replaceAll(' ', '-')}`);
  }
  const probes = await filesWith(lab, host, probe, began);
  await onClose('rm -f /var/tmp/probe-*');
  t.is(probes.length, encodings.length - 1, probes.join('\n'));
  const files = await filesWith(lab, host, all, began);
  t.deepEqual(
    files.filter((file) => !file.startsWith('/srv/canary/')),
    [`${data}/homeserver.yaml`],
  );
  const modes = await onClose("find /srv/canary -type f -printf '%m %f\\n'");
  for (const line of modes.trim().split('\n')) t.regex(line, /^(600 (copy|lines)|640 template)/);
});

test.serial('a stranger on the host reads none of them while it is written', (t) => {
  const { files, rounds, caught, made } = stranger;
  t.log(`a user without rights read what it could ${rounds} times; of ${made} files that were open for 2 ms it saw ${caught}`);
  t.true(caught >= made / 4, `only ${caught} of ${made} were seen`);
  t.deepEqual(files, []);
});

test.serial('while a first run goes on, no secret stands in an argument list or an environment on the host', (t) => {
  const { rounds, seconds, caught, started } = sampled;
  t.log(`all processes looked at ${rounds} times in ${seconds} s; of ${started} marks of processes that live for 3 ms ${caught} were seen`);
  t.true(caught >= started / 2, `only ${caught} of ${started} marks were seen`);
  // What is looked for would be found: the container that did the work is there.
  t.true(sampled.text.includes('register_new_matrix_user'));
  t.deepEqual(betrayed(sampled.text, secrets), []);
});

test.serial('on the host they stand in homeserver.yaml alone, and the password nowhere', async (t) => {
  const patterns = Object.values(secrets)
    .flatMap(allForms)
    .filter((form) => !form.includes('\0'));
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
  const size = JSON.stringify({ matrix_synapse_settings: { session_lifetime: '15min' } });
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
