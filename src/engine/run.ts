import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BatchSize } from '../language/batch-size.ts';
import { createLookups } from '../language/env.ts';
import { type Loaded, type Lookups, load } from '../language/load.ts';
import { type AskPassphrase, openSecrets } from '../language/secrets.ts';
import { scopeOf } from '../language/variables.ts';
import type { Module } from '../modules/module.ts';
import { loadModules } from '../modules/registry.ts';
import { explain } from '../modules/support/explain.ts';
import { factNames } from '../questions/facts.ts';
import { configured } from '../remote/configured.ts';
import { createConnect } from '../remote/connect.ts';
import type { Unlock } from '../remote/passphrase.ts';
import type { Connect } from '../remote/session.ts';
import { InputError } from '../values/errors.ts';
import { catalogOf } from './catalog.ts';
import { checkLogins, reachingOf } from './connections.ts';
import type { RunContext } from './context.ts';
import { cutAfterInterruption } from './cut.ts';
import type { Emit, RunEvent } from './event.ts';
import { exclusionOf } from './exclusion.ts';
import type { HostRun } from './host.ts';
import { journalIn, noJournal } from './journal.ts';
import { learnedLookups, learnedReaching } from './learned.ts';
import { Masker } from './mask.ts';
import { maskedEvent } from './masked-event.ts';
import { exitCodeOf, runPlays } from './plays.ts';
import { noRecord } from './run-record.ts';
import { checkTags, type Placed, startIndex, tasksInOrder } from './select.ts';
import { Site } from './site.ts';
import { Target } from './target.ts';
import { nameOf } from './task.ts';

/** What a run is asked to do. */
export interface RunOptions {
  readonly playbooks: readonly string[];
  readonly inventories: readonly string[];
  readonly limit?: string;
  readonly extraVars: readonly string[];
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly check: boolean;
  readonly diff: boolean;
  /** Hosts side by side, at least 1. */
  readonly forks: number;
  /** Batches of hosts each of which goes through all plays before the next one begins, as `serial` of a play cuts them. */
  readonly serial?: readonly BatchSize[];
  readonly startAtTask?: string;
  readonly user?: string;
  readonly askedPassword?: string;
  readonly askedBecomePassword?: string;
  readonly privateKey?: string;
  /** Opens encrypted private keys; absent where nobody can be asked. */
  readonly unlock?: Unlock;
  readonly prefetch: boolean;
  readonly verbosity: number;
  /** Locks each host before it is changed, and keeps on record what is under way. Absent: neither. */
  readonly exclusive?: Exclusive;
  readonly workingFolder: string;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Default: files that a passphrase opens stay closed. */
  readonly passphrase?: AskPassphrase;
  /** Learns the secrets that are read: whoever shows more than the events hides them with it. Default: one for this run alone. */
  readonly masker?: Masker;
}

/** What a run does about others that change the same hosts. */
export interface Exclusive {
  /** Of this process. */
  readonly pid: number;
  /** Seconds to wait for another run. */
  readonly waitSeconds: number;
  /** End the other run there. */
  readonly breaks: boolean;
}

/**
 * Runs playbooks over the hosts of inventories.
 * @param emit is told all that happens, masked; the last event is the recap.
 * @param signal aborted: each host stops after the task it is at, which has a moment to come to its end.
 * @param connect reaches a host, or this machine.
 * @returns the exit code of the contract.
 * @throws InputError with every problem of the user's files at once; no host has been contacted then.
 */
export async function run(options: RunOptions, emit: Emit, signal: AbortSignal, connect: Connect = createConnect()): Promise<number> {
  return perform(await prepare(options, await loadModules()), options, emit, signal, connect);
}

/** The user's files, read and checked. */
export interface Prepared {
  readonly loaded: Loaded;
  readonly modules: ReadonlyMap<string, Module>;
  /** Knows the secrets that were read. */
  readonly masker: Masker;
}

