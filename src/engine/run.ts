import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { settingSource } from '../language/connection.ts';
import { createLookups } from '../language/env.ts';
import type { Scope } from '../language/expression.ts';
import type { Host } from '../language/inventory.ts';
import { type Loaded, type Lookups, load } from '../language/load.ts';
import { magicLayer } from '../language/magic.ts';
import { openSecrets } from '../language/secrets.ts';
import { layersOf, scopeOf, valueLayer } from '../language/variables.ts';
import { loadModules } from '../modules/registry.ts';
import { explain } from '../modules/support/explain.ts';
import { factNames } from '../questions/facts.ts';
import { createConnect } from '../remote/connect.ts';
import type { Connect } from '../remote/session.ts';
import { InputError, type Problem, UnreachableError } from '../values/errors.ts';
import type { Secret } from '../values/secret.ts';
import { catalogOf } from './catalog.ts';
import { type Reaching, reachingOf } from './connections.ts';
import type { RunContext } from './context.ts';
import type { Emit, RunEvent } from './event.ts';
import { type HostMagic, HostRun } from './host.ts';
import { journalIn, noJournal } from './journal.ts';
import { Masker } from './mask.ts';
import { exitCodeOf, runPlays } from './plays.ts';
import { checkTags, type Placed, startIndex, tasksInOrder } from './select.ts';
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
  readonly startAtTask?: string;
  readonly user?: string;
  readonly askedPassword?: string;
  readonly askedBecomePassword?: string;
  readonly privateKey?: string;
  readonly prefetch: boolean;
  readonly verbosity: number;
  readonly workingFolder: string;
  readonly environment: { readonly [name: string]: string | undefined };
}

/**
 * Runs playbooks over the hosts of inventories.
 * @param emit is told all that happens, masked; the last event is the recap.
 * @param signal aborted: each host finishes the task it is at, and stops.
 * @param connect reaches a host, or this machine.
 * @returns the exit code of the contract.
 * @throws InputError with every problem of the user's files at once; no host has been contacted then.
 */
