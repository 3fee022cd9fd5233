import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listenWith } from '../e2e/ill-endpoints.ts';
import type { Place, Way } from './hostile-ways.ts';
import { type Behaviour, fakeServer } from './server.ts';
import { honest } from './trips.ts';

/** What a run with hostile hosts came to. */
export interface HostileRun {
  readonly exitCode: number | null;
  /** All that was printed. */
  readonly screen: string;
  readonly rssMegabytes: number;
  /** Statuses of all tasks of a host, and all that was said of it. */
  readonly hosts: ReadonlyMap<string, { readonly statuses: readonly string[]; readonly text: string }>;
  /** Files below the user's project and home that were not there before or are others now, but for the saved events and what was fetched. */
  readonly touched: readonly string[];
  /** What was fetched, relative to the folder for it. */
  readonly fetched: readonly string[];
  /** What hosts could do to this machine and must not. */
  readonly succeeded: readonly string[];
}

/** What of a way matters to how its host is started and reached. */
type Started = Pick<Way, 'raw' | 'server' | 'files' | 'transport'>;

export const wellHosts = ['well-1', 'well-2'];

const playbook = `
- hosts: brief:well
  gather_facts: false
  tasks:
    - name: Say
      command: echo said
      timeout: "{{ patience }}"
- hosts: whole:well
  tasks:
    - name: Look
      find: {paths: "{{ place }}/names", hidden: true}
      register: found
    - name: Look at each
      stat: {path: "{{ item.path }}"}
      loop: "{{ found.files }}"
    - name: Tell
      debug: {msg: "{{ ansible_facts.nodename }} {{ ansible_facts.kernel }}"}
    - name: Read
      command: cat {{ place }}/output
      register: read
    - name: Show
      debug: {msg: "{{ read.stdout }}"}
    - name: Bring
      fetch: {src: "{{ place }}/brought", dest: fetched}
    - name: Write
      copy: {content: "{{ read.stdout }}", dest: "{{ place }}/written"}
    - name: Write by the name
      copy: {content: x, dest: "{{ place }}/{{ ansible_facts.user_id }}.txt"}
`;

const usual = { output: 'nothing bad\n', brought: 'what is brought\n', 'names/plain': 'x' };

/** What was under way at a host that was lost is on record. */
const recordOfRun = /^home\/homerun\/runs\/[0-9a-f]{32}\.jsonl$/;

