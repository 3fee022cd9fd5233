import type { Inventory } from './inventory.ts';
import type { LoadedPlay, ModuleCatalog } from './load.ts';
import type { LocalFiles } from './local-files.ts';
import type { Problems } from './problems.ts';
import type { Layer } from './variables.ts';

/** What the check of a run works with. */
export interface CheckInput {
  readonly planned: readonly LoadedPlay[];
  readonly inventory: Inventory;
  readonly extraVars: Layer;
  readonly local: LocalFiles;
  readonly modules: ModuleCatalog;
  readonly problems: Problems;
  readonly version?: string;
}

export function checkPlays(_input: CheckInput): void {}
