import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { freePort, password, type Sshd, startSshd, whyNoSshd } from '../remote/sshd.ts';
import type { Held } from './many-runs.ts';

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: many runs over a real sshd: ${why}`);
const real = why === undefined ? test.serial : test.serial.skip;

const folder = mkdtempSync(join(tmpdir(), 'homerun-flat-'));
let sshd: Sshd;
test.before(async () => {
  if (why === undefined) sshd = await startSshd({ extra: ['MaxStartups 100'] });
});
test.after.always(() => {
  sshd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Some of all that ends in another way: changes, handlers, failures, a timeout, sudo, a delegation, a host that is not there, this machine. */
const playbook = `- hosts: all
  tasks:
    - copy: {dest: "/run/homerun-flat-{{ inventory_hostname }}", content: "{{ round }}", mode: "0644"}
      become: true
      when: inventory_hostname != "here"
      notify: told
    - shell: printf %070000d {{ round }}
      register: long
    - debug: {msg: "{{ long.stdout }}"}
    - command: "false"
      ignore_errors: true
    - command: "true"
      delegate_to: root
      changed_when: false
    - command: sleep 5
      timeout: 0.1
      ignore_errors: true
      when: is_long
    - command: echo {{ inventory_hostname }}
      run_once: true
  handlers:
    - name: told
      command: echo {{ round }}
`;

async function manyRuns(): Promise<readonly Held[]> {
  const { port, identityFile, knownHostsFiles } = sshd.settings();
  const reached = { ssh_host: '127.0.0.1', ssh_port: port, ssh_identity_file: identityFile, ssh_known_hosts_file: knownHostsFiles[0] };
  const hosts = {
    root: { ...reached, ssh_user: 'root' },
    tester: { ...reached, ssh_user: 'tester', become_password: password },
    nobody: { ...reached, ssh_port: await freePort() },
    here: { ansible_connection: 'local' },
  };
  writeFileSync(join(folder, 'hosts.yaml'), JSON.stringify({ all: { hosts } }));
  writeFileSync(join(folder, 'playbook.yaml'), playbook);
  const program = fileURLToPath(new URL('many-runs.js', import.meta.url));
  // Code that V8 compiles better while it runs counts as heap, and which lines are run is held in memory: neither is a leak.
  const flags = ['--expose-gc', '--no-opt', '--no-sparkplug', '--no-maglev'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, folder], {
    timeout: 300_000,
    env: { ...process.env, NODE_V8_COVERAGE: '' },
  });
  return JSON.parse(stdout) as Held[];
}

real('memory, open files and what keeps the process going are flat over 50 runs in one process', async (t) => {
  t.timeout(310_000);
  const [early, late] = await manyRuns();
  if (!early || !late) return t.fail('nothing was told');
  const growth = { heap: late.heapBytes - early.heapBytes, rss: late.rssBytes - early.rssBytes };
  t.log(`from run ${early.round} to run ${late.round}: heap ${growth.heap} bytes more, RSS ${growth.rss} bytes more`);
  t.deepEqual([early.exitCode, late.exitCode], [4, 4]);
  t.deepEqual(late.resources, early.resources);
  t.is(late.openFiles, early.openFiles);
  t.is(late.listeners, early.listeners);
  t.true(growth.heap < 5e5, `${growth.heap} bytes`);
  t.true(growth.rss < 20e6, `${growth.rss} bytes`);
});
