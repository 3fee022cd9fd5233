import type { Source } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';

/** A user's YAML file as data with positions; what aliases and merge keys stand for is already put in their place. */
export type Node = ScalarNode | ListNode | MappingNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  /** By the core schema of YAML 1.2, except that digits with a leading zero (`0644`) stay text. */
  readonly value: null | boolean | number | string;
  /** The value as written: `1.10`, `yes`; for quoted and block scalars the text they stand for. */
  readonly text: string;
  /** Written without quotes, on one line or more. */
  readonly plain: boolean;
  /** Marked `!unsafe`: `{{` in it is text. */
  readonly unsafe: boolean;
  readonly source: Source;
  /** The place in the file of the character at `offset` of `text`. */
  readonly locate: (offset: number) => Source;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly source: Source;
}

export interface MappingNode {
  readonly kind: 'mapping';
  readonly entries: readonly Entry[];
  readonly source: Source;
}

export interface Entry {
  readonly key: string;
  readonly keyNode: ScalarNode;
  readonly value: Node;
}

/** The value of `key`, if the mapping has it. */
export function child(mapping: MappingNode, key: string): Node | undefined {
  return mapping.entries.find((entry) => entry.key === key)?.value;
}

/** What a node is, for `expected …, got …`. */
export function describeNode(node: Node): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'mapping') return 'a mapping';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return `text ("${shortened(node.value)}")`;
  return typeof node.value === 'number' ? `a number (${node.text})` : `${node.value}`;
}

/** A node as text without its positions, to tell whether two say the same. */
export function plainOf(node: Node | undefined): string {
  if (!node) return '';
  if (node.kind === 'scalar') return JSON.stringify([node.value, node.text]);
  if (node.kind === 'list') return `[${node.items.map(plainOf).join()}]`;
  return `{${node.entries.map(({ key, value }) => `${JSON.stringify(key)}:${plainOf(value)}`).join()}}`;
}

/** `text` on one line of at most `length` characters, for messages. */
export function shortened(text: string, length = 40): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat.length > length ? `${flat.slice(0, length - 1)}…` : flat;
}

/** The place of the node at `path` below `node`, or of the deepest one on the way there; with `ofKey` that of its key. */
export function placeAt(node: Node, path: readonly PropertyKey[], ofKey = false): Source {
  const parent = ofKey ? nodeAt(node, path.slice(0, -1)) : undefined;
  const entry = parent?.kind === 'mapping' ? parent.entries.find(({ key }) => key === path.at(-1)) : undefined;
  return entry?.keyNode.source ?? nodeAt(node, path).source;
}

/** The node at `path` below `node`, or the deepest one on the way there. */
function nodeAt(node: Node, path: readonly PropertyKey[]): Node {
  const [first, ...rest] = path;
  if (first === undefined) return node;
  const next = node.kind === 'mapping' ? child(node, String(first)) : node.kind === 'list' ? node.items[Number(first)] : undefined;
  return next ? nodeAt(next, rest) : node;
}

/** What a node says, without its positions; no template in it is looked at. */
export function plainValue(node: Node): Value {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainValue);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
}