/** Runs a playbook over hosts of these ways and two that are well, all in one homerun, as a user would. @param seconds that a host is given to answer */
export async function runAmong(ways: readonly Way[], seconds: number): Promise<HostileRun> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-ways-'));
  const home = join(folder, 'home');
  const project = join(folder, 'project');
  const closers: (() => unknown)[] = [];
  const succeeded: string[] = [];
  const start = async (name: string, way: Started): Promise<Readonly<Record<string, string | number>>> => {
    const place: Place = {
      folder: join(folder, 'hosts', name),
      trap: join(project, 'trap'),
      succeeded: (what) => succeeded.push(`${name}: ${what}`),
    };
    furnish(place.folder, { ...usual, ...way.files?.(place) });
    const transport = way.transport && { ssh_transport: way.transport };
    if (way.raw) {
      const listener = await listenWith(way.raw);
      closers.push(listener.close);
      return { ...transport, ssh_port: listener.port, place: place.folder };
    }
    const behaviour: Behaviour = way.server?.(place) ?? { shell: honest(place.folder) };
    const server = await fakeServer(behaviour);
    closers.push(() => server.close());
    const { port, knownHostsFiles } = server.settings;
    return { ...transport, ssh_port: port, place: place.folder, ssh_known_hosts_file: knownHostsFiles[0] ?? '' };
  };
  const hostsOf = async (some: readonly (readonly [string, Started])[]) => ({
    hosts: Object.fromEntries(await Promise.all(some.map(async ([name, way]) => [name, await start(name, way)] as const))),
  });
  try {
    const named = ways.map((way, index) => [nameOf(index), way] as const);
    const inventory = {
      all: {
        vars: {
          ssh_host: '127.0.0.1',
          ssh_user: 'root',
          ssh_password: 'secret',
          ssh_timeout: seconds,
          patience: 3,
          ssh_known_hosts_file: join(home, '.ssh/known_hosts'),
        },
        children: {
          brief: await hostsOf(named.filter(([, { whole }]) => !whole)),
          whole: await hostsOf(named.filter(([, { whole }]) => whole)),
          well: { ...(await hostsOf(wellHosts.map((name) => [name, {}] as const))), vars: { ssh_timeout: 60, patience: 60 } },
        },
      },
    };
    furnish(home, { '.ssh/known_hosts': '' });
    furnish(project, { 'inventory/hosts.yaml': JSON.stringify(inventory), 'site.yaml': playbook });
    const before = tree(folder, ['home', 'project']);
    const events = join(folder, 'events');
    const { exitCode, screen, rssMegabytes } = await homerun(project, home, ['run', 'site.yaml', '--save', events]);
    if (!existsSync(events)) throw new Error(`nothing was run: ${screen}`);
    const after = tree(folder, ['home', 'project']);
    const fetched = [...after.keys()].filter((path) => path.startsWith('project/fetched/'));
    const touched = [...new Set([...before.keys(), ...after.keys()])].filter(
      (path) => before.get(path) !== after.get(path) && !fetched.includes(path) && !recordOfRun.test(path),
    );
    return { exitCode, screen, rssMegabytes, hosts: read(readFileSync(events, 'utf8')), touched, fetched, succeeded };
  } finally {
    await Promise.all(closers.map((close) => close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

export function nameOf(index: number): string {
  return `way-${index}`;
}

function furnish(folder: string, files: ReturnType<NonNullable<Way['files']>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(path, content, { mode: name.startsWith('bin/') ? 0o755 : 0o644 });
    else symlinkSync(content.link, path);
  }
}

/** What every path below these is: the content of a file, where a link leads. */
function tree(folder: string, parts: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory()) walk(inner);
      else found.set(inner, entry.isSymbolicLink() ? `link ${readlinkSync(join(folder, inner))}` : readFileSync(join(folder, inner), 'latin1'));
    }
  };
  for (const part of parts) walk(part);
  return found;
}

interface Ran {
  readonly exitCode: number | null;
  readonly screen: string;
  readonly rssMegabytes: number;
}

// The compiled program beside this file: it is this one that the runner of defects changes.
const command = join(import.meta.dirname, '../../src/cli/main.js');
const tellMemory = new URL('../tell-memory.js', import.meta.url).href;

/** One that hangs is ended, so that it is told what the others came to. It takes 30 to 45 s, on a machine that does more besides several times that. */
const mostSeconds = 240;

function homerun(project: string, home: string, words: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', tellMemory, command, ...words], {
      cwd: project,
      env: { ...process.env, HOME: home, XDG_STATE_HOME: home, NODE_DISABLE_COMPILE_CACHE: '1', NODE_V8_COVERAGE: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: mostSeconds * 1000,
      killSignal: 'SIGKILL',
    });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (exitCode) => {
      const screen = Buffer.concat(output).toString('latin1');
      resolve({ exitCode, screen: screen.replace(/rss \d+\n$/, ''), rssMegabytes: Number(/rss (\d+)\n$/.exec(screen)?.[1]) / 1024 });
    });
  });
}

interface Line {
  readonly event: string;
  readonly host?: string;
  readonly status?: string;
}

function read(events: string): HostileRun['hosts'] {
  const hosts = new Map<string, { statuses: string[]; text: string }>();
  for (const line of events.split('\n').filter((one) => one !== '')) {
    const event = JSON.parse(line) as Line;
    if (event.host === undefined) continue;
    const host = hosts.get(event.host) ?? { statuses: [], text: '' };
    hosts.set(event.host, host);
    if (event.event === 'host_unreachable') host.statuses.push('unreachable');
    if (event.event === 'task' && event.status !== undefined) host.statuses.push(event.status);
    host.text += `${textOf(event)}\n`;
  }
  return hosts;
}

/** All texts of a value, a line each. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textOf).join('\n');
}
