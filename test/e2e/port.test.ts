// A role as people write and share them, of moderate size, as Ansible reads it and as homerun does.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { stringifyYaml } from '../../src/language/yaml.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { projectRoot } from '../lab/places.ts';
import { attempt } from '../lab/run.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge } from './homerun.ts';

const name = 'e2e-port';
const source = join(projectRoot, 'test/e2e/port');
const folder = mkdtempSync(join(tmpdir(), 'homerun-port-'));
const inventory = join(folder, 'hosts.yaml');
const playbook = join(source, 'homerun/site.yml');
const withAnsible = existsSync('/usr/bin/ansible-playbook') ? test.serial : test.serial.skip;

let lab: Lab;

/** Both tools know their host as `web`, so that nothing that they write differs. */
function writeInventory(file: string, vars: Readonly<Record<string, string>>): void {
  writeFileSync(file, stringifyYaml({ all: { hosts: { web: {} }, vars } }));
}

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  const hosts = ['ours', 'theirs'].map((host) => ({ name: host, kind: 'baked' as const }));
  lab = await startLab({ name, hosts, say: (line) => t.log(line) });
  const address = (host: string) => lab.hosts.find((one) => one.name === host)?.address ?? '';
  writeInventory(inventory, {
    ssh_host: address('ours'),
    ssh_user: lab.users.root.name,
    ssh_identity_file: lab.identityFile,
    ssh_known_hosts_file: lab.knownHostsFile,
  });
  writeInventory(join(folder, 'ansible.yaml'), {
    ansible_host: address('theirs'),
    ansible_user: lab.users.root.name,
    ansible_ssh_private_key_file: lab.identityFile,
    ansible_ssh_common_args: `-o IdentitiesOnly=yes -o UserKnownHostsFile=${lab.knownHostsFile}`,
    ansible_python_interpreter: '/usr/bin/python3',
  });
  await Promise.all(hosts.map((host) => prepare(host.name)));
});

// What Ansible needs on a host, on both of them; and what the role shall remove.
async function prepare(host: string): Promise<void> {
  const { code, stderr } = await onHost(
    lab,
    host,
    `set -e
    apt-get -q update
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3 python3-apt
    echo '# outdated' >/etc/nginx/sites-available/outdated.conf
    ln -s /etc/nginx/sites-available/outdated.conf /etc/nginx/sites-enabled/outdated.conf`,
  );
  if (code !== 0) throw new Error(`${host} cannot be prepared: ${stderr}`);
}

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

function filesBelow(top: string): readonly string[] {
  return readdirSync(join(source, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(source, top).length + 1))
    .sort();
}

const conditions = new Set(['when', 'until', 'changed_when', 'failed_when', 'that']);
const asTemplate = (file: string) => file.replace(/\.j2$/, '.hbs');

/** Where two documents differ in something else than an expression. */
function differences(theirs: unknown, ours: unknown, at: readonly string[] = []): readonly string[] {
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length)
    return theirs.flatMap((item, index) => differences(item, ours[index], [...at, String(index)]));
  if (isMapping(theirs) && isMapping(ours) && Object.keys(theirs).join() === Object.keys(ours).join())
    return Object.keys(theirs).flatMap((key) => differences(theirs[key], ours[key], [...at, key]));
  const isCondition = at.some((key) => conditions.has(key));
  const isText = typeof theirs === 'string' && typeof ours === 'string';
  if (theirs === ours || (isText && (isCondition || (theirs.includes('{{') && ours.includes('{{')) || asTemplate(theirs) === ours))) return [];
  return [`${at.join('.')}: ${JSON.stringify(theirs)} became ${JSON.stringify(ours)}`];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

test('the port differs from what Ansible reads in expressions and templates alone', (t) => {
  const files = filesBelow('ansible');
  t.true(files.length > 20);
  t.deepEqual(filesBelow('homerun'), files.map(asTemplate).sort());
  for (const file of files.filter((each) => !each.endsWith('.j2'))) {
    const theirs = readFileSync(join(source, 'ansible', file), 'utf8');
    const ours = readFileSync(join(source, 'homerun', file), 'utf8');
    if (file.endsWith('.yml')) t.deepEqual(differences(parse(theirs), parse(ours)), [], file);
    else t.is(ours, theirs, file);
  }
});

