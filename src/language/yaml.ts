import type { Problem, Source } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';
import * as yaml from '../values/yaml-library.ts';
import type { Entry, MappingNode, Node, ScalarNode } from './node.ts';
import { nestedTooDeep, strayCharacter, tooDeep, unquotedBraces, yamlAdvice } from './yaml-errors.ts';
import { fileOffset } from './yaml-position.ts';

/** A file read: its content as nodes (absent when it is empty or wrong), and everything wrong with it. */
export interface YamlFile {
  readonly node: Node | undefined;
  readonly problems: readonly Problem[];
}

/** More values than this, after every alias is followed, are an alias bomb; a real inventory has a few thousand. */
const maxNodes = 200_000;

const unsafeTag = '!unsafe';
const vaultTag = '!vault';
const coreTags = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`));

/**
 * Reads YAML 1.2 with the core schema, merge keys (`<<`) and the tag `!unsafe`. Pure.
 * @param text the file's content. @param file its name, for positions.
 * @returns all problems at once: syntax, tabs, duplicate keys, unknown tags and aliases, alias bombs.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new yaml.LineCounter();
  const deep = tooDeep(text);
  if (deep !== undefined) return { node: undefined, problems: [{ ...nestedTooDeep, source: placeIn(text, deep, file) }] };
  const document = yaml.parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    customTags: (tags) => [...tags, ...passedThrough(unsafeTag), ...passedThrough(vaultTag)],
  });
  const place = (offset: number): Source => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const stray = strayCharacter(text);
  // From where a value has ended too early, the parser knows nothing of what follows.
  const [first] = document.errors;
  const errors = first && /at node end/.test(first.message) ? [first] : document.errors;
  const problems = errors.map((error): Problem => {
    const { message, hint, offset } = yamlAdvice(error.code, error.message, error.pos[0], text);
    return { message, hint, source: place(offset) };
  });
  if (stray !== undefined)
    problems.push({ message: 'a control character stands here', hint: 'Delete it; in double quotes write \\n, \\t or \\x1b.', source: place(stray) });
  if (problems.length > 0) return { node: undefined, problems: oneALine(problems) };
  const reader = new Reader(text, place);
  const node = document.contents === null ? undefined : reader.read(document.contents);
  const isEmpty = node?.kind === 'scalar' && node.value === null;
  return { node: reader.problems.length > 0 || isEmpty ? undefined : node, problems: reader.problems };
}

/** Writes a value as YAML 1.2, in block style, with a newline at the end; `indent` spaces a level. Secrets are revealed. */
export function stringifyYaml(value: Value, indent = 2): string {
  return yaml.stringify(value, (_key, item: unknown) => (item instanceof Secret ? item.reveal() : item), {
    indent,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

function placeIn(text: string, offset: number, file: string): Source {
  const before = text.slice(0, offset).split('\n');
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Tags that the parser shall accept and leave alone, on any kind of value. */
function passedThrough(tag: string): yaml.Tags {
  const resolve = <T>(value: T): T => value;
  return [
    { tag, resolve },
    { tag, collection: 'map', resolve },
    { tag, collection: 'seq', resolve },
  ];
}

/** The first problem of each line: the others are its consequences. */
function oneALine(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<number | undefined>();
  return problems.filter(({ source }) => !seen.has(source?.line) && seen.add(source?.line));
}

/** Turns the parser's tree into ours; a class because it walks with state: problems, anchors, what it is inside of. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #place: (offset: number) => Source;
  readonly #done = new Map<yaml.Node, { readonly node: Node; readonly size: number }>();
  readonly #anchors = new Map<string, yaml.Node>();
  readonly #inside = new Set<yaml.Node>();
  #size = 0;

  constructor(text: string, place: (offset: number) => Source) {
    this.#text = text;
    this.#place = place;
  }

  read(node: yaml.Node, unsafe = false): Node {
    const before = this.#size;
    this.#size += 1;
    const source = this.#source(node);
    if (yaml.isAlias(node)) return this.#alias(node, source);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    this.#checkTag(node);
    const isUnsafe = unsafe || node.tag === unsafeTag;
    this.#inside.add(node);
    const result = yaml.isMap(node)
      ? this.#mapping(node, source, isUnsafe)
      : yaml.isSeq(node)
        ? this.#list(node, source, isUnsafe)
        : this.#scalar(node, source, isUnsafe);
    this.#inside.delete(node);
    this.#done.set(node, { node: result, size: this.#size - before });
    return result;
  }

  #source(node: yaml.Node): Source {
    return this.#place(node.range?.[0] ?? 0);
  }

  #problem(message: string, source: Source, hint?: string): void {
    this.problems.push({ message, source, ...(hint !== undefined && { hint }) });
  }

  #checkTag(node: yaml.Node): void {
    const { tag } = node;
    if (tag === undefined || tag === unsafeTag || coreTags.has(tag)) return;
    const source = this.#place(Math.max(0, this.#text.lastIndexOf(tag.replace('tag:yaml.org,2002:', '!!'), node.range?.[0])));
    if (tag === vaultTag)
      return this.#problem(
        'Ansible Vault (!vault) is not read',
        source,
        'Put the value into the secrets file (homerun secret set NAME) and write "{{ secret \'NAME\' }}" here.',
      );
    this.#problem(
      `unknown tag ${tag.replace('tag:yaml.org,2002:', '!!')}`,
      source,
      'Put quotes around text that begins with an exclamation mark; the only tag of our own is !unsafe.',
    );
  }

  #alias(alias: yaml.Alias, source: Source): Node {
    const target = this.#anchors.get(alias.source);
    if (!target) {
      this.#problem(
        `no value has the anchor &${alias.source}`,
        source,
        `Put quotes around text that begins with *, or write &${alias.source} before the value that is meant, further up.`,
      );
    } else if (this.#inside.has(target)) {
      this.#problem(`*${alias.source} stands inside the value that it names`, source, 'A value cannot contain itself: write the part out.');
    }
    const done = target && this.#done.get(target);
    if (!done) return empty(source);
    this.#size += done.size;
    if (this.#size <= maxNodes) return done.node;
    if (this.#size - done.size <= maxNodes)
      this.#problem(
        `following the aliases gives more than ${maxNodes} values`,
        source,
        'This is how a small file is made to fill the memory; write the values out.',
      );
    return empty(source);
  }

  #list(list: yaml.YAMLSeq, source: Source, unsafe: boolean): Node {
    return { kind: 'list', items: list.items.map((item) => this.#child(item, source, unsafe)), source };
  }

  #child(item: unknown, source: Source, unsafe: boolean): Node {
    return yaml.isNode(item) ? this.read(item, unsafe) : empty(source);
  }

  #mapping(mapping: yaml.YAMLMap, source: Source, unsafe: boolean): MappingNode {
    const own = new Map<string, Entry>();
    const merged: MappingNode[] = [];
    for (const pair of mapping.items) {
      const keyNode = this.#key(pair.key, source, unsafe);
      if (!keyNode) continue;
      const value = this.#child(pair.value, keyNode.source, unsafe);
      if (keyNode.plain && keyNode.text === '<<') merged.push(...this.#mergeSources(value));
      else this.#addEntry(own, { key: keyNode.text, keyNode, value });
    }
    for (const entry of merged.flatMap((node) => node.entries)) if (!own.has(entry.key)) own.set(entry.key, entry);
    return { kind: 'mapping', entries: [...own.values()], source };
  }

  #addEntry(entries: Map<string, Entry>, entry: Entry): void {
    const first = entries.get(entry.key);
    if (first)
      this.#problem(
        `the key "${entry.key}" stands here for the second time`,
        entry.keyNode.source,
        `It is already on line ${first.keyNode.source.line}: delete one of them.`,
      );
    else entries.set(entry.key, entry);
  }

  #key(key: unknown, source: Source, unsafe: boolean): ScalarNode | undefined {
    const node = yaml.isNode(key) ? this.read(key, unsafe) : undefined;
    if (node?.kind === 'scalar') return node;
    const offset = yaml.isNode(key) ? (key.range?.[0] ?? 0) : 0;
    // `{{ name }}` without quotes is a mapping whose key is the mapping `{ name }`.
    const isBraces = /^\{\s*\{/.test(this.#text.slice(Math.max(0, offset - 1), offset + 2));
    const advice = isBraces ? unquotedBraces : { message: 'a key must be text, not a list or a mapping', hint: 'Put quotes around the key.' };
    this.#problem(advice.message, node?.source ?? source, advice.hint);
    return undefined;
  }

  #mergeSources(value: Node): readonly MappingNode[] {
    if (value.kind === 'mapping') return [value];
    if (value.kind === 'list') return value.items.flatMap((item) => this.#mergeSources(item));
    this.#problem('<< merges mappings, and this is none', value.source, 'Write <<: *name with the anchor of a mapping.');
    return [];
  }

  #scalar(scalar: yaml.Scalar, source: Source, unsafe: boolean): ScalarNode {
    const plain = scalar.type === 'PLAIN' || scalar.type === undefined;
    const written = scalar.source ?? '';
    const value = scalarValue(scalar.value, written, plain && scalar.tag === undefined);
    const text = typeof value === 'string' ? value : written;
    const [start, end] = scalar.range ?? [0, 0, 0];
    const header = this.#contentStart(scalar, start);
    return {
      kind: 'scalar',
      value,
      text,
      plain,
      unsafe,
      source,
      locate: (offset) => this.#place(fileOffset({ file: this.#text, start: header, end, text }, offset)),
    };
  }

  /** Where the scalar itself begins, behind its tag and anchor. */
  #contentStart(scalar: yaml.Scalar, start: number): number {
    return scalar.type === 'BLOCK_LITERAL' || scalar.type === 'BLOCK_FOLDED' ? start + Math.max(0, this.#text.slice(start).search(/[|>]/)) : start;
  }
}

function empty(source: Source): ScalarNode {
  return { kind: 'scalar', value: null, text: '', plain: true, unsafe: false, source, locate: () => source };
}

/** A number whose digits would be lost (a leading zero, more than 15 places) stays the text that was written. */
function scalarValue(value: unknown, written: string, isUntagged: boolean): ScalarNode['value'] {
  if (typeof value === 'number' && isUntagged) {
    const isWhole = /^[-+]?\d+$/.test(written);
    if (!Number.isFinite(value) || (isWhole && (/^[-+]?0\d/.test(written) || !Number.isSafeInteger(value)))) return written;
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  return typeof value === 'bigint' ? String(value) : written;
}
