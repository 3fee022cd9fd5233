// Many hosts, some of which stall, refuse, talk nonsense or are slow: the others do not notice, and whoever ends the run sees what was done.
// All endpoints that answer are one lab host.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import * as z from 'zod';
import { type Endpoint, manyEndpoints } from '../lab/addresses.ts';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { projectRoot } from '../lab/places.ts';
import { startProxy } from '../lab/proxy.ts';
import type { Lab } from '../lab/types.ts';
import { drop, garbage, type Listener, listenWith, named, silent } from './ill-endpoints.ts';

const name = 'e2e-load';
const folder = mkdtempSync(join(tmpdir(), 'homerun-load-'));
const command = join(projectRoot, 'build/src/cli/main.js');

/** Seconds that a host has to be reached in: more than the slow ones take on a busy machine. Those that stall never will be. */
const patience = 60;
const patienceWithStalled = 8;
const wellCount = 120;

type Vars = Readonly<Record<string, string | number>>;
type Hosts = Readonly<Record<string, Vars>>;

let lab: Lab;
let well: Hosts;
let ill: Hosts;
let common: Vars;
const listeners: { readonly close: () => unknown }[] = [];

const line = z.object({
  event: z.string(),
  host: z.string().optional(),
  time: z.string(),
  status: z.string().optional(),
  message: z.string().optional(),
  exit_code: z.number().optional(),
  hosts: z.unknown().optional(),
});

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [{ name: 'many' }], say: (text) => t.log(text) });
  const { endpoints, knownHostsFile } = await manyEndpoints(lab, 'many', wellCount + 20);
  common = { ssh_user: 'root', ssh_identity_file: lab.identityFile, ssh_known_hosts_file: knownHostsFile, ssh_timeout: patience };
  // Who logs in as this user gets a shell that never begins.
  await onMany(`printf '#!/bin/sh\\nexec sleep 600\\n' >/usr/local/bin/hang && chmod 755 /usr/local/bin/hang
useradd -m -p '*' -s /usr/local/bin/hang hang && cp -a /root/.ssh /home/hang/ && chown -R hang /home/hang/.ssh && mkdir /run/work`);
  well = Object.fromEntries(endpoints.slice(0, wellCount).map((one) => [one.name, { ssh_host: one.address }]));
  ill = await illHosts(endpoints.slice(wellCount), knownHostsFile);
});

test.after.always(async () => {
  for (const one of listeners) await one.close();
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

async function onMany(script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, 'many', script);
  if (code !== 0) throw new Error(`${script}: ${stdout}\n${stderr}`);
  return stdout;
}

async function listen(serve: Parameters<typeof listenWith>[0]): Promise<Listener> {
  const listener = await listenWith(serve);
  listeners.push(listener);
  return listener;
}

/** Twenty of each kind. The slow ones are in order otherwise. */
async function illHosts(endpoints: readonly Endpoint[], knownHostsFile: string): Promise<Hosts> {
  const hosts: Record<string, Vars> = {};
  const unreachable = await listen(silent);
  unreachable.close();
  for (const [index, { address }] of endpoints.entries()) {
    const number = String(index + 1).padStart(2, '0');
    const target = { host: address, port: 22 };
    const stalled: Vars =
      index % 4 === 3
        ? { ssh_host: address, ssh_user: 'hang' }
        : { ssh_host: '127.0.0.1', ssh_port: (await listen(index % 4 === 2 ? named : silent)).port };
    hosts[`stall${number}`] = { ...stalled, ssh_timeout: patienceWithStalled };
    hosts[`refuse${number}`] = { ssh_host: '127.0.0.1', ssh_port: unreachable.port };
    hosts[`garbage${number}`] = { ssh_host: '127.0.0.1', ssh_port: (await listen(garbage[index % garbage.length] ?? silent)).port };
    const slow = index % 4 === 0 ? await listen(drop(target, 1)) : await startProxy({ target, delay: 250 });
    listeners.push(slow);
    hosts[`slow${number}`] = { ssh_host: '127.0.0.1', ssh_port: slow.port };
  }
  const { stdout } = await onHost(lab, 'many', 'cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub');
  const slowKeys = Object.entries(hosts).flatMap(([host, vars]) =>
    host.startsWith('slow') ? [`[127.0.0.1]:${vars['ssh_port']} ${stdout.trim()}\n`] : [],
  );
  writeFileSync(knownHostsFile, slowKeys.join(''), { flag: 'a' });
  return hosts;
}

function inventory(hosts: Hosts): string {
  const file = join(folder, `hosts-${Object.keys(hosts).length}.json.yaml`);
  writeFileSync(file, JSON.stringify({ all: { hosts, vars: common } }));
  return file;
}

function playbook(tasks: readonly object[], play: object = {}): string {
  const file = join(folder, 'play.yaml');
  writeFileSync(file, JSON.stringify([{ hosts: 'all', name: 'Load', tasks, ...play }]));
  return file;
}

/** Both, in turn, beginning with those who are ill. */
function among(well: Hosts, ill: Hosts): Hosts {
  const waiting = Object.entries(well);
  const share = Math.ceil(waiting.length / Object.keys(ill).length);
  return Object.fromEntries([...Object.entries(ill).flatMap((one) => [one, ...waiting.splice(0, share)]), ...waiting]);
}

interface Ran {
  readonly code: number | null;
  readonly events: readonly z.infer<typeof line>[];
  readonly errors: string;
  readonly output: string;
  /** Milliseconds from the signal to the end. */
  readonly endedAfterMs: number;
}

/** @param interruptAt is shown the events so far; ^C is pressed when it says so, once. */
function run(args: readonly string[], interruptAt?: (text: string) => boolean): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, 'run', ...args], { cwd: folder, env: { ...process.env, XDG_STATE_HOME: folder } });
    let output = '';
    let errors = '';
    let sentAt: number | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (sentAt === undefined && interruptAt?.(output)) {
        sentAt = performance.now();
        child.kill('SIGINT');
      }
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const events = output.split('\n').flatMap((text) => (text.startsWith('{') ? [line.parse(JSON.parse(text))] : []));
      resolve({ code, events, errors, output, endedAfterMs: performance.now() - (sentAt ?? 0) });
    });
  });
}

