import { InputError, type Problem } from '../values/errors.ts';
import { checkPlays } from './check.ts';
import { createConditions } from './condition.ts';
import type { Scope } from './expression.ts';
import { extraVarsLayer } from './extra-vars.ts';
import { createFiles } from './files.ts';
import { Growth } from './growth.ts';
import type { GrowingInventory, Inventory } from './inventory.ts';
import { readInventory } from './inventory-read.ts';
import { createLocalFiles, type LocalContent, type LocalFileKind } from './local-files.ts';
import type { Lookups } from './lookups.ts';
import { madeIn } from './made.ts';
import { groupsLayer } from './magic.ts';
import { type Matched, matchPattern } from './pattern.ts';
import type { Play, Task } from './play.ts';
import { readPlaybook } from './playbook.ts';
import { Problems } from './problems.ts';
import type { Reader } from './reader.ts';
import { applySpecs } from './specs-check.ts';
import { createTemplates } from './template.ts';
import { type Layer, scopeOf } from './variables.ts';

export type { Lookups } from './lookups.ts';

/** What the language must know of modules; it knows none itself. */
export interface ModuleCatalog {
  /** All names, for suggestions. */
  readonly names: readonly string[];
  /** The parameter that free text fills, if the module takes it. */
  freeForm(module: string): string | undefined;
  /** The names of parameters that are conditions (`assert.that`): text in CEL, compiled and evaluated to a list of `{text, holds}`. */
  conditions(module: string): readonly string[];
  /** The parameters that are paths of local files, read (and templates: rendered) before the module sees them. */
  localParams(module: string): ReadonlyMap<string, LocalFileKind>;
  /**
   * Checks rendered parameters. `unknown` names parameters whose value is not known yet (they read a registered result): only their
   * names are checked. Paths are relative to the parameters' mapping; `ofKey`: it is the key there that is wrong.
   */
  check(
    module: string,
    params: unknown,
    unknown: ReadonlySet<string>,
  ): readonly { readonly path: readonly PropertyKey[]; readonly ofKey?: boolean; readonly message: string; readonly hint?: string }[];
}

export interface LoadOptions {
  readonly playbooks: readonly string[];
  /** Files or folders. */
  readonly inventories: readonly string[];
  /** In the order given; later wins. `K=V`, JSON or `@FILE`. */
  readonly extraVars: readonly string[];
  /** A pattern. */
  readonly limit?: string;
  readonly modules: ModuleCatalog;
  readonly lookups: Lookups;
  /** Folder that relative names in messages are relative to. */
  readonly workingFolder: string;
  /** The user's home folder, for `~/`; default: such names are not resolved. */
  readonly home?: string;
  /** The names of the entries of `facts`, to find misspelt ones; without it any name passes. */
  readonly facts?: readonly string[];
  /** The value of `homerun_version`. */
  readonly version?: string;
}

/** A play with the hosts that it is for, after `--limit`; none when its pattern matches nothing. */
export interface LoadedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
  /** What its tasks and those of plays before it may add to the inventory; absent where that is nothing. */
  readonly growth?: Growth;
  /**
   * The last play before it, by its index, whose tasks may add hosts to it or make it have others (`add_host`, `group_by`): until that one is done
   * `hosts` is what the files of the inventory say. Absent where they are the play's hosts.
   */
  readonly settledAfter?: number;
}

/** Everything of a run, checked for every host that it may touch. */
export interface Loaded {
  readonly plays: readonly Play[];
  /** The same plays, each with its hosts. */
  readonly planned: readonly LoadedPlay[];
  readonly inventory: GrowingInventory;
  /** The hosts of a play in the inventory as it has become, after `--limit`, and whether its pattern matches none. @throws InputError where its pattern cannot be told. */
  readonly select: (play: Play, inventory: Inventory) => { readonly hosts: readonly string[]; readonly isEmpty: boolean };
  /** The highest layer. */
  readonly extraVars: Layer;
  readonly warnings: readonly Problem[];
  /**
   * Reads a local file of a task; a template is rendered in `scope`.
   * @throws InputError
   */
  readLocal(kind: LocalFileKind, path: string, task: Task, scope: Scope): LocalContent;
}

/**
 * Reads and checks everything of a run.
 * @throws InputError with every problem at once; no host has been contacted then.
 */
export async function load(options: LoadOptions): Promise<Loaded> {
  const reader = createReader(options);
  const { problems } = reader;
  const given = extraVarsLayer(options.extraVars, reader);
  const readHosts = problems.collect(() => readInventory(options.inventories, reader));
  if (problems.errors.length > 0) problems.lose();
  const readPlays = options.playbooks.flatMap((path) => readPlaybook(path, { ...reader, modules: options.modules }));
  if (!readHosts || problems.isPartial) throw new InputError(problems.errors);
  const { inventory, plays, extraVars } = applySpecs({ inventory: readHosts, plays: readPlays, extraVars: given }, problems);
  const local = createLocalFiles(reader, options.workingFolder);
  const planned = problems.collect(() => planHosts(plays, inventory, extraVars, options.limit, problems)) ?? [];
  checkPlays({
    planned,
    inventory,
    extraVars,
    local,
    files: reader.files,
    modules: options.modules,
    problems,
    ...(options.version !== undefined && { version: options.version }),
    ...(options.facts && { facts: options.facts }),
  });
  throwIfWrong(problems);
  return {
    plays,
    planned,
    inventory,
    select(play, now) {
      const { hosts } = matchPattern(patternOf(play, now, extraVars), now, play.hosts.source);
      return { hosts: limitTo(hosts, options.limit, now), isEmpty: hosts.length === 0 };
    },
    extraVars,
    warnings: problems.warnings,
    readLocal: (kind, path, task, scope) => local.read(kind, path, task, scope, task.source),
  };
}

