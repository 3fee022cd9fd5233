// Five servers in three groups, each with variables, a secret and a certificate of its own, changed one after another.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { newIdentity } from '../../src/language/age.ts';
import { formatSecretsFile, sealSecrets, secretsFileName } from '../../src/language/secrets-file.ts';
import { stringifyYaml } from '../../src/language/yaml.ts';
import { issueCertificate } from '../lab/authority.ts';
import { hostNamed, onHost, removeLab, startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, type JsonRan } from './homerun.ts';

const name = 'e2e-rolling';
const folder = mkdtempSync(join(tmpdir(), 'homerun-rolling-'));
const inventory = join(folder, 'inventory');
const groups = { trial: ['lab'], families: ['smith', 'jones'], schools: ['school', 'college'] };
const servers = Object.values(groups).flat();

/** Two steps, as site.yaml has twelve. */
const playbook = `
- hosts: servers
  tasks:
    - name: See that nothing is broken
      command: test ! -e /root/broken
      changed_when: false
    - name: Put the secret in place
      copy: {content: '{{ secret (concat inventory_hostname "_password") }}', dest: /root/secret, mode: "0600"}
    - name: Put the certificate in place
      copy: {src: "{{ inventory_dir }}/certificates/{{ inventory_hostname }}.pem", dest: /root/certificate.pem, mode: "0644"}
- hosts: servers
  tasks:
    - name: Say what it is
      copy: {content: "{{ inventory_hostname }} of {{ kind }}, {{ colour }}\\n", dest: /root/what, mode: "0644"}
`;

let lab: Lab;
const certificates = new Map<string, string>();

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: servers.map((server) => ({ name: server, kind: 'plain' })), say: (line) => t.log(line) });
  for (const part of ['certificates', 'group_vars', 'host_vars']) mkdirSync(join(inventory, part), { recursive: true });
  const { identity, recipient } = await newIdentity();
  const secrets = new Map(servers.map((server) => [`${server}_password`, `of-${server}`]));
  write('identity.txt', `${identity}\n`);
  write(secretsFileName, formatSecretsFile(await sealSecrets(secrets, [recipient])));
  const children = Object.entries(groups).map(([group, hosts]) => [
    group,
    { hosts: Object.fromEntries(hosts.map((host) => [host, { ssh_host: hostNamed(lab, host).address }])) },
  ]);
  const vars = { ssh_user: lab.users.root.name, ssh_identity_file: lab.identityFile, ssh_known_hosts_file: lab.knownHostsFile };
  write('hosts.yaml', stringifyYaml({ servers: { vars, children: Object.fromEntries(children) } }));
  for (const group of Object.keys(groups)) write(`group_vars/${group}.yaml`, `kind: ${group}\ncolour: grey\n`);
  write('host_vars/college.yaml', 'colour: red\n');
  for (const server of servers) {
    const { certificate } = await issueCertificate(lab.authority, [`${server}.lab.test`]);
    certificates.set(server, certificate);
    write(`certificates/${server}.pem`, certificate);
  }
  writeFileSync(join(folder, 'site.yaml'), playbook);
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

function write(file: string, content: string): void {
  writeFileSync(join(inventory, file), content, { mode: 0o600 });
}

function run(...more: readonly string[]): Promise<JsonRan> {
  return converge('run', [join(folder, 'site.yaml'), '-i', inventory, '--serial', '1', ...more]);
}

async function on(server: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, server, script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

const logins = (server: string) => on(server, 'journalctl -u ssh -o cat | grep -c "^Accepted" || :');

test.serial('one server is done as a whole before the next one, and none is begun after one that failed', async (t) => {
  await on('jones', 'touch /root/broken');
  const ran = await run();
  t.is(ran.exitCode, 2, complaint(ran));
  t.deepEqual(
    ran.tasks.map(({ host, status }) => `${host} ${status}`),
    [...['lab', 'smith'].flatMap((server) => ['ok', 'changed', 'changed', 'changed'].map((status) => `${server} ${status}`)), 'jones failed'],
  );
  t.true(ran.stdout.includes('not begun: school, college'));
  for (const server of ['school', 'college']) t.is(await logins(server), '0\n', server);
});

test.serial('once that is mended the same run goes on where it stopped, and each server has what is its own', async (t) => {
  await on('jones', 'rm /root/broken');
  const ran = await run();
  t.is(ran.exitCode, 0, complaint(ran));
  t.deepEqual([...new Set(ran.changed.map((one) => one.split(':')[0]))], ['jones', 'school', 'college']);
  for (const [kind, members] of Object.entries(groups)) {
    for (const server of members) {
      const colour = server === 'college' ? 'red' : 'grey';
      t.is(
        await on(server, 'cat /root/what /root/secret; echo; cat /root/certificate.pem'),
        `${server} of ${kind}, ${colour}\nof-${server}\n${certificates.get(server)}`,
      );
    }
  }
  t.deepEqual((await run()).changed, []);
});

test.serial('a server that cannot be reached stops it, too', async (t) => {
  await on('smith', 'systemctl stop ssh.socket ssh 2>/dev/null; systemctl stop ssh');
  const ran = await run('-e', 'colour=blue');
  t.is(ran.exitCode, 4, complaint(ran));
  t.deepEqual(ran.changed, ['lab: Say what it is']);
  t.deepEqual(
    ran.unreachable.map(({ host }) => host),
    ['smith'],
  );
});
