// Runs that are cut at random moments in four ways, each followed by a run that has to bring all about.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringifyYaml } from '../../src/language/yaml.ts';
import { docker } from '../lab/docker.ts';
import { greets } from '../lab/hosts.ts';
import { onHost } from '../lab/lab.ts';
import { type Fault, startProxy } from '../lab/proxy.ts';
import { waitFor } from '../lab/run.ts';
import type { Lab, LabHost } from '../lab/types.ts';
import { random } from '../random.ts';
import { type CallOptions, complaint, converge, homerun } from './homerun.ts';

/** Who is killed: the command itself, the link at a random byte, the shell of the session on the host, or the host. */
export const victims = ['homerun', 'link', 'shell', 'host'] as const;
export type Victim = (typeof victims)[number];

/** What kills came to. */
export interface Kills {
  readonly counts: Readonly<Record<Victim, number>>;
  /** Files that were looked at right after a kill. */
  readonly files: number;
  /** Kills with a change under way: that run, or the one after it, has to say of it that it is unknown whether it was done. */
  readonly underWay: number;
  /** Kills after which that was said. */
  readonly unknown: number;
  /** Kills after which a handler was owed. */
  readonly owed: number;
  /** Temporary files and folders that were left by steps that had no moment to clean up, all of which the run after has to take away. */
  readonly leftOver: number;
  /** What must not be, each with its round. */
  readonly wrong: readonly string[];
}

const top = '/srv/kills';
/** Faults after which no more is looked for. */
const mostFaults = 3;
const loopNames = ['one', 'two', 'three', 'four', 'five', 'six'];
const treeNames = ['a', 'b', 'sub/c', 'sub/d'];

/** Each file that a task writes, by the task. */
const filesOf: Readonly<Record<string, readonly string[]>> = {
  loop: loopNames.map((name) => `${name}.conf`),
  large: ['large'],
  tree: treeNames.map((name) => `tree/${name}`),
  line: ['line.conf'],
  block: ['block.conf'],
  last: ['last.conf'],
};
const files = Object.values(filesOf).flat();

const playbook = `
- hosts: all
  gather_facts: false
  tasks:
    - file: { path: ${top}, state: directory }
    - name: loop
      copy: { dest: "${top}/{{ item }}.conf", content: "{{ item }} {{ v }} ${'x'.repeat(2000)}\\n" }
      loop: [${loopNames.join(', ')}]
      notify: apply
    - name: large
      copy: { src: large, dest: ${top}/large }
      notify: apply
    - name: tree
      copy: { src: tree/, dest: ${top}/tree/ }
      notify: apply
    - name: line
      lineinfile: { path: ${top}/line.conf, regexp: '^v=', line: "v={{ v }}", create: true }
      notify: apply
    - name: block
      blockinfile: { path: ${top}/block.conf, block: "v {{ v }}", create: true }
      notify: apply
    - name: last
      copy: { dest: ${top}/last.conf, content: "{{ v }}\\n" }
      notify: apply
  handlers:
    - name: apply
      shell: |
        echo {{ v }} >>${top}/applications
        cd ${top} && cat ${files.join(' ')} >applied.new && mv applied.new applied
`;

/** One that is killed: a host of a lab, and a folder of this machine for its project alone. */
export interface Subject {
  readonly lab: Lab;
  readonly host: LabHost;
  readonly folder: string;
}

export interface KillOptions {
  readonly seed: number;
  readonly rounds: number;
  /** How often each victim is drawn, in whole numbers. */
  readonly share: Readonly<Record<Victim, number>>;
  /** Gets a line every ten kills: they take long. */
  readonly say?: (line: string) => void;
  /** Ends it before the next kill: a test that has failed already would wait for the rest, with its hosts gone. */
  readonly signal?: AbortSignal;
}

