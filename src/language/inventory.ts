import type { Source } from '../values/errors.ts';
import type { Layer } from './variables.ts';

/** A host of the inventory. */
export interface Host {
  readonly name: string;
  readonly source: Source;
  /** Every group it is in, without `all`, sorted by name. */
  readonly groups: readonly string[];
  /**
   * Its variables, low to high, as Ansible orders them: `vars` of groups in the inventory's files (all, then by depth and name), then
   * `group_vars/all`, `group_vars` of its groups by depth and name, the host's line, `host_vars`.
   */
  readonly layers: readonly Layer[];
  /** The folder of the inventory that names it, absolute. */
  readonly folder: string;
}

export interface Group {
  readonly name: string;
  /** Names of all hosts in it or below it, in the inventory's order. */
  readonly hosts: readonly string[];
  readonly children: readonly string[];
}

export interface Inventory {
  /** In the order of the files. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** Without `all` and `ungrouped`. */
  readonly groups: ReadonlyMap<string, Group>;
}
