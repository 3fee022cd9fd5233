import { isIP } from 'node:net';
import type { Value } from '../values/vars.ts';
import { omit, type Scope } from './expression.ts';
import type { Host, Inventory } from './inventory.ts';
import type { Play } from './play.ts';
import type { Binding, Layer } from './variables.ts';

/** What the magic variables of a host in a play are made from. */
export interface MagicInput {
  readonly inventory: Inventory;
  readonly host: Host;
  /** The hosts of the play, after `--limit`. */
  readonly playHosts: readonly string[];
  readonly play?: Pick<Play, 'folder'> & Partial<Pick<Play, 'name'>>;
  /** How the run was asked for; without it, what reads it is only known later. */
  readonly mode?: { readonly check: boolean; readonly diff: boolean };
  /** The variables of any host as they are now, for `hostvars`; called when one is read. */
  readonly scopeOfHost: (name: string) => Scope | undefined;
  readonly version?: string;
}

/** `inventory_hostname`, `group_names`, `groups`, `hostvars`, `play_hosts`, `playbook_dir`, `inventory_dir`, `omit`: what the language itself knows. */
export function magicLayer({ inventory, host, playHosts, play, mode, scopeOfHost, version }: MagicInput): Layer {
  const bindings: Record<string, Binding> = {
    inventory_hostname: { value: host.name },
    inventory_hostname_short: { value: isIP(host.name) ? host.name : (host.name.split('.')[0] ?? host.name) },
    group_names: { value: host.groups.length > 0 || host.name === inventory.thisMachine?.name ? host.groups : ['ungrouped'] },
    groups: { compute: () => groupsOf(inventory) },
    hostvars: { compute: () => lazily([...inventory.hosts.keys()], (name) => variablesOf(scopeOfHost(name))) },
    play_hosts: { value: playHosts },
    ansible_play_hosts: { value: playHosts },
    ansible_play_name: { value: play?.name ?? '' },
    ansible_check_mode: mode ? { value: mode.check } : { unknown: true },
    ansible_diff_mode: mode ? { value: mode.diff } : { unknown: true },
    playbook_dir: { value: play?.folder ?? '' },
    inventory_dir: { value: host.folder },
    ...(host.file !== '' && { inventory_file: { value: host.file } }),
    omit: { value: omit },
    ...(version !== undefined && { homerun_version: { value: version } }),
  };
  return { name: 'magic variables', bindings: new Map(Object.entries(bindings)) };
}

/** `groups` alone: all that the pattern of a play may read of what the language knows. */
export function groupsLayer(inventory: Inventory): Layer {
  return { name: 'magic variables', bindings: new Map([['groups', { compute: () => groupsOf(inventory) }]]) };
}

function groupsOf(inventory: Inventory): Value {
  const all = inventory.order;
  const ungrouped = all.filter((name) => inventory.hosts.get(name)?.groups.length === 0);
  return { all, ungrouped, ...Object.fromEntries([...inventory.groups.values()].map(({ name, hosts }) => [name, hosts])) };
}

/** All variables of a host as a mapping, each evaluated when it is read. */
function variablesOf(scope: Scope | undefined): Value {
  return scope ? lazily(scope.names(), (name) => scope.get(name) ?? null) : {};
}

/** A mapping whose values are computed when they are read. */
export function lazily(names: readonly string[], get: (name: string) => Value): Value {
  const result: { [key: string]: Value } = {};
  for (const name of names) Object.defineProperty(result, name, { enumerable: true, configurable: true, get: () => get(name) });
  return result;
}
