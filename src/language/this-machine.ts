import type { Host, Inventory } from './inventory.ts';
import { valueLayer } from './variables.ts';

/** The host `localhost` where the inventory has none, as in Ansible: this machine, without SSH. It is in no group, and `all` does not mean it. */
export function thisMachine(folder: string): Host {
  const source = { file: 'localhost', line: 1, column: 1 };
  return { name: 'localhost', source, folder, groups: [], layers: [valueLayer('localhost', { ansible_connection: 'local' })] };
}

/** The hosts of an inventory by name, and `localhost`. */
export function hostsAndThisMachine({ hosts }: Inventory, folder: string): ReadonlyMap<string, Host> {
  return hosts.has('localhost') ? hosts : new Map([...hosts, ['localhost', thisMachine(folder)]]);
}

/** Whether a pattern that matches no such host of the inventory means this machine: it has to name it. */
export function namesThisMachine(pattern: string, { hosts }: Inventory): boolean {
  return !hosts.has('localhost') && /(^|[,:])\s*localhost\s*($|[,:])/.test(pattern);
}