/** Reads and checks all files of a run. @throws InputError with every problem at once. */
export async function prepare(options: RunOptions, modules: ReadonlyMap<string, Module>): Promise<Prepared> {
  const masker = options.masker ?? new Masker();
  const loaded = await load({
    playbooks: options.playbooks,
    inventories: options.inventories,
    extraVars: options.extraVars,
    modules: catalogOf(modules),
    facts: factNames,
    lookups: await lookupsOf(options, masker),
    workingFolder: options.workingFolder,
    home: homedir(),
    environment: options.environment,
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  return { loaded, modules, masker };
}

/** Does what was prepared; it can be done again. For the rest see `run`. @param connect how hosts are connected to. */
export async function perform(
  { loaded, modules, masker }: Prepared,
  options: RunOptions,
  emit: Emit,
  signal: AbortSignal,
  connect: Connect,
): Promise<number> {
  const playing = new Set(loaded.planned.flatMap((planned) => planned.hosts));
  const site = new Site(loaded, {
    reachingOf: (host, scope) => learnedReaching(reachingOf(host, loaded.extraVars, scope, options), masker),
    mode: { check: options.check, diff: options.diff },
    workingFolder: options.workingFolder,
  });
  const { hosts } = site;
  const order = tasksInOrder(site.plays);
  checkTags(options, loaded.plays);
  const startAt = options.startAtTask === undefined ? 0 : startIndex(options.startAtTask, order, (placed) => namesOf(placed, hosts));
  const chosen = [...hosts.values()].filter(({ host }) => playing.has(host.name));
  await checkLogins(chosen.map(({ host }) => ({ host, reaching: site.reaching(host.name) })));
  const emitMasked: Emit = (event) => emit(maskedEvent(event, masker));
  const targets = new Map<string, Target>();
  const machines = new Map<string, Set<Target>>();
  const exclusion =
    options.exclusive && !options.check
      ? exclusionOf(options.exclusive, { folder: join(stateFolder(options), 'runs'), inventory: inventoryId(options) })
      : undefined;
  const context: RunContext = {
    order,
    positions: new Map(order.map((placed, index) => [placed.task.id, index])),
    startAt,
    modules,
    hosts,
    site,
    check: options.check,
    diff: options.diff,
    prefetch: options.prefetch,
    selection: { tags: options.tags, skipTags: options.skipTags },
    masker,
    emit: emitMasked,
    journal: options.check ? noJournal : journalIn(journalFolder(options)),
    record: exclusion?.record ?? noRecord,
    signal,
    explain,
    readLocal: (kind, path, task, scope) => loaded.readLocal(kind, path, task, scope),
    targetOf(name) {
      const known = targets.get(name);
      if (known) return known;
      const one = hosts.get(name);
      if (!one) throw InputError.of(`no host of this run is called ${name}`);
      const target = targetOf(one);
      targets.set(name, target);
      return target;
    },
  };

  /** All that reach a machine. */
  function machineNamed(name: string | undefined): Set<Target> {
    const machine = (name === undefined ? undefined : machines.get(name)) ?? new Set();
    if (name !== undefined) machines.set(name, machine);
    return machine;
  }

  function targetOf(host: HostRun): Target {
    const { name } = host.host;
    const isHere = site.reaching(name).settings.transport === 'local';
    const events = { connecting: false, ready: false };
    const tellOnce = (kind: keyof typeof events, event: RunEvent) => {
      if (!events[kind]) emitMasked(event);
      events[kind] = true;
    };
    const target = new Target(
      async (connectTimeoutSeconds?: number) => {
        // Until it is connected to, tasks may tell more of how to do that.
        const settings = await configured(site.reaching(name).settings);
        const address = isHere ? 'this machine' : `${settings.host} port ${settings.port}`;
        tellOnce('connecting', { event: 'host_connecting', host: name, address });
        const connection = await connect({ ...settings, ...(connectTimeoutSeconds !== undefined && { connectTimeoutSeconds }) }, signal);
        tellOnce('ready', { event: 'host_ready', host: name, rtt_ms: Math.round(connection.rttMs), trips: connection.traffic().trips });
        return connection;
      },
      isHere,
      isHere ? undefined : exclusion?.lock,
      machineNamed(site.machine(name)),
    );
    host.target = target;
    return target;
  }

  const endWatch = cutAfterInterruption(signal, () => {
    for (const target of targets.values()) void target.close();
  });
  try {
    emitMasked({
      event: 'run_start',
      plays: loaded.plays.map((play) => play.name),
      hosts: [...hosts.keys()].filter((name) => playing.has(name)),
      check: options.check,
    });
    for (const { severity: _, ...warning } of loaded.warnings) emitMasked({ event: 'warning', ...warning });
    for (const warning of exclusion?.warnings(playing) ?? []) emitMasked(warning);
    await runPlays(context, options.forks, options.serial);
    exclusion?.forget(new Set([...hosts.values()].filter((host) => !host.out && host.done > 0).map(({ host }) => host.name)));
  } finally {
    endWatch();
    await Promise.all([...targets.values()].map((target) => target.close()));
    exclusion?.record.close([...hosts.values()].some((host) => host.out === 'unreachable'));
  }
  const exitCode = exitCodeOf(context);
  const played = new Set(site.plays.flatMap(({ names }) => names));
  const recap = [...hosts].filter(([name]) => played.has(name)).map(([name, host]) => [name, host.recap()] as const);
  emitMasked({ event: 'recap', hosts: Object.fromEntries(recap), exit_code: exitCode });
  return exitCode;
}

/** A task's name as the first of its hosts shows it, and without its role. */
function namesOf({ play, task, hosts: names }: Placed, hosts: ReadonlyMap<string, HostRun>): readonly string[] {
  const [first = ''] = names;
  const scope = hosts.get(first)?.scope(play, task) ?? scopeOf(task.vars);
  return [nameOf(task, scope), task.name.evaluate(scope)];
}

/** `env` and `secret`, every value of which the masker learns as it is given out. */
async function lookupsOf(options: RunOptions, masker: Masker): Promise<Lookups> {
  const secrets = await openSecrets(
    options.inventories.map((path) => resolve(options.workingFolder, path)),
    options.environment,
    options.passphrase,
  );
  const { environment, inventories, workingFolder } = options;
  const lookups = createLookups({ environment, inventories, workingFolder, secret: secrets });
  return learnedLookups(lookups, masker);
}

/** Handlers owed are kept for each inventory apart: hosts of the same name in two of them are two. */
function journalFolder(options: RunOptions): string {
  return join(stateFolder(options), inventoryId(options));
}

function stateFolder({ environment }: RunOptions): string {
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'homerun');
}

function inventoryId({ inventories, workingFolder }: RunOptions): string {
  const paths = inventories.map((path) => resolve(workingFolder, path)).join('\n');
  return createHash('sha256').update(paths).digest('hex').slice(0, 16);
}
