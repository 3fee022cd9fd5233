import type { Checked } from './check.ts';
import type { Growth } from './growth.ts';
import type { GrowingInventory, Host } from './inventory.ts';
import type { Play } from './play.ts';
import { type Layer, unknownLayer } from './variables.ts';

/** What the language itself knows of hosts and groups, and cannot tell once tasks may have added some. */
const ofInventory: readonly string[] = ['groups', 'group_names', 'hostvars'];
const ofPlay: readonly string[] = ['play_hosts', 'ansible_play_hosts', 'ansible_play_hosts_all', 'ansible_play_batch'];
const ofHost: readonly string[] = ['inventory_hostname', 'inventory_hostname_short', 'inventory_dir'];

/** A magic layer without what is only known in the run. @param isSettled the hosts of the play are known before. */
export function openMagic(layer: Layer, isSettled: boolean, host: Host): Layer {
  const open = [...ofInventory, ...(isSettled ? [] : ofPlay), ...(isUnnamed(host) ? ofHost : [])];
  return { name: layer.name, bindings: new Map([...layer.bindings, ...unknownLayer(layer.name, open).bindings]) };
}

/** The variables that a host may have got, or got others of, by joining groups or by `add_host`. */
export function addedLayer(growth: Growth, host: Host, inventory: GrowingInventory): Layer {
  const names = inventory.variablesOf((kind, name) => kind === 'group' && growth.mayHaveGroup(name));
  return unknownLayer('what the run adds', [...names, ...(growth.mayHaveHost(host.name) ? growth.variables : [])]);
}

const unnamed = '(a host that the run adds)';

function isUnnamed({ name }: Host): boolean {
  return name === unnamed;
}

/**
 * A host in place of those that a play will have when its turn has come, where there is none yet: of each variable that any host has, or that a file or a
 * task may give, it has one, whose value is not known.
 */
export function someHost(play: Play, growth: Growth, inventory: GrowingInventory, hosts: Iterable<Checked>): Checked {
  const names = [...inventory.variablesOf(() => true), ...growth.variables];
  const registered = new Map([...hosts].flatMap((one) => [...one.registered.keys()]).map((name) => [name, { unknown: true } as const]));
  const host: Host = { name: unnamed, source: play.source, file: '', folder: '', groups: [], layers: [unknownLayer('variables of hosts', names)] };
  return { host, registered, renewed: 0, mayBeDone: false };
}
