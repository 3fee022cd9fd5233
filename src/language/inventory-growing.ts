import type { Addition } from '../values/addition.ts';
import type { GrowingInventory, Inventory } from './inventory.ts';
import { grown, isIn } from './inventory-grow.ts';
import type { RawInventory } from './inventory-raw.ts';
import type { VarsFiles } from './inventory-vars.ts';

/** What an inventory is made from. */
export interface InventoryParts {
  /** What its files say. */
  readonly raw: RawInventory;
  /** `group_vars` and `host_vars`, also of groups and hosts that there are none of yet. */
  readonly varsFiles: readonly VarsFiles[];
  /** Puts in order what the files say, and what tasks have added. */
  readonly assemble: (raw: RawInventory) => Inventory;
  /** The folder of hosts that are added. */
  readonly folder: string;
  readonly warnOfStrays: GrowingInventory['warnOfStrays'];
}

/**
 * An inventory that keeps what it was made from, for what tasks add.
 * @param additions what tasks have added, in the order in which they did.
 */
export function growing(parts: InventoryParts, additions: readonly Addition[] = []): GrowingInventory {
  const { varsFiles, assemble, folder, warnOfStrays } = parts;
  const raw = grown(parts.raw, additions, folder);
  const inventory: GrowingInventory = {
    ...assemble(raw),
    has: (addition) => isIn(addition, raw),
    with: (addition) => (isIn(addition, raw) ? inventory : growing(parts, [...additions, addition])),
    variablesOf(isMeant) {
      const groups = [raw, ...varsFiles].flatMap((one) => [...one.groups]).filter(([name]) => isMeant('group', name));
      const hosts = [raw, ...varsFiles].flatMap((one) => [...one.hosts]).filter(([name]) => isMeant('host', name));
      return new Set([...groups, ...hosts].flatMap(([, { layers }]) => layers.flatMap(({ bindings }) => [...bindings.keys()])));
    },
    warnOfStrays,
  };
  return inventory;
}
