import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent, TaskOutcome } from '../../src/engine/event.ts';
import { type Prepared, perform, prepare, type RunOptions } from '../../src/engine/run.ts';
import type { Module } from '../../src/modules/module.ts';
import type { Connect } from '../../src/remote/session.ts';
import { LawHost } from './host.ts';
import { filesOf, type Playbook } from './play.ts';
import { referenceRun } from './reference.ts';
import { lineOf, type Owed } from './reference-walk.ts';
import type { World } from './worlds.ts';

/** What an independent and plain way of doing it comes to as well. */
export interface Essence {
  /** What was told of the tasks of each host, in order, run by run. */
  readonly lines: readonly Readonly<Record<string, readonly string[]>>[];
  readonly counts: readonly Readonly<Record<string, Readonly<Record<string, number>>>>[];
  /** Every write, in order. */
  readonly log: Readonly<Record<string, readonly string[]>>;
  readonly state: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** All of two runs that the law is about, for one way of asking. */
export interface Outcome {
  readonly essence: Essence;
  readonly exitCodes: readonly number[];
  /** What was told of each host, in order, and of none (the empty name); as JSON, without times and trips. */
  readonly told: Readonly<Record<string, readonly string[]>>;
  /** Of both runs and all hosts. */
  readonly trips: number;
}

export const inventory = `
web:
  hosts:
    h1: {own: x, other: h2}
    h2: {own: y, other: h3}
db:
  hosts:
    h3: {own: x, other: h1}
`;

/** A playbook that has been read. */
export interface Trial {
  readonly prepared: Prepared;
  readonly playbook: Playbook;
}

/** Runs a playbook in worlds, with its files in a folder of its own. */
export class Court {
  readonly #folder = mkdtempSync(join(quickFolder(), 'homerun-law-'));
  readonly #modules: ReadonlyMap<string, Module>;

  constructor(modules: ReadonlyMap<string, Module>) {
    this.#modules = modules;
    writeFileSync(join(this.#folder, 'hosts.yaml'), inventory);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** Reads a playbook. @throws InputError for one that is refused before the run: a mistake of the generator. */
  async prepare(playbook: Playbook): Promise<Trial> {
    for (const [name, text] of Object.entries(filesOf(playbook))) writeFileSync(join(this.#folder, name), text);
    return { prepared: await prepare(this.#options(false, true, 1), this.#modules), playbook };
  }

  /** Runs it twice in a world. */
  async outcome({ prepared, playbook: { forks } }: Trial, world: World, prefetch: boolean): Promise<Outcome> {
    const hosts = hostsOf(world);
    const connect: Connect = ({ name }) => {
      const host = hosts.get(name);
      if (!host) throw new Error(`there is no host ${name}`);
      return host.connect();
    };
    const runs: RunEvent[][] = [];
    const exitCodes: number[] = [];
    for (const [index, check] of world.check.entries()) {
      if (index > 0) drift(hosts, world.drift);
      const events: RunEvent[] = [];
      const emit = (event: RunEvent) => void events.push(event);
      exitCodes.push(await perform(prepared, this.#options(check, prefetch, forks), emit, new AbortController().signal, connect));
      runs.push(events);
    }
    rmSync(join(this.#folder, 'state'), { recursive: true, force: true });
    return {
      essence: { lines: runs.map(linesOf), counts: runs.map(countsOf), ...left(hosts) },
      exitCodes,
      told: told(runs.flat()),
      trips: runs
        .flat()
        .flatMap((event) => (event.event === 'recap' ? Object.values(event.hosts) : []))
        .reduce((sum, { trips }) => sum + trips, 0),
    };
  }

  /** Has the reference run it twice in a world. */
  essence({ prepared }: Trial, world: World): Essence {
    const hosts = hostsOf(world);
    const owed: Owed = new Map();
    const runs = world.check.map((check, index) => {
      if (index > 0) drift(hosts, world.drift);
      return referenceRun(prepared, hosts, check, owed);
    });
    return { lines: runs.map(({ lines }) => lines), counts: runs.map(({ counts }) => counts), ...left(hosts) };
  }

  #options(check: boolean, prefetch: boolean, forks: number): RunOptions {
    return {
      playbooks: ['site.yaml'],
      inventories: ['hosts.yaml'],
      extraVars: [],
      tags: [],
      skipTags: [],
      check,
      diff: true,
      forks,
      prefetch,
      verbosity: 0,
      workingFolder: this.#folder,
      environment: { XDG_STATE_HOME: join(this.#folder, 'state') },
    };
  }
}

/** A folder in memory where there is one: what is owed to hosts is written through to the disk for each change, which is most of the time otherwise. */
function quickFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

function hostsOf({ start, effects }: World): ReadonlyMap<string, LawHost> {
  return new Map(Object.entries(start).map(([name, state]) => [name, new LawHost(state, effects)]));
}

function left(hosts: ReadonlyMap<string, LawHost>): Pick<Essence, 'log' | 'state'> {
  const of = <T>(what: (host: LawHost) => T) => Object.fromEntries([...hosts].map(([name, host]) => [name, what(host)]));
  return { log: of((host) => host.log), state: of((host) => Object.fromEntries([...host.state].sort())) };
}

function linesOf(events: readonly RunEvent[]): Record<string, string[]> {
  const lines: Record<string, string[]> = {};
  for (const event of events) {
    if (event.event !== 'task' && event.event !== 'handler') continue;
    const summaries = (of: TaskOutcome) => of.changes.map((change) => change.summary);
    const items = event.items?.map((item) => ({ status: item.status, changes: summaries(item) }));
    (lines[event.host] ??= []).push(lineOf(event.event, { ...event, changes: summaries(event), items }));
  }
  return lines;
}

function countsOf(events: readonly RunEvent[]): Record<string, Record<string, number>> {
  const recap = events.find((event) => event.event === 'recap');
  const counts = Object.entries(recap?.hosts ?? {}).map(
    ([name, all]) => [name, Object.entries(all).filter(([key]) => key !== 'trips' && key !== 'phases')] as const,
  );
  return Object.fromEntries(counts.filter(([, own]) => own.some(([, count]) => count > 0)).map(([name, own]) => [name, Object.fromEntries(own)]));
}

function drift(hosts: ReadonlyMap<string, LawHost>, changes: World['drift']): void {
  for (const [name, change] of Object.entries(changes))
    for (const [thing, value] of Object.entries(change)) {
      if (value === '') hosts.get(name)?.state.delete(thing);
      else hosts.get(name)?.state.set(thing, value);
    }
}

const volatile = new Set(['durationMs', 'rtt_ms', 'trips', 'phases']);

/** What depends on time and on the number of trips is left out. */
function told(events: readonly RunEvent[]): Record<string, string[]> {
  const byHost: Record<string, string[]> = {};
  for (const event of events) {
    (byHost['host' in event ? (event.host ?? '') : ''] ??= []).push(
      JSON.stringify(event, (key, value: unknown) => (volatile.has(key) ? undefined : value)),
    );
  }
  return byHost;
}
