// Two homeservers on one host, made by one run.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Vars } from '../../src/values/vars.ts';
import { https } from '../lab/https.ts';
import { hostNamed, onHost, removeLab, startLab } from '../lab/lab.ts';
import { type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';

const name = 'e2e-instances';
const folder = mkdtempSync(join(tmpdir(), 'homerun-instances-'));

let lab: Lab;
let inventory: MatrixInventory;
let authority: string;
let made: JsonRan;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  const names = ['chat.family.lab.test', 'school.lab.test', 'chat.school.lab.test'];
  lab = await startLab({ name, hosts: [{ name: 'family', kind: 'baked', names }], say: (line) => t.log(line) });
  inventory = await write({});
  authority = inventory.certificateAuthority;
  made = await run({ matrix_certificate_authorities: [authority] });
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

/** @param school more variables of the second homeserver */
async function write(school: Vars): Promise<MatrixInventory> {
  return writeInventory(lab, {
    folder,
    besides: [{ ...hostNamed(lab, 'family'), name: 'school', serverName: 'school.lab.test' }],
    hostVariables: {
      family: { matrix_admin_user: 'anna', matrix_certificate_authorities: [inventory?.certificateAuthority ?? ''].filter((one) => one !== '') },
      school: { matrix_admin_user: 'ben', matrix_instance: 'school', matrix_synapse_port: 8009, matrix_admin_panel_path: '', ...school },
    },
  });
}

async function run(school: Vars, ...more: readonly string[]): Promise<JsonRan> {
  inventory = await write(school);
  return converge('run', ['playbooks/site.yaml', '-i', inventory.folder, ...more]);
}

async function onMachine(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'family', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout.trim();
}

const ask = (url: string, more: Partial<Parameters<typeof https>[0]> = {}) =>
  https({ url, address: hostNamed(lab, 'family').address, ca: authority, ...more });

async function logIn(server: string, user: string): Promise<{ readonly status: number; readonly user?: string }> {
  const body = { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password: inventory.adminPassword };
  const answer = await ask(`https://${server}/_matrix/client/v3/login`, { method: 'POST', body });
  const { user_id: id } = JSON.parse(answer.body) as { user_id?: string };
  return { status: answer.status, ...(id !== undefined && { user: id }) };
}

/** What a homeserver has for itself: its container as it was started, and each of its files with the time of its last change. */
const stateOf = (prefix: string) =>
  onMachine(`docker inspect -f '{{.Id}} {{.State.StartedAt}}' ${prefix}synapse
find /var/${prefix}matrix-synapse-data/*.yaml /var/${prefix}matrix-synapse-data/*.config /var/www/${prefix}matrix /var/www/${prefix}matrix-client* /etc/ssl/homerun/${prefix}matrix* \
  /etc/nginx/sites-*/${prefix}matrix* /usr/local/share/ca-certificates/${prefix}matrix-* -printf '%p %C@ %m %U\\n' 2>/dev/null | sort`);

test.serial('one run makes both, and each answers under its names with its own users', async (t) => {
  t.is(made.exitCode, 0, complaint(made));
  t.true(made.changed.includes('family: Create the first administrator') && made.changed.includes('school: Create the first administrator'));
  t.deepEqual(await logIn('family.lab.test', 'anna'), { status: 200, user: '@anna:family.lab.test' });
  t.deepEqual(await logIn('school.lab.test', 'ben'), { status: 200, user: '@ben:school.lab.test' });
  t.is((await logIn('school.lab.test', 'anna')).status, 403);
  t.is((await logIn('family.lab.test', 'ben')).status, 403);
  for (const server of ['family', 'school']) {
    const known = await ask(`https://${server}.lab.test/.well-known/matrix/server`);
    t.deepEqual(JSON.parse(known.body), { 'm.server': `${server}.lab.test:443` });
    const config = await ask(`https://chat.${server}.lab.test/config.json`);
    t.is((JSON.parse(config.body) as { defaultHomeServer: string }).defaultHomeServer, `https://${server}.lab.test`);
  }
});

test.serial('folders, containers, sites and authorities of the second one have its name in front, and those of the first are as ever', async (t) => {
  t.is(
    await onMachine(`for one in $(docker ps --format '{{.Names}}' | sort); do echo $one $(docker port $one); done; cd /; ls -d var/*matrix-synapse-data var/www/*matrix* var/www/*ketesa etc/nginx/sites-enabled/*matrix*
ls usr/local/share/ca-certificates | sed -n 's/matrix-.*/matrix-/p'`),
    [
      'school-synapse 8008/tcp -> 127.0.0.1:8009',
      'synapse 8008/tcp -> 127.0.0.1:8008',
      'etc/nginx/sites-enabled/matrix',
      'etc/nginx/sites-enabled/matrix-http',
      'etc/nginx/sites-enabled/school-matrix',
      'etc/nginx/sites-enabled/school-matrix-http',
      'var/matrix-synapse-data',
      'var/school-matrix-synapse-data',
      'var/www/ketesa',
      'var/www/matrix',
      'var/www/matrix-client',
      'var/www/school-matrix',
      'var/www/school-matrix-client',
      'matrix-',
      'school-matrix-',
    ].join('\n'),
  );
});

test.serial('the same run again changes nothing', async (t) => {
  const again = await run({ matrix_certificate_authorities: [authority] });
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
});

test.serial('a changed variable of one touches nothing of the other', async (t) => {
  const before = await stateOf('');
  const ran = await run({ matrix_certificate_authorities: [authority], matrix_max_upload_size: '10M' });
  t.deepEqual(ran.changed, ['school: Configure Synapse', 'school: Serve everything over https'], complaint(ran));
  t.is(await stateOf(''), before);
});

test.serial('what one no longer has is taken from it alone', async (t) => {
  const before = await stateOf('');
  inventory = await write({ matrix_client: 'none', matrix_certificate_authorities: [] });
  const ran = await converge('run', ['playbooks/authorities.yaml', 'playbooks/web-client.yaml', '-i', inventory.folder]);
  t.deepEqual(
    ran.changed,
    ['Trust those no more that are no longer yours', 'Update the store of authorities', 'Remove the web client'].map((task) => `school: ${task}`),
    complaint(ran),
  );
  t.is(await stateOf(''), before);
  t.is(await onMachine('ls -d /var/www/school-matrix-client /usr/local/share/ca-certificates/school-* 2>/dev/null | wc -l'), '0');
});

test.serial('what is there once cannot be wanted twice, and that is told before the host is asked', async (t) => {
  const ran = await run({ matrix_synapse_port: 8008, matrix_instance: 'matrix' }, '--limit', 'school');
  t.is(ran.exitCode, 1);
  t.regex(
    ran.stderr,
    /the hosts "family" and "school" are one machine, .* and have the same: matrix_instance \(matrix\), matrix_synapse_port \(8008\)\n/,
  );
});