export async function run(options: RunOptions, emit: Emit, signal: AbortSignal, connect: Connect = createConnect()): Promise<number> {
  const masker = new Masker();
  const modules = await loadModules();
  const loaded = await load({
    playbooks: options.playbooks,
    inventories: options.inventories,
    extraVars: options.extraVars,
    modules: catalogOf(modules),
    facts: factNames,
    lookups: await lookupsOf(options, masker),
    workingFolder: options.workingFolder,
    home: homedir(),
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  const playing = new Set(loaded.planned.flatMap((planned) => planned.hosts));
  const hosts = hostsOf(loaded, playing, options);
  const order = tasksInOrder(loaded.planned);
  checkTags(options, loaded.plays);
  const startAt = options.startAtTask === undefined ? 0 : startIndex(options.startAtTask, order, (placed) => namesOf(placed, hosts));
  await checkKeys([...hosts.values()].filter(({ host }) => playing.has(host.host.name)));
  const emitMasked: Emit = (event) => emit(masker.deep(event));
  const targets = new Map<string, Target>();
  const context: RunContext = {
    order,
    positions: new Map(order.map((placed, index) => [placed.task.id, index])),
    startAt,
    modules,
    hosts: new Map([...hosts].map(([name, { host }]) => [name, host])),
    check: options.check,
    diff: options.diff,
    prefetch: options.prefetch,
    selection: { tags: options.tags, skipTags: options.skipTags },
    masker,
    emit: emitMasked,
    journal: options.check ? noJournal : journalIn(journalFolder(options)),
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

  function targetOf({ host, reaching: { settings } }: RunHost): Target {
    const isHere = settings.transport === 'local';
    const events = { connecting: false, ready: false };
    const tellOnce = (name: keyof typeof events, event: RunEvent) => {
      if (!events[name]) emitMasked(event);
      events[name] = true;
    };
    const target = new Target(async (connectTimeoutSeconds = settings.connectTimeoutSeconds) => {
      const address = isHere ? 'this machine' : `${settings.host} port ${settings.port}`;
      tellOnce('connecting', { event: 'host_connecting', host: host.host.name, address });
      const connection = await connect({ ...settings, connectTimeoutSeconds }, signal);
      tellOnce('ready', { event: 'host_ready', host: host.host.name, rtt_ms: Math.round(connection.rttMs), trips: 0 });
      return connection;
    }, isHere);
    host.target = target;
    return target;
  }

  try {
    emitMasked({
      event: 'run_start',
      plays: loaded.plays.map((play) => play.name),
      hosts: [...hosts.keys()].filter((name) => playing.has(name)),
      check: options.check,
    });
    for (const { severity: _, ...warning } of loaded.warnings) emitMasked({ event: 'warning', ...warning });
    await runPlays(context, loaded.planned, options.forks);
  } finally {
    await Promise.all([...targets.values()].map((target) => target.close()));
  }
  const exitCode = exitCodeOf(context);
  const recap = [...context.hosts].filter(([name]) => playing.has(name)).map(([name, host]) => [name, host.recap()] as const);
  emitMasked({ event: 'recap', hosts: Object.fromEntries(recap), exit_code: exitCode });
  return exitCode;
}

interface RunHost {
  readonly host: HostRun;
  readonly reaching: Reaching;
}

/**
 * Every host of the inventory with its connection, in its order: also those of no play, for `delegate_to` and `hostvars`. Then `localhost`.
 * @throws InputError with the problems of all that play.
 */
function hostsOf(loaded: Loaded, playing: ReadonlySet<string>, options: RunOptions): ReadonlyMap<string, RunHost> {
  const runs = new Map<string, RunHost>();
  const problems: Problem[] = [];
  const noPlay = { layers: { defaults: [], vars: [] }, folder: options.workingFolder };
  const scopeOfHost = (name: string): Scope | undefined => runs.get(name)?.host.scope(noPlay, { vars: [] });
  const { hosts } = loaded.inventory;
  for (const host of [...hosts.values(), ...(hosts.has('localhost') ? [] : [thisMachine(options)])]) {
    const magic: HostMagic = (play) => {
      const playHosts = loaded.planned.find((one) => one.play === play)?.hosts ?? [];
      return magicLayer({ inventory: loaded.inventory, host, playHosts, play, scopeOfHost, mode: { check: options.check, diff: options.diff } });
    };
    try {
      const scope = scopeOf(layersOf({ host: host.layers, extraVars: loaded.extraVars, magic: magic(noPlay) }));
      const reaching = reachingOf(host, loaded.extraVars, scope, options);
      runs.set(host.name, { host: new HostRun(host, reaching.become, magic, loaded.extraVars), reaching });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (playing.has(host.name)) problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return runs;
}

/** The host `localhost` where the inventory has none, as in Ansible: this machine, without SSH. */
function thisMachine({ workingFolder }: RunOptions): Host {
  const source = { file: 'localhost', line: 1, column: 1 };
  return { name: 'localhost', source, folder: workingFolder, groups: [], layers: [valueLayer('localhost', { ansible_connection: 'local' })] };
}

/** A task's name as the first of its hosts shows it, and without its role. */
function namesOf({ play, task, hosts: names }: Placed, hosts: ReadonlyMap<string, RunHost>): readonly string[] {
  const [first = ''] = names;
  const host = hosts.get(first)?.host;
  if (!host) return [task.module];
  const scope = host.scope(play, task);
  return [nameOf(task, scope), task.name.evaluate(scope)];
}

/** @throws InputError for private keys that are none: that is known before a host is contacted. */
async function checkKeys(hosts: readonly RunHost[]): Promise<void> {
  const problems: Problem[] = [];
  const { planLogin } = await import('../remote/login.ts');
  for (const { host, reaching } of hosts) {
    if (reaching.settings.identityFile === undefined || reaching.settings.transport === 'local') continue;
    try {
      await planLogin(reaching.settings);
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      const source = settingSource('identityFile', host.host.layers);
      // One that an option names is the same for all hosts.
      if (source || !problems.some(({ message }) => message === error.message))
        problems.push({ message: error.message, ...(source && { source }), ...(error.hint && { hint: error.hint }) });
    }
  }
  if (problems.length > 0) throw new InputError(problems);
}

/** `env` and `secret`, every value of which the masker learns as it is given out. */
async function lookupsOf(options: RunOptions, masker: Masker): Promise<Lookups> {
  const secrets = await openSecrets(
    options.inventories.map((path) => resolve(options.workingFolder, path)),
    options.environment,
  );
  const { environment, inventories, workingFolder } = options;
  const lookups = createLookups({ environment, inventories, workingFolder, secret: secrets });
  const learnt = (value: Secret | undefined) => {
    if (value) masker.learn(value);
    return value;
  };
  return { ...lookups, env: (name) => learnt(lookups.env(name)), secret: (name) => learnt(lookups.secret(name)) };
}

/** Handlers owed are kept for each inventory apart: hosts of the same name in two of them are two. */
function journalFolder({ environment, inventories, workingFolder }: RunOptions): string {
  const state = environment['XDG_STATE_HOME'] || join(homedir(), '.local/state');
  const inventory = createHash('sha256')
    .update(inventories.map((path) => resolve(workingFolder, path)).join('\n'))
    .digest('hex');
  return join(state, 'homerun', inventory.slice(0, 16));
}
