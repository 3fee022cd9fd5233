import type { Source } from '../values/errors.ts';
import { layerOf } from './layer.ts';
import { didYouMean } from './nearest.ts';
import { describeNode, type Entry, type MappingNode, type Node } from './node.ts';
import type { Problems } from './problems.ts';
import { mappingOf, type Reader } from './reader.ts';
import type { Layer } from './variables.ts';

/** A group as files describe it; several files may. */
export interface RawGroup {
  readonly name: string;
  readonly source: Source;
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  /** Its `vars`, in the order of the files. */
  readonly layers: Layer[];
}

export interface RawHost {
  readonly name: string;
  readonly source: Source;
  readonly folder: string;
  /** The variables on its line, in the order of the files. */
  readonly layers: Layer[];
}

/** All that the files of an inventory say, before it is put in order. */
export interface RawInventory {
  readonly groups: Map<string, RawGroup>;
  readonly hosts: Map<string, RawHost>;
  /** Groups that a task has put right below `all`, though they are below others as well. */
  readonly belowAll?: Set<string>;
}

const groupWords = ['hosts', 'vars', 'children'];

/** Adds what a file of Ansible's YAML form says: groups at the top, each with `hosts`, `vars`, `children`. */
export function readInventoryFile(node: Node, folder: string, raw: RawInventory, reader: Reader): void {
  const { problems } = reader;
  const top = mappingOf(node, 'an inventory', problems, 'Begin with a group: all: {hosts: {h1: {ssh_host: 192.0.2.1}}}.');
  const file = new FileReader(raw, folder, reader);
  for (const entry of top?.entries ?? []) file.group(entry, undefined);
}

/** Reads one file; a class for what all its steps share. */
class FileReader {
  readonly #raw: RawInventory;
  readonly #folder: string;
  readonly #reader: Reader;
  /** Variables of each host as this file gives them, to see contradictions. */
  readonly #given = new Map<string, Entry>();

  constructor(raw: RawInventory, folder: string, reader: Reader) {
    this.#raw = raw;
    this.#folder = folder;
    this.#reader = reader;
  }

