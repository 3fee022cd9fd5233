import type { Inventory } from '../language/inventory.ts';
import { oneLine } from '../report/sanitize.ts';

/** Groups as a tree in the form of `ansible-inventory --graph`, with those hosts of each that are among `names`. */
export function graph(inventory: Inventory, names: ReadonlySet<string>): string {
  const groups = [...inventory.groups.values()];
  const below = new Set(groups.flatMap((group) => group.children));
  const ungrouped = [...inventory.hosts.values()].filter((host) => host.groups.length === 0).map((host) => host.name);
  const lines = ['@all:'];
  const branch = (depth: number, text: string) => lines.push(`${'  |'.repeat(depth)}--${oneLine(text)}`);
  const addHosts = (hosts: readonly string[], depth: number) => {
    for (const host of hosts) if (names.has(host)) branch(depth, host);
  };
  const addGroup = (name: string, depth: number) => {
    const group = inventory.groups.get(name);
    if (!group) return;
    branch(depth, `@${name}:`);
    for (const child of group.children) addGroup(child, depth + 1);
    addHosts(directHosts(inventory, name), depth + 1);
  };
  branch(1, '@ungrouped:');
  addHosts(ungrouped, 2);
  for (const group of groups) if (!below.has(group.name)) addGroup(group.name, 1);
  return `${lines.join('\n')}\n`;
}

/** Hosts of a group that are in none of its children. */
function directHosts(inventory: Inventory, name: string): readonly string[] {
  const group = inventory.groups.get(name);
  const inChildren = new Set((group?.children ?? []).flatMap((child) => inventory.groups.get(child)?.hosts ?? []));
  return (group?.hosts ?? []).filter((host) => !inChildren.has(host));
}
