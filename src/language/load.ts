import { InputError, type Problem } from '../values/errors.ts';
import { checkPlays } from './check.ts';
import { createConditions } from './condition.ts';
import type { Scope } from './expression.ts';
import { extraVarsLayer } from './extra-vars.ts';
import { createFiles } from './files.ts';
import type { Inventory } from './inventory.ts';
import { readInventory } from './inventory-read.ts';
import { createLocalFiles, type LocalContent, type LocalFileKind } from './local-files.ts';
import type { Lookups } from './lookups.ts';
import { groupsLayer } from './magic.ts';
import { matchPattern } from './pattern.ts';
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
  /** The names of parameters that name a variable (`debug.var`): the module is given its value. */
  variables(module: string): readonly string[];
  /** The parameters that are paths of local files, read (and templates: rendered) before the module sees them; of those that are `given`. */
  localParams(module: string, given: { readonly [name: string]: unknown }): ReadonlyMap<string, LocalFileKind>;
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
}

/** Everything of a run, checked for every host that it may touch. */
export interface Loaded {
  readonly plays: readonly Play[];
  /** The same plays, each with its hosts. */
  readonly planned: readonly LoadedPlay[];
  readonly inventory: Inventory;
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

/** The hosts of each play. A pattern may read `-e` and the play's variables; what matches nothing is a warning, as in Ansible. */
function planHosts(
  plays: readonly Play[],
  inventory: Inventory,
  extraVars: Layer,
  limit: string | undefined,
  problems: Problems,
): readonly LoadedPlay[] {
  const limited = limit === undefined ? undefined : limitedHosts(limit, inventory);
  const groups = groupsLayer(inventory);
  const planned = plays.map((play): LoadedPlay => {
    const scope = scopeOf([...play.layers.defaults, ...play.layers.vars, extraVars, groups]);
    const pattern = problems.collect(() => play.hosts.evaluate(scope));
    if (pattern === undefined) return { play, hosts: [] };
    const { hosts, strays } = matchPattern(pattern, inventory, play.hosts.source);
    for (const { part, hint } of strays)
      problems.warning(
        `no host or group is called "${part}"`,
        play.hosts.source,
        hint ?? `Groups: ${['all', ...inventory.groups.keys()].join(', ')}.`,
      );
    if (hosts.length === 0 && strays.length === 0)
      problems.warning(`the play "${play.name}" has no hosts: "${pattern}" matches none`, play.hosts.source);
    return { play, hosts: limited ? hosts.filter((name) => limited.has(name)) : hosts };
  });
  noteUntouched(planned, inventory, limit, problems);
  return planned;
}

function limitedHosts(limit: string, inventory: Inventory): ReadonlySet<string> {
  const { hosts, strays } = matchPattern(limit, inventory);
  const [stray] = strays;
  if (stray)
    throw InputError.of(
      `--limit: no host or group is called "${stray.part}"`,
      undefined,
      stray.hint ?? `Hosts: ${[...inventory.hosts.keys()].slice(0, 20).join(', ')}.`,
    );
  if (hosts.length === 0)
    throw InputError.of(`--limit ${limit} matches no host`, undefined, `Hosts: ${[...inventory.hosts.keys()].slice(0, 20).join(', ')}.`);
  return new Set(hosts);
}

/** A host that is in no group and that no play takes was forgotten. */
function noteUntouched(planned: readonly LoadedPlay[], inventory: Inventory, limit: string | undefined, problems: Problems): void {
  if (limit !== undefined || planned.length === 0) return;
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