/** Milliseconds from the beginning of a run until the last of the hosts that are well has done its last task. */
function wellMs({ events }: Ran): number {
  const begin = Date.parse(events[0]?.time ?? '');
  const ends = events.filter(({ event, host }) => event === 'task' && host !== undefined && host in well).map(({ time }) => Date.parse(time));
  return Math.max(...ends) - begin;
}

/** Counts on the host itself who is at work, and keeps the most. */
const work = (seconds: number): object => ({
  name: 'Work',
  shell: `mkdir /run/work/{{ inventory_hostname }} && ls /run/work | wc -l >>/run/most && sleep ${seconds} && rmdir /run/work/{{ inventory_hostname }}`,
});

async function mostAtWork(): Promise<number> {
  return Number(await onMany('sort -n /run/most | tail -1; rm -rf /run/most /run/work/*'));
}

test.serial('hosts that stall, refuse, talk nonsense or are slow do not hold up the others, and each is told of', async (t) => {
  t.timeout(300_000);
  const forks = 60;
  // The healthy take two turns. In the first of them they are about a second late beside the ill, which is no more than a twentieth of this.
  const play = playbook([work(8)]);
  const ratios: number[] = [];
  for (let round = 0; round < 3 && (round === 0 || Math.min(...ratios) > 1.1); round += 1) {
    const alone = await run([play, '-i', inventory(well), '--forks', String(forks), '--output', 'json']);
    t.is(alone.code, 0, alone.errors);
    t.true((await mostAtWork()) <= forks);
    const all = await run([play, '-i', inventory(among(well, ill)), '--forks', String(forks), '--output', 'json']);
    t.log(`the healthy alone ${wellMs(alone)} ms, beside the ill ${wellMs(all)} ms`);
    t.is(all.code, 4, all.errors);
    t.is(all.errors, '');
    t.true((await mostAtWork()) <= forks);
    const reasons = new Map(all.events.flatMap((one) => (one.event === 'host_unreachable' ? [[one.host ?? '', one.message ?? '']] : [])));
    const right = {
      stall: /did not answer within|took longer than/,
      refuse: /refused the connection/,
      garbage: /does not speak SSH|closed the connection|hung up/,
    };
    for (const host of Object.keys(ill)) {
      const kind = host.replace(/\d+$/, '');
      if (kind === 'slow') t.false(reasons.has(host), `${host}: ${reasons.get(host)}`);
      else t.regex(reasons.get(host) ?? 'nothing', right[kind as keyof typeof right], host);
    }
    t.is(reasons.size, 60);
    ratios.push(wellMs(all) / wellMs(alone));
  }
  t.true(Math.min(...ratios) <= 1.1, `the healthy took ${ratios.map((one) => one.toFixed(2)).join(', ')} times as long as alone`);
});

const moments: readonly (readonly [what: string, tasks: () => readonly object[], when: (text: string) => boolean])[] = [
  ['while hosts are connected to', () => [work(1)], (text) => text.includes('"run_start"')],
  ['while all are in the middle of long commands', () => [work(60)], (text) => text.split('"host_ready"').length > 30],
  ['between tasks', () => [work(1), work(1), work(1), work(1)], (text) => text.split('"event":"task"').length > 60],
];

for (const [what, tasks, when] of moments) {
  test.serial(`^C ${what} ends the run within two seconds, with a recap of what was done`, async (t) => {
    t.timeout(120_000);
    let ran: Ran;
    // A machine that is busy otherwise can only make it longer.
    let tries = 0;
    do {
      ran = await run([playbook(tasks(), { gather_facts: false }), '-i', inventory({ ...well, ...ill }), '--output', 'json'], when);
      tries += 1;
    } while (ran.endedAfterMs >= 2000 && tries < 3);
    await onMany('rm -rf /run/most /run/work/*');
    t.is(ran.code, 130, ran.errors);
    t.true(ran.endedAfterMs < 2000, `${ran.endedAfterMs.toFixed(0)} ms`);
    t.is(ran.errors, 'Interrupted: what is in hand has a moment to come to its end. Once more to stop at once.\n');
    const recap = ran.events.at(-1);
    t.is(recap?.event, 'recap');
    t.is(recap?.exit_code, 130);
    t.is(Object.keys(z.record(z.string(), z.unknown()).parse(recap?.hosts)).length, Object.keys({ ...well, ...ill }).length);
  });
}
