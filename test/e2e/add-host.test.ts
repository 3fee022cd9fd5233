// Hosts and groups that only the run knows: one host is in the inventory, the other is added by it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { stringifyYaml } from '../../src/language/yaml.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge } from './homerun.ts';

const name = 'addhost';
const folder = mkdtempSync(join(tmpdir(), 'homerun-addhost-'));

let lab: Lab;

const site = `- hosts: one
  tasks:
    - group_by: {key: "os_{{ facts.os_family }}"}
      changed_when: false
    - add_host:
        name: two
        groups: created
        ssh_host: "{{ address }}"
        ssh_known_hosts_file: "{{ known_hosts }}"
      changed_when: false
    - command: cat /etc/hostname
      register: said
      changed_when: false
      check_mode: false
      delegate_to: two
- hosts: os_Debian
  tasks:
    - copy: {dest: /etc/sorted, content: "{{ package_tool }} on {{ inventory_hostname }}, beside {{ said.stdout }}\\n", mode: "0644"}
- hosts: created:one
  serial: 1
  tasks:
    - copy: {dest: /etc/added, content: "{{ role_of_host }} {{ facts.os_family }} {{ join play_hosts }}\\n", mode: "0644"}
      notify: note
    - file: {path: /etc/added.d, state: directory, mode: "0755"}
  handlers:
    - name: note
      command: touch /etc/noted
`;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [{ name: 'one' }, { name: 'two' }], say: (line) => t.log(line) });
  const [one, two] = lab.hosts;
  const vars = {
    ssh_user: lab.users.root.name,
    ssh_identity_file: lab.identityFile,
    ssh_known_hosts_file: lab.knownHostsFile,
    known_hosts: lab.knownHostsFile,
    address: two?.address ?? '',
    role_of_host: 'plain',
  };
  mkdirSync(join(folder, 'group_vars'));
  writeFileSync(join(folder, 'hosts.yaml'), stringifyYaml({ all: { hosts: { one: { ssh_host: one?.address ?? '' } }, vars } }));
  writeFileSync(join(folder, 'group_vars/os_Debian.yaml'), 'package_tool: apt\n');
  writeFileSync(join(folder, 'group_vars/created.yaml'), 'role_of_host: new\n');
  writeFileSync(join(folder, 'site.yaml'), site);
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

const run = (action: 'run' | 'check', ...more: readonly string[]) => converge(action, ['site.yaml', '-i', 'hosts.yaml', ...more], { folder });

test.serial('check predicts later plays on hosts and groups that the run adds', async (t) => {
  const checked = await run('check');
  t.is(checked.exitCode, 3, complaint(checked));
  t.deepEqual([...checked.changed].sort(), ['one: copy', 'one: copy', 'one: file', 'one: note', 'two: copy', 'two: file', 'two: note']);
  t.is((await onHost(lab, 'two', 'ls /etc/added 2>/dev/null || true')).stdout, '');
});

test.serial('plays reach the group that facts decide, and the host that was added; a rerun changes nothing', async (t) => {
  const ran = await run('run');
  t.is(ran.exitCode, 0, complaint(ran));
  t.is((await onHost(lab, 'one', 'cat /etc/sorted /etc/added; ls /etc/noted')).stdout, 'apt on one, beside two\nplain Debian two,one\n/etc/noted\n');
  t.is((await onHost(lab, 'two', 'cat /etc/added; ls -d /etc/noted /etc/added.d')).stdout, 'new Debian two,one\n/etc/added.d\n/etc/noted\n');
  t.deepEqual(Object.keys(ran.recap), ['one', 'two']);

  const again = await run('run');
  t.is(again.exitCode, 0, complaint(again));
  t.deepEqual(again.changed, []);
  t.true((again.recap['two']?.trips ?? 9) <= 3, 'what was delegated, and two for its own play');
});

test.serial('--limit leaves out the host that was added', async (t) => {
  const ran = await run('run', '-l', 'one');
  t.is(ran.exitCode, 0, complaint(ran));
  t.deepEqual(Object.keys(ran.recap), ['one']);
});

test.serial('the host key of an added host is checked as any other', async (t) => {
  writeFileSync(join(folder, 'empty'), '');
  const ran = await run('run', '-e', `known_hosts=${join(folder, 'empty')}`, '-e', '{"ssh_timeout": 5}');
  t.is(ran.exitCode, 4, complaint(ran));
  t.like(ran.recap['one'], { unreachable: 1 }, 'it could not delegate');
  t.regex(ran.tasks.find(({ status }) => status === 'unreachable')?.message ?? '', /host key|known/i);
});
