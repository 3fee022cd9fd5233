import type { Addition } from '../values/addition.ts';
import type { Source } from '../values/errors.ts';
import type { Layer } from './variables.ts';

/** A host of the inventory. */
export interface Host {
  readonly name: string;
  readonly source: Source;
  /** Every group it is in, without `all`, sorted by name. */
  readonly groups: readonly string[];
  /**
   * Its variables, low to high, as Ansible orders them: `vars` of groups in the inventory's files (all, then by depth, priority and name), then
   * `group_vars/all`, `group_vars` of its groups by depth, priority and name, the host's line, `host_vars`.
   */
  readonly layers: readonly Layer[];
  /** The inventory's file that names it first, absolute; empty where the command line does. */
  readonly file: string;
  /** The folder of that file, absolute; the working folder where the command line names it. */
  readonly folder: string;
}

/** The host of this name, also `localhost` where no file names it. */
export function hostNamed(inventory: Inventory, name: string): Host | undefined {
  return inventory.hosts.get(name) ?? (name === inventory.thisMachine?.name ? inventory.thisMachine : undefined);
}

/** All hosts, and `localhost` where no file names it. */
export function everyHost({ hosts, thisMachine }: Inventory): readonly Host[] {
  return [...hosts.values(), ...(thisMachine ? [thisMachine] : [])];
}

export interface Group {
  readonly name: string;
  /** Names of all hosts in it or below it: its own, then those of its children, in the order of the files. */
  readonly hosts: readonly string[];
  /** Those of `hosts` that it names itself. */
  readonly own: readonly string[];
  readonly children: readonly string[];
}

export interface Inventory {
  /** In the order of the files. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** `localhost` where no file names it, as in Ansible: this machine, in no group, and not among `hosts`. Only its name takes it. */
  readonly thisMachine?: Host;
  /** Names of all hosts in the order that `all` gives: those of no group, then those of each group. */
  readonly order: readonly string[];
  /** The groups that are below no other, in their order. */
  readonly top: readonly string[];
  /** Without `all` and `ungrouped`. */
  readonly groups: ReadonlyMap<string, Group>;
}

/** An inventory that tasks of the run may add to. */
export interface GrowingInventory extends Inventory {
  /** Whether all that a task would add is in it already. */
  readonly has: (addition: Addition) => boolean;
  /** With what a task adds; this very one where all that is in it already. @throws TaskError for what cannot come to it. */
  readonly with: (addition: Addition) => GrowingInventory;
  /** The names of the variables that the groups and hosts in question give, also those that only a file of variables names. */
  readonly variablesOf: (isMeant: (kind: 'group' | 'host', name: string) => boolean) => ReadonlySet<string>;
  /** Warns of files of variables whose name is that of no group or host, but for those that the run may add. */
  readonly warnOfStrays: (isMade?: (kind: 'group' | 'host', name: string) => boolean) => void;
}