test('what is no expression is told from one', (t) => {
  t.deepEqual(differences({ copy: { src: 'a', mode: '0644' } }, { copy: { src: 'a', mode: '0600' } }), ['copy.mode: "0644" became "0600"']);
  t.is(differences([{ a: 1 }], [{ a: 1, b: 1 }]).length, 1);
  t.is(differences({ name: 'x {{ y }}' }, { name: 'x y' }).length, 1);
});

test.serial('the port sets up its web server, and a rerun changes nothing', async (t) => {
  t.timeout(300_000);
  const checked = await converge('check', [playbook, '-i', inventory]);
  t.is(checked.exitCode, 3, complaint(checked));
  const first = await converge('run', [playbook, '-i', inventory]);
  t.is(first.exitCode, 0, complaint(first));
  t.true(first.changed.includes('web: nginx : Reload'));
  const page = await onHost(
    lab,
    'ours',
    'curl -fsS -H "Host: main.example" http://127.0.0.1/; nginx-status | head -n 1; ls /etc/nginx/sites-available; echo enabled; ls /etc/nginx/sites-enabled',
  );
  t.regex(page.stdout, /<p>main\.example, www\.main\.example on web\nActive connections: 1/, page.stderr);
  t.regex(page.stdout, /\ndefault\nmain\.conf\nredirect\.conf\nenabled\nmain\.conf\nredirect\.conf\n$/);

  const second = await converge('run', [playbook, '-i', inventory]);
  t.is(second.exitCode, 0, complaint(second));
  t.deepEqual(second.changed, []);
});

test.serial('drift is mended, with its handlers, and nothing else changes', async (t) => {
  t.timeout(120_000);
  await onHost(
    lab,
    'ours',
    'echo "# by hand" >>/etc/nginx/sites-available/main.conf; rm /etc/nginx/sites-enabled/redirect.conf; chmod 644 /etc/sudoers.d/webusers',
  );
  const ran = await converge('run', [playbook, '-i', inventory]);
  t.deepEqual(
    ran.changed,
    ['web: web_users : Let them check the configuration', 'web: nginx : Configure the site', 'web: nginx : Enable the site', 'web: nginx : Reload'],
    complaint(ran),
  );
});

const places = '/etc/nginx /etc/logrotate.d/nginx /etc/default/nginx /srv /usr/local/bin/nginx-status /etc/sudoers.d /var/log/web-users /home';

/** All that the role is about, a line each. Copies that were kept have the time in their name. */
const look = `
find ${places} ! -name 'nginx.conf.*' -printf '%p %y %m %u %g %l\\n' | sort
find ${places} -type f ! -name 'nginx.conf.*' -exec sha256sum {} + | sort -k 2
stat -c '%n %a %U %G' /var/log/nginx
getent passwd deploy-web backup-web | cut -d: -f1,5-
id -nG deploy-web; id -nG backup-web
systemctl is-active nginx; systemctl is-enabled nginx
ls /etc/nginx | grep -c '^nginx.conf.'
`;

withAnsible('Ansible makes of the original what homerun makes of the port', async (t) => {
  t.timeout(600_000);
  // What a person has set on this machine does not count.
  writeFileSync(join(folder, 'ansible.cfg'), '');
  const run = () =>
    attempt(['ansible-playbook', '-i', join(folder, 'ansible.yaml'), 'site.yml'], {
      directory: join(source, 'ansible'),
      environment: {
        HOME: folder,
        LC_ALL: 'C.UTF-8',
        ANSIBLE_CONFIG: join(folder, 'ansible.cfg'),
        ANSIBLE_NOCOLOR: '1',
        ANSIBLE_PIPELINING: '1',
        ANSIBLE_LOCAL_TEMP: join(folder, 'tmp'),
        ANSIBLE_SSH_CONTROL_PATH_DIR: join(folder, 'cp'),
      },
    });
  const first = await run();
  t.is(first.code, 0, first.stdout + first.stderr);
  const second = await run();
  t.regex(second.stdout, /changed=0 /, second.stdout);
  const [ours, theirs] = await Promise.all(['ours', 'theirs'].map((host) => onHost(lab, host, look)));
  t.true((ours?.stdout.length ?? 0) > 4000);
  t.deepEqual(ours?.stdout.split('\n'), theirs?.stdout.split('\n'));
});
