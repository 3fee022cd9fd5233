import type { Inventory } from '../language/inventory.ts';
import { oneLine } from '../report/sanitize.ts';

/**
 * Groups as a tree in the form of `ansible-inventory --graph`, with those hosts of each that are among `names`.
 * @param from the group to begin with.
 */
export function graph(inventory: Inventory, names: ReadonlySet<string>, from = 'all'): string {
  const lines: string[] = [];
  const branch = (depth: number, text: string) => lines.push(depth === 0 ? text : `${'  |'.repeat(depth)}--${oneLine(text)}`);
  const addGroup = (name: string, depth: number) => {
    const group = inventory.groups.get(name);
    branch(depth, `@${name}:`);
    for (const child of group?.children ?? (name === 'all' ? ['ungrouped', ...inventory.top] : [])) addGroup(child, depth + 1);
    for (const host of name === 'ungrouped' ? ungrouped(inventory) : (group?.own ?? [])) if (names.has(host)) branch(depth + 1, host);
  };
  addGroup(from, 0);
  return `${lines.join('\n')}\n`;
}

/** The hosts that are in no group. */
export function ungrouped(inventory: Inventory): readonly string[] {
  return inventory.order.filter((name) => inventory.hosts.get(name)?.groups.length === 0);
}
