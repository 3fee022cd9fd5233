import type { Problem } from '../values/errors.ts';
import type { Secret } from '../values/secret.ts';
import type { Inventory } from './inventory.ts';
import type { Play } from './play.ts';
import type { Layer } from './variables.ts';

/** What the language must know of modules; it knows none itself. */
export interface ModuleCatalog {
  /** All names, for suggestions. */
  readonly names: readonly string[];
  /** The parameter that free text fills, if the module takes it. */
  freeForm(module: string): string | undefined;
  /** The names of parameters that are conditions (`assert.that`): text in CEL, compiled and not rendered. */
  conditions(module: string): readonly string[];
  /**
   * Checks rendered parameters. `unknown` names parameters whose value is not known yet (they read a registered result): only their
   * names are checked. Paths are relative to the parameters' mapping.
   */
  check(
    module: string,
    params: unknown,
    unknown: ReadonlySet<string>,
  ): readonly { readonly path: readonly PropertyKey[]; readonly message: string; readonly hint?: string }[];
}

/** Values that come from beside the inventory and playbooks, asked for by name. */
export interface Lookups {
  /** A variable of `.env` or the environment. */
  env(name: string): Secret | undefined;
  /** A value of the secrets file. */
  secret(name: string): Secret | undefined;
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
}

/** Everything of a run, checked for every host that it may touch. */
export interface Loaded {
  readonly plays: readonly Play[];
  readonly inventory: Inventory;
  /** The highest layer. */
  readonly extraVars: Layer;
  readonly warnings: readonly Problem[];
}