  get #problems(): Problems {
    return this.#reader.problems;
  }

  group({ key, keyNode, value }: Entry, parent: RawGroup | undefined): void {
    const { source } = keyNode;
    if (!/^[\w.-]+$/.test(key))
      return this.#problems.error(`"${key}" cannot be the name of a group`, source, 'Letters, digits, _ . and - are allowed.');
    if (parent && key === 'all') return this.#problems.error('"all" cannot be below another group', source, 'It holds every host by itself.');
    const mapping = mappingOf(value, `the group "${key}"`, this.#problems, 'A group has hosts, vars and children.');
    const group = this.#raw.groups.get(key) ?? { name: key, source, hosts: new Set(), children: new Set(), layers: [] };
    this.#raw.groups.set(key, group);
    if (parent && parent.name !== 'all') parent.children.add(key);
    for (const entry of mapping?.entries ?? []) this.#groupWord(group, entry, parent === undefined);
  }

  #groupWord(group: RawGroup, entry: Entry, isTop: boolean): void {
    const { key, keyNode, value } = entry;
    if (key === 'hosts') this.#hosts(group, value);
    else if (key === 'vars') this.#vars(group, value);
    else if (key === 'children') {
      const children = mappingOf(value, `children of "${group.name}"`, this.#problems, 'Write each group as a key: web: {hosts: …}.');
      for (const child of children?.entries ?? []) this.group(child, group);
    } else {
      const hint =
        isTop && group.name !== 'all'
          ? `At the top of an inventory stand groups. If "${group.name}" is a host, write it below all: hosts:.`
          : `Write it below "vars:" if it is a variable, below "hosts:" if it is a host, below "children:" if it is a group.`;
      this.#problems.error(`a group has hosts, vars and children, not "${key}"`, keyNode.source, didYouMean(key, groupWords) ?? hint);
    }
  }

  #vars(group: RawGroup, value: Node): void {
    const mapping = mappingOf(value, `vars of "${group.name}"`, this.#problems);
    if (mapping) group.layers.push(layerOf(`${mapping.source.file} (group ${group.name})`, mapping, this.#reader));
  }

  #hosts(group: RawGroup, value: Node): void {
    const hint = 'Write each host as a key with a colon: h1:.';
    const mapping =
      value.kind === 'scalar' && typeof value.value === 'string' ? undefined : mappingOf(value, `hosts of "${group.name}"`, this.#problems, hint);
    if (value.kind === 'scalar' && typeof value.value === 'string')
      this.#problems.error(`hosts of "${group.name}" wants a mapping, got ${describeNode(value)}`, value.source, hint);
    for (const entry of mapping?.entries ?? []) {
      const names = this.#expanded(entry);
      const vars = mappingOf(entry.value, `the host "${entry.key}"`, this.#problems, 'Write its variables below it: ssh_host: 192.0.2.1.');
      for (const name of names) this.#host(group, name, entry, vars);
    }
  }

  #host(group: RawGroup, name: string, { keyNode }: Entry, vars: MappingNode | undefined): void {
    group.hosts.add(name);
    const host = this.#raw.hosts.get(name) ?? { name, source: keyNode.source, folder: this.#folder, layers: [] };
    this.#raw.hosts.set(name, host);
    if (!vars || vars.entries.length === 0) return;
    for (const entry of vars.entries) this.#noteGiven(name, entry);
    host.layers.push(layerOf(`${vars.source.file} (host ${name})`, vars, this.#reader));
  }

  #noteGiven(host: string, entry: Entry): void {
    const key = `${host} ${entry.key}`;
    const before = this.#given.get(key);
    if (before && !isSame(before.value, entry.value)) {
      const first = before.keyNode.source;
      this.#problems.error(
        `"${entry.key}" of the host "${host}" is given twice with different values`,
        entry.keyNode.source,
        `The other is on line ${first.line}: keep one of them, or move it to host_vars/${host}.yaml.`,
      );
    }
    this.#given.set(key, entry);
  }

  /** The names that a key stands for: `web[01:03]` is three hosts, as in Ansible. */
  #expanded({ key, keyNode }: Entry): readonly string[] {
    const names = expandRange(key);
    if (names && names.every((name) => /^[\w.:%-]+$/.test(name) && !name.startsWith('-'))) return names;
    this.#problems.error(
      `"${key}" cannot be the name of a host`,
      keyNode.source,
      names ? 'Letters, digits, _ . : and - are allowed; the address goes into ssh_host.' : 'A range is written [1:20], [01:20] or [a:f].',
    );
    return [];
  }
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

/** A range may not give more hosts than this: it is a slip of the finger then. */
const maxRange = 10_000;

/** `web[01:03].example.org` → three names; a name without a range → itself; undefined for a wrong range. */
export function expandRange(pattern: string): readonly string[] | undefined {
  const match = /^(.*?)\[([^\]]*)\](.*)$/.exec(pattern);
  if (!match) return /[[\]]/.test(pattern) ? undefined : [pattern];
  const [, before = '', range = '', after = ''] = match;
  const [from = '', to = '', step = '1'] = range.split(':');
  const middles =
    /^\d+$/.test(from) && /^\d+$/.test(to)
      ? numbers(from, to, Number(step))
      : /^[a-zA-Z]$/.test(from) && /^[a-zA-Z]$/.test(to)
        ? letters(from, to, Number(step))
        : undefined;
  const rest = expandRange(after);
  if (middles && rest && middles.length * rest.length > maxRange) return undefined;
  return middles && rest && middles.flatMap((middle) => rest.map((end) => `${before}${middle}${end}`));
}

function numbers(from: string, to: string, step: number): readonly string[] | undefined {
  const count = Math.floor((Number(to) - Number(from)) / step) + 1;
  if (!(count > 0 && count <= maxRange)) return undefined;
  const width = from.startsWith('0') ? from.length : 0;
  return Array.from({ length: count }, (_, index) => String(Number(from) + index * step).padStart(width, '0'));
}

function letters(from: string, to: string, step: number): readonly string[] | undefined {
  return numbers(String(from.charCodeAt(0)), String(to.charCodeAt(0)), step)?.map((code) => String.fromCharCode(Number(code)));
}
