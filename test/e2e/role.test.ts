import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { stringifyYaml } from '../../src/language/yaml.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { projectRoot } from '../lab/places.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge } from './homerun.ts';

const name = 'e2e-role';
const folder = mkdtempSync(join(tmpdir(), 'homerun-role-'));
const inventory = join(folder, 'hosts.yaml');
/** The source folder, as only TypeScript is compiled. */
const playbook = join(projectRoot, 'test/e2e/role/site.yaml');

let lab: Lab;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [{ name: 'one' }, { name: 'two' }], say: (line) => t.log(line) });
  const hosts = Object.fromEntries(lab.hosts.map((host) => [host.name, { ssh_host: host.address }]));
  const vars = { ssh_user: lab.users.root.name, ssh_identity_file: lab.identityFile, ssh_known_hosts_file: lab.knownHostsFile };
  writeFileSync(inventory, stringifyYaml({ all: { hosts, vars } }));
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

test.serial('a role as it is shared sets up a service with all that it needs, and a rerun changes nothing in two trips', async (t) => {
  const checked = await converge('check', [playbook, '-i', inventory]);
  t.is(checked.exitCode, 3, complaint(checked));
  t.is((await onHost(lab, 'one', 'getent passwd guard || true')).stdout, '', 'check changes nothing');

  const first = await converge('run', [playbook, '-i', inventory]);
  t.is(first.exitCode, 0, complaint(first));
  const ofOne = first.tasks.filter(({ host }) => host === 'one').map(({ task, status }) => `${task}: ${status}`);
  t.deepEqual(ofOne, [
    'service_user : Make the group: changed',
    'service_user : Make the user: changed',
    'guard : Load what differs between distributions: ok',
    'guard : Check what is wanted: ok',
    'guard : Make its folders: changed',
    'guard : Put the program: changed',
    'guard : Configure it: changed',
    'guard : Set up a jail: ok',
    'guard : See whether its log is there: ok',
    'guard : Make its log: changed',
    'guard : Configure the jail: changed',
    'guard : See whether its log is there: ok',
    'guard : Make its log: changed',
    'guard : Configure the jail: changed',
    'guard : Remove jails: skipped',
    'guard : Define its service: changed',
    'guard : Start it: changed',
    'guard : Restart guard: changed',
    'guard : Note the change: changed',
  ]);
  const { stdout } = await onHost(
    lab,
    'two',
    'systemctl is-active guard; cat /etc/guard/guard.conf /etc/guard/jail.d/*.conf; stat -c %U:%G:%a /etc/guard',
  );
  t.is(
    stdout,
    [
      'active',
      '# Written by the role guard for two.',
      'interval=60',
      '# The jail sshd.',
      "log='/var/log/auth.log'",
      "pattern='Failed password'",
      'most=3',
      '# The jail web.',
      "log='/var/log/web.log'",
      "pattern=' 401 '",
      'most=5',
      'root:guard:750',
      '',
    ].join('\n'),
  );

  const second = await converge('run', [playbook, '-i', inventory]);
  t.is(second.exitCode, 0, complaint(second));
  t.deepEqual(second.changed, []);
  t.log(second.recap);
  t.true(Number(second.recap['one']?.trips) <= 2, JSON.stringify(second.recap));
});

test.serial('drift in a file of a role is mended, with its handler, and nothing else changes', async (t) => {
  await onHost(lab, 'one', 'echo most=1 >> /etc/guard/jail.d/web.conf');
  const ran = await converge('run', [playbook, '-i', inventory]);
  t.deepEqual(ran.changed, ['one: guard : Configure the jail', 'one: guard : Restart guard', 'one: guard : Note the change'], complaint(ran));
});