/** What reads the files of a run. */
export function createReader({ workingFolder, home = workingFolder, lookups }: Pick<LoadOptions, 'workingFolder' | 'home' | 'lookups'>): Reader {
  return {
    files: createFiles(workingFolder, home),
    templates: createTemplates(lookups),
    conditions: createConditions(lookups),
    problems: new Problems(),
  };
}

function throwIfWrong({ errors }: Problems): void {
  if (errors.length > 0) throw new InputError(errors);
}

/** The hosts of each play. What matches nothing is a warning, as in Ansible, unless tasks before may add that. */
function planHosts(
  plays: readonly Play[],
  inventory: GrowingInventory,
  extraVars: Layer,
  limit: string | undefined,
  problems: Problems,
): readonly LoadedPlay[] {
  const made = plays.map(madeIn);
  const growths = made.map((_, index) => new Growth(made.slice(0, index + 1).flat(), inventory));
  checkLimit(limit, inventory, growths.at(-1));
  inventory.warnOfStrays((kind, name) => growths.at(-1)?.[kind === 'host' ? 'mayHaveHost' : 'mayHaveGroup'](name) ?? false);
  const planned = plays.map((play, index): LoadedPlay => {
    const adding = made.slice(0, index).flatMap((some, at) => (some.length > 0 ? at : []));
    const growth = made.slice(0, index + 1).some((some) => some.length > 0) && growths[index];
    const own = { play, ...(growth && { growth }) };
    const last = adding.at(-1);
    // What reads a group that there is none of yet is told when the play begins.
    const pattern = (last === undefined ? problems : new Problems()).collectKnown(() => patternOf(play, inventory, extraVars));
    if (pattern === undefined) return { ...own, hosts: [], ...(last !== undefined && { settledAfter: last }) };
    const found = matchPattern(pattern, inventory, play.hosts.source);
    const before = last === undefined ? undefined : growths[last];
    warnOfNone({ ...found, pattern }, play, inventory, before, problems);
    const isMade = play.hosts.variables.has('groups');
    const settledAfter = adding.findLast((at) => isMade || new Growth(made[at] ?? [], inventory).mayChange(pattern));
    return { ...own, hosts: limitTo(found.hosts, limit, inventory), ...(settledAfter !== undefined && { settledAfter }) };
  });
  noteUntouched(planned, inventory, limit, problems);
  return planned;
}

/** The pattern of a play. It may read `-e`, the play's variables and `groups`. @throws InputError */
function patternOf(play: Play, inventory: Inventory, extraVars: Layer): string {
  return play.hosts.evaluate(scopeOf([...play.layers.defaults, ...play.layers.vars, extraVars, groupsLayer(inventory)]));
}

function warnOfNone(
  { hosts, strays, pattern }: Matched & { readonly pattern: string },
  play: Play,
  inventory: Inventory,
  growth: Growth | undefined,
  problems: Problems,
): void {
  for (const { part, hint } of strays)
    if (!growth?.mayChangePart(part))
      problems.warning(
        `no host or group is called "${part}"`,
        play.hosts.source,
        hint ?? `Groups: ${['all', ...inventory.groups.keys()].join(', ')}.`,
      );
  if (hosts.length === 0 && strays.length === 0 && !growth?.mayChange(pattern))
    problems.warning(`the play "${play.name}" has no hosts: "${pattern}" matches none`, play.hosts.source);
}

/** As in Ansible, hosts that the run adds are limited too. */
function limitTo(hosts: readonly string[], limit: string | undefined, inventory: Inventory): readonly string[] {
  if (limit === undefined) return hosts;
  const limited = new Set(matchPattern(limit, inventory).hosts);
  return hosts.filter((name) => limited.has(name));
}

function checkLimit(limit: string | undefined, inventory: Inventory, growth: Growth | undefined): void {
  if (limit === undefined) return;
  const { hosts, strays } = matchPattern(limit, inventory);
  const stray = strays.find(({ part }) => !growth?.mayChangePart(part));
  if (stray)
    throw InputError.of(
      `--limit: no host or group is called "${stray.part}"`,
      undefined,
      stray.hint ?? `Hosts: ${[...inventory.hosts.keys()].slice(0, 20).join(', ')}.`,
    );
  if (hosts.length === 0)
    throw InputError.of(`--limit ${limit} matches no host`, undefined, `Hosts: ${[...inventory.hosts.keys()].slice(0, 20).join(', ')}.`);
}

/** A host that is in no group and that no play takes was forgotten. */
function noteUntouched(planned: readonly LoadedPlay[], inventory: Inventory, limit: string | undefined, problems: Problems): void {
  if (limit !== undefined || planned.length === 0 || planned.some(({ settledAfter }) => settledAfter !== undefined)) return;
  const taken = new Set(planned.flatMap(({ hosts }) => hosts));
  for (const { name, groups, layers, source } of inventory.hosts.values()) {
    // This machine is listed to run single tasks on it.
    const isLocal = name === 'localhost' || layers.some(({ bindings }) => bindings.has('ansible_connection'));
    if (groups.length > 0 || taken.has(name) || isLocal) continue;
    const wanted = planned
      .map(({ play }) => play.name)
      .slice(0, 3)
      .join(', ');
    problems.error(
      `the host "${name}" is in no group, and no play takes it`,
      source,
      `Put it below "hosts:" of a group that the plays (${wanted}) are for.`,
    );
  }
}
