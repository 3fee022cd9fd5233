import { dirname } from 'node:path';
import type { Problem } from '../values/errors.ts';
import { checkPlays } from './check.ts';
import { createConditions } from './condition.ts';
import type { Scope } from './expression.ts';
import { extraVarsLayer } from './extra-vars.ts';
import { createFiles } from './files.ts';
import type { GrowingInventory, Inventory } from './inventory.ts';
import { readInventory } from './inventory-read.ts';
import { createLocalFiles, type LocalContent, type LocalFileKind } from './local-files.ts';
import { fileLookup } from './lookup-file.ts';
import type { Lookups } from './lookups.ts';
import { hostsOfPlay, type LoadedPlay, limitOf, planHosts } from './plan-hosts.ts';
import type { Play, Task } from './play.ts';
import { readPlaybook } from './playbook.ts';
import { Problems } from './problems.ts';
import { createRunProgram } from './programs.ts';
import type { Reader } from './reader.ts';
import { applySpecs } from './specs-check.ts';
import { createTemplates } from './template.ts';
import type { Layer } from './variables.ts';

export type { Lookups } from './lookups.ts';
export type { LoadedPlay } from './plan-hosts.ts';

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
  /** Why a module fails with parameters that are all known, whatever the host; undefined where it does not, or that depends on the host. */
  foresee(module: string, params: unknown): string | undefined;
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
  /** What an inventory that is a program gets as its environment; default: nothing. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** The names of the entries of `facts`, to find misspelt ones; without it any name passes. */
  readonly facts?: readonly string[];
  /** The value of `homerun_version`. */
  readonly version?: string;
  /** Whether tasks that are certain to fail are warned of. Default: their turn tells. */
  readonly foresees?: boolean;
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
  const readHosts = problems.collect(() => {
    const folders = options.playbooks.map((path) => dirname(reader.files.resolve(path)));
    return readInventory(options.inventories, reader, folders);
  });
  if (problems.errors.length > 0) problems.lose();
  const readPlays = options.playbooks.flatMap((path) => readPlaybook(path, { ...reader, modules: options.modules }));
  if (!readHosts || problems.isPartial) throw problems.asError();
  const { inventory, plays, extraVars } = applySpecs({ inventory: readHosts, plays: readPlays, extraVars: given }, problems);
  const local = createLocalFiles(reader, options.workingFolder);
  const limit = problems.collect(() => (options.limit === undefined ? undefined : limitOf(options.limit, reader.files)));
  const planned = problems.collect(() => planHosts(plays, inventory, extraVars, limit, problems)) ?? [];
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
    foresees: options.foresees ?? false,
  });
  if (problems.errors.length > 0) throw problems.asError();
  return {
    plays,
    planned,
    inventory,
    select: (play, now) => hostsOfPlay(play, now, extraVars, limit),
    extraVars,
    warnings: problems.warnings,
    readLocal: (kind, path, task, scope) => local.read(kind, path, task, scope, task.source),
  };
}

/** What reads the files of a run. */
export function createReader({
  workingFolder,
  home = workingFolder,
  lookups,
  environment = {},
}: Pick<LoadOptions, 'workingFolder' | 'home' | 'lookups' | 'environment'>): Reader {
  const files = createFiles(workingFolder, home);
  const all: Lookups = { file: fileLookup(files, workingFolder), ...lookups };
  return {
    files,
    templates: createTemplates(all),
    conditions: createConditions(all),
    problems: new Problems(),
    runProgram: createRunProgram(workingFolder, environment),
  };
}
