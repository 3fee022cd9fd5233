import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { RunEvent } from '../../../src/engine/event.ts';
import { type RunOptions, run } from '../../../src/engine/run.ts';
import { hostNamed, onHost, startLab } from '../../lab/lab.ts';
import type { Lab } from '../../lab/types.ts';
import { filesOf, type Playbook } from '../play.ts';
import type { World } from '../worlds.ts';
import { drift, look, prepare, reset } from './hosts.ts';

/** Two hosts that are alike: on one homerun asks ahead, on the other for each task when its turn has come. */
export const twins = ['ahead', 'naive'] as const;
export type Twin = (typeof twins)[number];

/** What two runs on a twin came to: what was told, and what was there after each. */
export interface RealOutcome {
  readonly told: readonly string[];
  readonly exitCodes: readonly number[];
  readonly left: readonly string[];
}

/** The lines in which two outcomes differ, with where they stand. */
export function differences(ahead: RealOutcome, naive: RealOutcome): readonly string[] {
  const parts = (outcome: RealOutcome) => [outcome.told, outcome.exitCodes.map(String), ...outcome.left.map((text) => text.split('\n'))];
  const others = parts(naive);
  return parts(ahead).flatMap((lines, part) => {
    const other = others[part] ?? [];
    const count = Math.max(lines.length, other.length);
    return Array.from({ length: count }, (_, index) => [lines[index] ?? '', other[index] ?? ''] as const).flatMap(([a, b]) =>
      a === b ? [] : [`ahead ${a}`, `naive ${b}`],
    );
  });
}

/** Starts the twins. @throws Error that says what did not start */
export async function startTwins(name: string, say: (line: string) => void): Promise<Lab> {
  const lab = await startLab({ name, hosts: twins.map((twin) => ({ name: twin, kind: 'baked' as const })), say });
  await Promise.all(twins.map((twin) => sh(lab, twin, prepare)));
  return lab;
}

/** Runs a playbook of real modules twice on a twin that is as the world says at the beginning. */
export async function realOutcome(lab: Lab, twin: Twin, playbook: Playbook, world: World): Promise<RealOutcome> {
  const folder = mkdtempSync(join(tmpdir(), `homerun-law-${twin}-`));
  const host = { own: 'x', ssh_host: hostNamed(lab, twin).address, ssh_user: 'root' };
  const vars = { ssh_identity_file: lab.identityFile, ssh_known_hosts_file: lab.knownHostsFile };
  writeFileSync(join(folder, 'hosts.yaml'), stringify({ web: { hosts: { h1: host }, vars } }));
  for (const [name, text] of Object.entries(filesOf(playbook))) writeFileSync(join(folder, name), text);
  const told: string[] = [];
  const exitCodes: number[] = [];
  const left: string[] = [];
  try {
    await sh(lab, twin, reset(world.start.h1, world.effects));
    for (const [index, check] of world.check.entries()) {
      if (index > 0) await sh(lab, twin, drift(world.drift.h1));
      const tell = (event: RunEvent) => void told.push(lineOf(event, folder).replaceAll(host.ssh_host, 'ADDRESS'));
      exitCodes.push(await run(options(folder, check, twin === 'ahead'), tell, new AbortController().signal));
      left.push(await sh(lab, twin, look));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { told, exitCodes, left };
}

async function sh(lab: Lab, twin: Twin, script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, twin, script);
  if (code !== 0) throw new Error(`sh on ${twin} ended with ${code}:\n${script}\n${stderr.slice(-2000)}`);
  return stdout;
}

function options(workingFolder: string, check: boolean, prefetch: boolean): RunOptions {
  return {
    playbooks: ['site.yaml'],
    inventories: ['hosts.yaml'],
    extraVars: [],
    tags: [],
    skipTags: [],
    check,
    diff: true,
    forks: 1,
    prefetch,
    verbosity: 0,
    workingFolder,
    environment: { XDG_STATE_HOME: join(workingFolder, 'state') },
  };
}

/** What depends on time, on the number of trips, or on the twin. */
const volatile = new Set(['durationMs', 'rtt_ms', 'trips', 'phases', 'address']);

/** An event as text, without what differs on any two hosts; what apt and dpkg print says how long they took. */
function lineOf(event: RunEvent, folder: string): string {
  const isTask = event.event === 'task' || event.event === 'handler';
  const isTalkative = isTask && event.module === 'package';
  const text = JSON.stringify(event, (key, value: unknown) => (volatile.has(key) || (isTalkative && key === 'output') ? undefined : value));
  return text
    .replaceAll(folder, '')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'ID')
    .replaceAll(/(\.homerun-[a-z]+-)\d+/g, '$1PID');
}