export async function killRounds(subject: Subject, options: KillOptions): Promise<Kills> {
  const { lab, host, folder } = subject;
  const { seed, rounds, share, say = () => undefined, signal: over } = options;
  const draw = random(seed);
  const wrong: string[] = [];
  const counts = { homerun: 0, link: 0, shell: 0, host: 0 };
  let [underWay, unknown, owed, leftOver] = [0, 0, 0, 0];
  const lots = victims.flatMap((victim) => Array<Victim>(share[victim]).fill(victim));

  /** Calls the command for version `v`, through a link of its own. */
  const through = async <T>(v: number, call: (args: readonly string[], options: CallOptions) => Promise<T>, fault?: Fault) => {
    const proxy = await startProxy({ target: { host: host.address, port: 22 }, ...(fault && { fault }) });
    writeProject(subject, proxy.port, v);
    const began = performance.now();
    try {
      const ran = await call(['site.yaml', '-i', 'hosts.yaml', '-e', `v=${v}`], { folder, environment: { XDG_STATE_HOME: stateFolder(folder) } });
      return { ran, ms: performance.now() - began, passed: proxy.counts() };
    } finally {
      await proxy.close();
    }
  };
  const run = (v: number) => through(v, (args, settings) => converge('run', args, settings));
  const look = async (): Promise<Look> => {
    const script = `cd ${top} && sha256sum ${files.join(' ')} applied; grep -c . applications; find . -name '.homerun*' | tr '\\n' ' '; echo; cat ${files.join(' ')} | sha256sum`;
    const { stdout } = await onHost(lab, host.name, script);
    const lines = stdout.trim().split('\n');
    const [applications = '', left = '', all = ''] = lines.slice(-3);
    const digests = new Map(lines.slice(0, -3).map((line) => [line.split(/ +/)[1] ?? '', line.split(' ')[0] ?? '']));
    return {
      digests,
      applications: Number(applications),
      left: left.split(' ').filter(Boolean),
      isApplied: digests.get('applied') === all.split(' ')[0],
    };
  };

  await onHost(lab, host.name, `rm -rf ${top}`);
  const { ran: first } = await run(1);
  if (first.exitCode !== 0) throw new Error(complaint(first));
  const measured = await run(2);
  let old = await look();
  let round = 1;
  for (; round <= rounds && over?.aborted !== true && wrong.length < mostFaults; round += 1) {
    const v = round + 2;
    const victim = draw.pick(lots);
    counts[victim] += 1;
    const afterMs = 150 + draw.below(Math.round(measured.ms) - 150);
    const said = (what: string) => wrong.push(`round ${round} (${victim}, ${afterMs} ms): ${what}`);
    const cut = await killed(subject, victim, {
      afterMs,
      draw,
      passed: measured.passed,
      run: (fault, signal) => through(v, (args, settings) => homerun(['run', ...args, '--output', 'json'], { ...settings, signal }), fault),
    });
    const cutAmid = begun(folder);
    const mid = await look();
    const { ran: again } = await run(v);
    if (again.exitCode !== 0) said(complaint(again));
    const fresh = await look();
    const { ran: third } = await run(v);
    if (third.exitCode !== 0 || third.changed.length > 0) said(`the run after it changed ${third.changed.join(', ')}: ${complaint(third)}`);
    for (const file of files)
      if (![old, fresh].some(({ digests }) => digests.get(file) === mid.digests.get(file))) said(`${file} is torn: ${mid.digests.get(file)}`);
    const isUnknown = `${cut}${again.stdout}`.includes('unknown whether');
    if (isUnknown) unknown += 1;
    if (cutAmid.length > 0) underWay += 1;
    if (cutAmid.length > 0 && !isUnknown) said(`nobody was told that this is unknown: ${cutAmid.join('; ')}`);
    const told = [...reportedChanged(cut), ...reportedChanged(again.stdout)];
    for (const [task, names] of Object.entries(filesOf)) {
      const isDone = names.some((file) => mid.digests.get(file) !== old.digests.get(file));
      if (isDone && !isUnknown && !told.includes(task)) said(`${task} was done, and nobody was told`);
    }
    for (const task of reportedChanged(cut))
      for (const file of filesOf[task] ?? [])
        if (fresh.digests.get(file) !== mid.digests.get(file)) said(`${task} was reported as changed, and ${file} was not`);
    if (!fresh.isApplied) said('the handler was lost');
    const times = fresh.applications - mid.applications;
    if (times > 1) said(`the handler was done ${times} times`);
    if (!mid.isApplied && times !== 1) said(`a handler was owed, and done ${times} times`);
    if (!mid.isApplied) owed += 1;
    leftOver += mid.left.length;
    if (fresh.left.length > 0) said(`temporary files stay: ${fresh.left.join(' ')}`);
    if (round % 10 === 0) say(`${host.name}: ${round} of ${rounds} kills, ${wrong.length} faults`);
    old = fresh;
  }
  return { counts, files: files.length * (round - 1), underWay, unknown, owed, leftOver, wrong };
}

