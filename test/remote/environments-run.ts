import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quote } from '../../src/values/command.ts';
import { project } from '../cli/project.ts';
import { converge, type JsonRan } from '../e2e/homerun.ts';
import type { Environment } from './environments.ts';
import { startSshd } from './sshd.ts';
import { connectsTo } from './wait.ts';

/** What a run came to on one host. */
export interface Came {
  /** Messages, each with its hint; empty when all went well. */
  readonly bad: string;
  /** What to do, of each of them; empty where nothing is said. */
  readonly hints: readonly string[];
  readonly changed: readonly string[];
  readonly tasks: number;
}

/** Seconds that a host is given to answer. */
const seconds = 20;

const playbook = `
- hosts: all
  tasks:
    - name: Run
      command: sh -c 'echo "$LC_ALL"'
      register: said
      failed_when: said.stdout != "C"
      changed_when: false
    - name: Write
      copy: {content: "written by homerun\\n", dest: "{{ place }}/written", mode: "0640"}
    - name: Change a line
      lineinfile: {path: "{{ place }}/lines", line: one line, create: true}
    - name: Look
      stat: {path: "{{ place }}/written"}
    - name: List
      find: {paths: "{{ place }}", patterns: written}
    - name: Bring
      fetch: {src: "{{ place }}/written", dest: fetched}
    - name: Run a script
      script: script.sh
      changed_when: false
`;

export const taskCount = 7;

/** The runs on one host, in their order. */
export interface Runs {
  readonly first: Came;
  /** The one after it; where the first was refused, the one after what was wrong has been undone. */
  readonly second: Came;
  readonly third: Came;
}

/**
 * Runs a playbook over one sshd with an account for each environment, and once more over those where all went well. Then what is wrong with the others is undone, and those have two runs.
 */
export async function runIn(rows: readonly Environment[]): Promise<readonly Runs[]> {
  const sshd = await startSshd({
    setUp: ['mount -t tmpfs -o mode=755 tmpfs /srv', ...rows.map(setUpOf)],
    matching: rows.flatMap(({ sshd: lines }, index) => (lines ? [`Match User ${userOf(index)}`, ...lines.map((line) => `  ${line}`)] : [])),
    extra: ['PermitUserEnvironment yes'],
  });
  const home = mkdtempSync(join(tmpdir(), 'homerun-environments-'));
  try {
    const hosts = Object.fromEntries(rows.map((row, index) => [userOf(index), { ssh_user: userOf(index), place: row.place ?? homeOf(row, index) }]));
    const common = {
      ssh_host: '127.0.0.1',
      ssh_port: sshd.port,
      ssh_identity_file: join(sshd.folder, 'id'),
      ssh_known_hosts_file: join(sshd.folder, 'known_hosts'),
      ssh_timeout: seconds,
    };
    const folder = project({
      'inventory/hosts.yaml': JSON.stringify({ all: { vars: common, hosts } }),
      'site.yaml': playbook,
      'script.sh': '#!/bin/sh\necho from a script\n',
    });
    const run = (...words: readonly string[]) =>
      converge('run', ['site.yaml', ...words], { folder, environment: { HOME: home, XDG_STATE_HOME: home, SSH_AUTH_SOCK: '' } });
    const first = await run();
    const isWell = (index: number) => cameOf(first, userOf(index)).bad === '';
    sshd.inside(rows.map((row, index) => (isWell(index) ? '' : mendingOf(row, index, join(sshd.folder, 'sshd_config')))).join('\n'));
    process.kill(sshd.pid, 'SIGHUP');
    await sleep(500);
    await connectsTo(sshd.port, () => undefined);
    const second = await run();
    const refused = rows.map((_, index) => userOf(index)).filter((_, index) => !isWell(index));
    const third = refused.length > 0 ? await run('--limit', refused.join(',')) : second;
    rmSync(folder, { recursive: true });
    return rows.map((_, index) => {
      const user = userOf(index);
      return { first: cameOf(first, user), second: cameOf(second, user), third: cameOf(third, user) };
    });
  } finally {
    sshd.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

function cameOf(ran: JsonRan, host: string): Came {
  const tasks = ran.tasks.filter((task) => task.host === host);
  const failed = tasks.filter(({ status }) => status === 'failed' || status === 'unreachable');
  const unreachable = ran.unreachable.filter((one) => one.host === host);
  const said = [
    ...failed.map(({ task, message, hint, output }) => `${task}: ${message}\n${hint ?? ''}\n${output?.stderr ?? ''}`),
    ...unreachable.map(({ message, hint }) => `${message}\n${hint ?? ''}`),
  ];
  return {
    bad: said.join('\n'),
    hints: [...failed, ...unreachable].map(({ hint = '' }) => hint),
    changed: tasks.filter(({ status }) => status === 'changed').map(({ task }) => task),
    tasks: tasks.length,
  };
}

function userOf(index: number): string {
  return `e${index}`;
}

function homeOf({ home }: Environment, index: number): string {
  return home ?? `/home/${userOf(index)}`;
}

/** Gives the account what others have: bash, no start-up files, nothing of its own in sshd's configuration. */
function mendingOf({ files = {}, place, mend = ':' }: Environment, index: number, configuration: string): string {
  const user = userOf(index);
  // The files are mounts, and stay the same ones.
  const edit = (file: string, program: string) => `edited=$(awk ${quote(program)} ${file}) && printf '%s\\n' "$edited" >${file}`;
  return [
    edit('/etc/passwd', `BEGIN { FS = OFS = ":" } $1 == "${user}" { $7 = "/bin/bash" } { print }`),
    edit('/etc/shadow', `/^${user}:/ { print "${user}:*:19000:0:99999:7:::"; next } { print }`),
    edit(configuration, `/^Match / { is_its_own = $0 == "Match User ${user}" } ! is_its_own { print }`),
    ...Object.keys(files).map((name) => `rm -f /home/${user}/${name}`),
    ...(place === undefined ? [] : [`mkdir -p ${place}`]),
    mend,
  ].join('\n');
}

/** Makes the account. Its own shell, where it has name spaces of its own, is a script that makes them. */
function setUpOf(row: Environment, index: number): string {
  const { shell = '/bin/bash', files = {}, shadow = '*:19000:0:99999:7:::', setUp = ':', inside, as = '', place } = row;
  const user = userOf(index);
  const id = inside === undefined ? 20_000 + index : 0;
  const script = `#!/bin/bash\nexec unshare --mount --uts /bin/bash -c ${quote(`mount -t tmpfs -o mode=755 tmpfs /mnt\n${inside}\nexec ${as} ${shell} "$@"`)} bash "$@"\n`;
  return [
    `user=${user} home=${quote(homeOf(row, index))}`,
    `printf '%s\\n' ${quote(`${user}:x:${id}:${id}::${homeOf(row, index)}:${inside === undefined ? shell : `/etc/shell-${user}`}`)} >>/etc/passwd`,
    `printf '%s\\n' ${quote(`${user}:${shadow}`)} >>/etc/shadow`,
    ...(inside === undefined ? [] : [`printf %s ${quote(script)} >/etc/shell-${user}; chmod 755 /etc/shell-${user}`]),
    'mkdir -p "$home"',
    ...Object.entries(files).map(([name, text]) => `mkdir -p "$(dirname "$home"/${name})"; printf %s ${quote(text)} >"$home"/${name}`),
    `chown -R ${id}:${id} "$home"`,
    ...(place?.startsWith('/srv/') ? [`mkdir -p ${place}; chmod 777 ${place}`] : []),
    setUp,
  ].join('\n');
}
