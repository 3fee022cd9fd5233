import type { Source } from '../values/errors.ts';
import { checkGroupName, type HostNames } from './inventory-names.ts';
import { layerOf } from './layer.ts';
import { describeNode, type Entry, type MappingNode, type Node, type ScalarNode } from './node.ts';
import type { Reader } from './reader.ts';
import type { Layer } from './variables.ts';

/** A group as files describe it; several files may. */
export interface RawGroup {
  readonly name: string;
  readonly source: Source;
  /** Those named in the group itself, in the order of the files. */
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  /** Its `vars`, in the order of the files. */
  readonly layers: Layer[];
  /** `ansible_group_priority`: of groups equally deep the higher one counts. Default 1. */
  priority: number;
}

export interface RawHost {
  readonly name: string;
  readonly source: Source;
  /** The file that names it first, absolute; empty for one of the command line. */
  readonly file: string;
  /** The folder of that file. */
  readonly folder: string;
  /** The variables on its line, in the order of the files. */
  readonly layers: Layer[];
}

/** All that the files of an inventory say, before it is put in order. */
export interface RawInventory {
  readonly groups: Map<string, RawGroup>;
  readonly hosts: Map<string, RawHost>;
}

const priorityName = 'ansible_group_priority';

/** Takes in what one file says, whatever form it has: the same checks for all. */
export class InventoryBuilder {
  readonly #raw: RawInventory;
  readonly #place: Pick<RawHost, 'file' | 'folder'>;
  readonly #reader: Reader;
  /** Variables of each host as this file gives them, to see contradictions. */
  readonly #given = new Map<string, Entry>();

  /** @param place the file's path and its folder, absolute. */
  constructor(raw: RawInventory, place: Pick<RawHost, 'file' | 'folder'>, reader: Reader) {
    this.#raw = raw;
    this.#place = place;
    this.#reader = reader;
  }

  /** Whether a file before this one, or this one so far, has the group. */
  knows(group: string): boolean {
    return group === 'all' || group === 'ungrouped' || this.#raw.groups.has(group);
  }

  /** The group of this name, which is made if there is none; undefined for a name that cannot be. */
  group(name: string, source: Source): RawGroup | undefined {
    if (!checkGroupName(name, source, this.#reader.problems)) return undefined;
    const group = this.#raw.groups.get(name) ?? { name, source, hosts: new Set(), children: new Set(), layers: [], priority: 1 };
    this.#raw.groups.set(name, group);
    return group;
  }

  /** Puts the group `name` below `parent`. */
  child(parent: RawGroup, name: string, source: Source): RawGroup | undefined {
    if (name === 'all') {
      this.#reader.problems.error('"all" cannot be below another group', source, 'It holds every host by itself.');
      return undefined;
    }
    const group = this.group(name, source);
    if (group) parent.children.add(name);
    return group;
  }

  /** Adds hosts to a group, each with the variables that its entry gives. */
  hosts(group: RawGroup, { names, port }: HostNames, source: Source, vars: MappingNode | undefined): void {
    for (const name of names) {
      group.hosts.add(name);
      const known = this.#raw.hosts.get(name);
      const host = known ?? { name, source, ...this.#place, layers: [] };
      this.#raw.hosts.set(name, host);
      if (known && port !== undefined)
        this.#reader.problems.warning(
          `the port ${port} of "${name}" is passed over, as in Ansible: the host was named before`,
          source,
          `Write it where the host is named first, or as a variable: ansible_port=${port}.`,
        );
      const entries = [...(known || port === undefined ? [] : [portEntry(port, source)]), ...(vars?.entries ?? [])];
      if (entries.length === 0) continue;
      for (const entry of vars?.entries ?? []) this.#noteGiven(name, entry);
      host.layers.push(layerOf(`${source.file} (host ${name})`, { kind: 'mapping', entries, source: vars?.source ?? source }, this.#reader));
    }
  }

  /** Adds variables to a group; its priority is none, but says how much they weigh. */
  vars(group: RawGroup, mapping: MappingNode): void {
    const entries = mapping.entries.filter(({ key }) => key !== priorityName);
    const priority = mapping.entries.findLast(({ key }) => key === priorityName);
    if (priority) group.priority = this.#priority(priority.value) ?? group.priority;
    if (entries.length > 0) group.layers.push(layerOf(`${mapping.source.file} (group ${group.name})`, { ...mapping, entries }, this.#reader));
  }

  #priority(node: Node): number | undefined {
    const text = node.kind === 'scalar' ? node.text : '';
    if (/^-?\d{1,9}$/.test(text)) return Number(text);
    this.#reader.problems.error(`${priorityName} wants a whole number, got ${describeNode(node)}`, node.source);
    return undefined;
  }

  #noteGiven(host: string, entry: Entry): void {
    const key = `${host} ${entry.key}`;
    const before = this.#given.get(key);
    if (before && !isSame(before.value, entry.value)) {
      const first = before.keyNode.source;
      this.#reader.problems.error(
        `"${entry.key}" of the host "${host}" is given twice with different values`,
        entry.keyNode.source,
        `The other is on line ${first.line}: keep one of them, or move it to host_vars/${host}.yaml.`,
      );
    }
    this.#given.set(key, entry);
  }
}

/** A value of an inventory that is no YAML. @param at the place of the character at an offset of `text`. */
export function scalarNode(value: ScalarNode['value'], text: string, at: (offset: number) => Source, plain = false): ScalarNode {
  return { kind: 'scalar', value, text, plain, unsafe: false, source: at(0), locate: at };
}

function portEntry(port: number, source: Source): Entry {
  const node = (value: string | number) => scalarNode(value, String(value), () => source);
  return { key: 'ansible_port', keyNode: node('ansible_port'), value: node(port) };
}

function isSame(a: Node, b: Node): boolean {
  if (a.kind === 'scalar' && b.kind === 'scalar') return a.value === b.value;
  if (a.kind === 'list' && b.kind === 'list')
    return a.items.length === b.items.length && a.items.every((item, index) => isSameOrMissing(item, b.items[index]));
  if (a.kind !== 'mapping' || b.kind !== 'mapping') return false;
  return (
    a.entries.length === b.entries.length &&
    a.entries.every(({ key, value }) => isSameOrMissing(value, b.entries.find((other) => other.key === key)?.value))
  );
}

function isSameOrMissing(a: Node, b: Node | undefined): boolean {
  return b !== undefined && isSame(a, b);
}