interface Look {
  /** Of each file. */
  readonly digests: ReadonlyMap<string, string>;
  /** How often the handler was begun. */
  readonly applications: number;
  /** Temporary files and folders. */
  readonly left: readonly string[];
  /** The handler has seen all files as they are. */
  readonly isApplied: boolean;
}

/** Cuts one run. @returns what it had said by then. */
async function killed(
  { lab, host }: Subject,
  victim: Victim,
  how: {
    readonly afterMs: number;
    readonly draw: ReturnType<typeof random>;
    readonly passed: { readonly up: number; readonly down: number };
    readonly run: (fault: Fault | undefined, signal: AbortSignal) => Promise<{ readonly ran: { readonly stdout: string } }>;
  },
): Promise<string> {
  const { afterMs, draw, passed, run } = how;
  const stop = new AbortController();
  const never = setTimeout(() => stop.abort(), 60_000);
  const direction = draw.pick(['up', 'down'] as const);
  const running = run(victim === 'link' ? { direction, kind: 'cut', afterBytes: draw.below(passed[direction]) } : undefined, stop.signal);
  if (victim !== 'link') await sleep(afterMs);
  if (victim === 'homerun') stop.abort();
  if (victim === 'shell') await onHost(lab, host.name, killShells);
  if (victim === 'host') {
    await docker(lab.engine, ['kill', host.container]);
    await docker(lab.engine, ['start', host.container]);
    // What waits for a host that has gone without a word would do so for a minute.
    setTimeout(() => stop.abort(), 2000);
    await waitFor(`SSH of ${host.name}`, 60, () => greets(host.address, 22));
  }
  const { ran } = await running;
  clearTimeout(never);
  return ran.stdout;
}

const stateFolder = (folder: string): string => join(folder, 'state');

/** What the run that was cut had begun, and not heard the end of: read from its record, before another run has seen it. */
function begun(folder: string): readonly string[] {
  const runs = join(stateFolder(folder), 'homerun/runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs).flatMap((name) => {
    const lines = readFileSync(join(runs, name), 'utf8').trim().split('\n');
    const { begins } = JSON.parse(lines.at(-1) ?? '{}') as { begins?: string };
    return begins === undefined ? [] : [begins];
  });
}

/** The programs that sshd has started for homerun, and the shells below them. */
const killShells = `ours=$(grep -l 'IFS= read -r l; do case' /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3)
all=$ours
for one in $ours; do all="$all $(cat /proc/[0-9]*/stat 2>/dev/null | awk -v of="$one" '{ id = $1; sub(/.*[)] /, ""); if ($2 == of) print id }' | tr '\\n' ' ')"; done
kill -KILL $all 2>/dev/null
true`;

/** Tasks that the run had told to have changed something. Its last line may be cut. */
function reportedChanged(stdout: string): readonly string[] {
  return stdout.split('\n').flatMap((line) => {
    try {
      const { event, task, status } = JSON.parse(line) as { event?: string; task?: string; status?: string };
      return event === 'task' && status === 'changed' && task !== undefined ? [task] : [];
    } catch {
      return [];
    }
  });
}

function writeProject({ lab, host, folder }: Subject, port: number, v: number): void {
  const reach = { ssh_host: '127.0.0.1', ssh_port: port, ssh_host_key_alias: host.address };
  const vars = { ssh_user: 'root', ssh_identity_file: lab.identityFile, ssh_known_hosts_file: lab.knownHostsFile };
  const file = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'tree/sub'), { recursive: true });
  file('site.yaml', playbook);
  file('hosts.yaml', stringifyYaml({ all: { hosts: { [host.name]: reach }, vars } }));
  file('large', `${v} `.repeat(2 ** 20));
  for (const name of treeNames) file(`tree/${name}`, `${name} ${v}\n`.repeat(500));
}
