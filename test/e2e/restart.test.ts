// Tasks that wait: for a moment, for a host that cannot be reached for a while, and for one that restarts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { stringifyYaml } from '../../src/language/yaml.ts';
import { docker } from '../lab/docker.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge } from './homerun.ts';

const name = 'e2e-restart';
const folder = mkdtempSync(join(tmpdir(), 'homerun-restart-'));
const inventory = join(folder, 'hosts.yaml');

let lab: Lab;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [{ name: 'one' }], say: (line) => t.log(line) });
  const hosts = Object.fromEntries(lab.hosts.map((host) => [host.name, { ssh_host: host.address }]));
  const vars = {
    ssh_user: lab.users.sudo.name,
    become_password: lab.users.sudo.password,
    ssh_identity_file: lab.identityFile,
    ssh_known_hosts_file: lab.knownHostsFile,
  };
  writeFileSync(inventory, stringifyYaml({ all: { hosts, vars } }));
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

function write(text: string): string {
  const playbook = join(folder, 'site.yaml');
  writeFileSync(playbook, text);
  return playbook;
}

/** What a machine does by itself and a container does not: it starts again once its system has gone down. */
async function startAgain(): Promise<void> {
  const container = lab.hosts[0]?.container ?? '';
  await docker(lab.engine, ['wait', container]);
  await docker(lab.engine, ['start', container]);
}

const statuses = (tasks: readonly { readonly task: string; readonly status: string }[]) => tasks.map(({ task, status }) => `${task}: ${status}`);

test.serial('a host restarts and the tasks after it find it as it then is, also as another user', async (t) => {
  t.timeout(300_000);
  const playbook = write(`
- hosts: one
  become: true
  tasks:
    - name: before
      copy: { content: x, dest: /run/before-the-restart }
    - name: restart
      reboot: { reboot_timeout: 120, test_command: systemctl is-active ssh.service }
      register: restarted
    - name: after
      copy: { content: x, dest: /run/before-the-restart }
    - name: whole
      assert: { that: restarted.rebooted }
    - name: who
      command: whoami
      become: false
      changed_when: false
      register: who
    - name: right
      assert: { that: who.stdout == "deploy" }
`);
  const process = () => onHost(lab, 'one', "sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20");
  const before = await process();
  const checked = await converge('check', [playbook, '-i', inventory]);
  t.deepEqual(statuses(checked.tasks).slice(0, 2), ['before: changed', 'restart: changed'], complaint(checked));
  t.deepEqual(await process(), before, 'check mode restarts nothing');
  const [ran] = await Promise.all([converge('run', [playbook, '-i', inventory]), startAgain()]);
  t.is(ran.exitCode, 0, complaint(ran));
  t.deepEqual(statuses(ran.tasks), ['before: changed', 'restart: changed', 'after: changed', 'whole: ok', 'who: ok', 'right: ok']);
  t.notDeepEqual(await process(), before);
});

test.serial('a host that cannot be reached for a while is waited for', async (t) => {
  t.timeout(120_000);
  const playbook = write(`
- hosts: one
  become: true
  tasks:
    - name: cut off
      shell: systemctl stop ssh.socket ssh.service; systemd-run --timer-property=AccuracySec=100ms --on-active=4 systemctl start ssh.service
    - name: wait
      wait_for_connection: { sleep: 1, timeout: 60 }
    - name: go on
      command: systemctl is-active ssh.service
`);
  const ran = await converge('run', [playbook, '-i', inventory]);
  t.is(ran.exitCode, 0, complaint(ran));
  t.deepEqual(statuses(ran.tasks), ['cut off: changed', 'wait: ok', 'go on: changed']);
});

test.serial('a host that stays away fails its task when the time is up, and the message says why', async (t) => {
  t.timeout(120_000);
  const playbook = write(`
- hosts: one
  become: true
  tasks:
    - name: cut off
      shell: systemctl stop ssh.socket ssh.service; systemd-run --timer-property=AccuracySec=100ms --on-active=6 systemctl start ssh.service
    - name: wait
      wait_for_connection: { sleep: 1, timeout: 1 }
    - name: go on
      command: "true"
`);
  const ran = await converge('run', [playbook, '-i', inventory]);
  const back = await converge('run', [
    write('- { hosts: one, gather_facts: false, tasks: [ { wait_for_connection: { timeout: 60 } } ] }'),
    '-i',
    inventory,
  ]);
  t.is(ran.exitCode, 2, complaint(ran));
  t.like(ran.tasks.at(-1), { task: 'wait', status: 'failed' });
  // What forwards the port to the host answers for it.
  t.regex(ran.tasks.at(-1)?.message ?? '', /^waited 1 seconds, and \S+ port 22 (refused|closed|hung up)/);
  t.is(back.exitCode, 0, complaint(back));
});

test.serial('a pause lets its time pass, and none in check mode', async (t) => {
  t.timeout(120_000);
  const playbook = write(`
- hosts: one
  tasks:
    - { name: first, command: date +%s, changed_when: false, check_mode: false, register: first }
    - { name: pause, pause: { seconds: 3 } }
    - { name: second, command: date +%s, changed_when: false, check_mode: false, register: second }
    - { name: passed, debug: { msg: "passed={{ subtract second.stdout first.stdout }}" } }
`);
  const passed = async (command: 'run' | 'check') => {
    const ran = await converge(command, [playbook, '-i', inventory]);
    t.is(ran.exitCode, 0, complaint(ran));
    return Number(/passed=(\d+)/.exec(ran.stdout)?.[1]);
  };
  t.true((await passed('run')) >= 3);
  t.true((await passed('check')) < 3);
});
