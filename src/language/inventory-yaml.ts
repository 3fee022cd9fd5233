import { hostNames } from './inventory-names.ts';
import type { InventoryBuilder, RawGroup } from './inventory-raw.ts';
import { didYouMean } from './nearest.ts';
import { child, describeNode, type Entry, type Node } from './node.ts';
import type { Problems } from './problems.ts';
import { mappingOf } from './reader.ts';

const groupWords = ['hosts', 'vars', 'children'];

/** Takes in a file of Ansible's YAML form: groups at the top, each with `hosts`, `vars`, `children`. */
export function readYamlInventory(node: Node, builder: InventoryBuilder, problems: Problems): void {
  const top = mappingOf(node, 'an inventory', problems, 'Begin with a group: all: {hosts: {h1: {ssh_host: 192.0.2.1}}}.');
  const plugin = top && child(top, 'plugin');
  if (plugin?.kind === 'scalar') {
    return problems.error(
      `this configures an inventory plugin of Ansible (${plugin.text}), which there is none of`,
      plugin.source,
      'Write a program that prints what "ansible-inventory --list" prints, make it executable, and name it with -i.',
    );
  }
  const reader = new YamlInventory(builder, problems);
  for (const entry of top?.entries ?? []) reader.group(entry, undefined);
}

/** A class for what all its steps share. */
class YamlInventory {
  readonly #builder: InventoryBuilder;
  readonly #problems: Problems;

  constructor(builder: InventoryBuilder, problems: Problems) {
    this.#builder = builder;
    this.#problems = problems;
  }

  group({ key, keyNode: { source }, value }: Entry, parent: RawGroup | undefined): void {
    const group = parent ? this.#builder.child(parent, key, source) : this.#builder.group(key, source);
    if (!group) return;
    const mapping = mappingOf(value, `the group "${key}"`, this.#problems, 'A group has hosts, vars and children.');
    for (const entry of mapping?.entries ?? []) this.#groupWord(group, entry, parent === undefined);
  }

  #groupWord(group: RawGroup, entry: Entry, isTop: boolean): void {
    const { key, keyNode, value } = entry;
    if (key === 'hosts') this.#hosts(group, value);
    else if (key === 'vars') {
      const mapping = mappingOf(value, `vars of "${group.name}"`, this.#problems);
      if (mapping) this.#builder.vars(group, mapping);
    } else if (key === 'children') {
      const children = mappingOf(value, `children of "${group.name}"`, this.#problems, 'Write each group as a key: web: {hosts: …}.');
      for (const one of children?.entries ?? []) this.group(one, group);
    } else {
      const hint =
        isTop && group.name !== 'all'
          ? `At the top of an inventory stand groups. If "${group.name}" is a host, write it below all: hosts:.`
          : `Write it below "vars:" if it is a variable, below "hosts:" if it is a host, below "children:" if it is a group.`;
      this.#problems.error(`a group has hosts, vars and children, not "${key}"`, keyNode.source, didYouMean(key, groupWords) ?? hint);
    }
  }

  #hosts(group: RawGroup, value: Node): void {
    const hint = 'Write each host as a key with a colon: h1:.';
    if (value.kind === 'scalar' && typeof value.value === 'string')
      return this.#problems.error(`hosts of "${group.name}" wants a mapping, got ${describeNode(value)}`, value.source, hint);
    for (const entry of mappingOf(value, `hosts of "${group.name}"`, this.#problems, hint)?.entries ?? []) {
      const { source } = entry.keyNode;
      const names = hostNames(entry.key, source, this.#problems);
      const vars = mappingOf(entry.value, `the host "${entry.key}"`, this.#problems, 'Write its variables below it: ssh_host: 192.0.2.1.');
      if (names) this.#builder.hosts(group, names, source, vars);
    }
  }
}
