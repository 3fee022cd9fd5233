import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../../values/secret.ts';
import { isMapping, type Value } from '../../values/vars.ts';
import * as yaml from '../../values/yaml-library.ts';

/** A mapping of settings; `null` removes a key. */
export interface Settings {
  readonly [key: string]: Value;
}

/** A file of YAML 1.1 with a mapping at its top: as text, and what it means to PyYAML, which is what Synapse reads it with. */
export interface YamlFile {
  readonly text: string;
  readonly data: { readonly [key: string]: unknown };
}

const byteOrderMark = '\ufeff';

/** The text is no YAML 1.1 with a mapping at its top, or cannot be edited. The message says where and why. */
export class YamlError extends Error {}

/** @throws YamlError for a wrong syntax, a key that stands twice in one mapping, or anything but a mapping at the top. */
export function readYaml(text: string): YamlFile {
  const { document } = parse(text);
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    throw new YamlError(error instanceof Error ? error.message : String(error));
  }
  if (!isPlainMapping(data)) throw new YamlError(data === null ? 'it is empty' : 'there is no mapping (`key: value`) at its top');
  return { text, data };
}

/**
 * Brings `settings` into the text, key by key: a mapping is merged into a mapping, everything else replaces what is there, `null` removes the key, and
 * with the last key of a mapping the mapping.
 * What is not named keeps every byte: comments, order, quotes, blank lines, what an editor of Windows leaves. Where nothing differs the text comes back as it is.
 * @param replaced names mappings, as `a.b`, that are replaced whole instead of merged.
 * @throws YamlError when the text cannot be read, or cannot be edited so that it means what was asked for.
 */
export function mergeYaml(text: string, settings: Settings, replaced: ReadonlySet<string> = new Set()): string {
  if (text.startsWith(byteOrderMark)) return byteOrderMark + mergeYaml(text.slice(1), settings, replaced);
  if (/\r\n/.test(text) && !/(?<!\r)\n/.test(text)) return mergeYaml(text.replaceAll('\r\n', '\n'), settings, replaced).replaceAll('\n', '\r\n');
  const before = readYaml(text);
  const wanted = mergedData(before.data, settings, replaced);
  if (isDeepStrictEqual(wanted, before.data)) return text;
  const { document, map } = parse(text);
  const edits = map ? editsOf({ text, document, replaced }, map, settings, '') : [];
  // From the end, so that offsets stay right; of two at one place the inner stands first.
  const result = edits
    .toReversed()
    .sort((a, b) => b.from - a.from)
    .reduce((so, { from, to, by }) => so.slice(0, from) + by + so.slice(to), text);
  if (!isDeepStrictEqual(readYaml(result).data, wanted))
    throw new YamlError('it is written in a way that cannot be edited safely (anchors, tags or keys in unusual form)');
  return result;
}

/** What a mapping means once `settings` are in it. */
export function mergedData(
  data: { readonly [key: string]: unknown },
  settings: Settings,
  replaced: ReadonlySet<string> = new Set(),
  prefix = '',
): { readonly [key: string]: unknown } {
  const merged: { [key: string]: unknown } = { ...data };
  for (const [key, value] of Object.entries(settings)) {
    const is = data[key];
    const isMerged = isMapping(value) && isPlainMapping(is) && !replaced.has(prefix + key);
    const wanted = isMerged ? mergedData(is, value, replaced, `${prefix}${key}.`) : plainData(value);
    if (value === null || leavesNothing(value, wanted)) delete merged[key];
    else merged[key] = wanted;
  }
  return merged;
}

/** Whether all that `value` says of a mapping is what to take out of it, and nothing else is in what comes of it. */
export function leavesNothing(value: Value, wanted: unknown): boolean {
  return isMapping(value) && takesOutOnly(value) && holdsNothing(wanted);
}

function holdsNothing(wanted: unknown): boolean {
  return isPlainMapping(wanted) && Object.values(wanted).every(holdsNothing);
}

function takesOutOnly(value: Settings): boolean {
  const parts = Object.values(value);
  return parts.length > 0 && parts.every((part) => part === null || (isMapping(part) && takesOutOnly(part)));
}

/** A value as YAML holds it: secrets revealed, keys whose value is null left out. */
export function plainData(value: Value): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map((item: Value) => (item === null ? null : plainData(item)));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, plainData(item)]])));
}

export function isPlainMapping(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** A value in a message: a mapping is not shown. */
export function shown(value: unknown): string {
  return isPlainMapping(value) ? 'a mapping' : (JSON.stringify(value) ?? 'nothing');
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

interface Edited {
  readonly text: string;
  readonly document: yaml.Document.Parsed;
  readonly replaced: ReadonlySet<string>;
}

function parse(text: string): { readonly document: yaml.Document.Parsed; readonly map: yaml.YAMLMap.Parsed | undefined } {
  const document = yaml.parseDocument(text, { version: '1.1', prettyErrors: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw new YamlError(error.code === 'DUPLICATE_KEY' ? duplicateKey(text, error) : (error.message.split('\n')[0] ?? '').replace(/:$/, ''));
  const { contents } = document;
  return { document, map: yaml.isMap(contents) ? contents : undefined };
}

function duplicateKey(text: string, error: yaml.YAMLError): string {
  const key = /^[^\s:#]+/.exec(text.slice(error.pos[0]))?.[0] ?? 'a key';
  return `the key ${key} stands there twice, the second time on line ${error.linePos?.[0].line ?? '?'}: of the two Synapse would silently take the last one`;
}

function editsOf(edited: Edited, map: yaml.YAMLMap.Parsed, settings: Settings, prefix: string): readonly Edit[] {
  const edits: Edit[] = [];
  const added: string[] = [];
  const indent = columnOf(edited.text, map);
  for (const [key, value] of Object.entries(settings)) {
    const pair = map.items.find((item) => yaml.isScalar(item.key) && keyText(item.key) === key);
    if (pair) edits.push(...editPair(edited, pair, key, value, prefix));
    else if (value !== null && !leavesNothing(value, plainData(value))) added.push(indented(written(key, plainData(value)), indent));
  }
  const last = map.items.at(-1);
  if (added.length > 0 && last) edits.push(addition(edited, prefix === '' ? edited.text.length : endOfLine(edited.text, endOf(last)), added));
  return edits;
}

function editPair(
  edited: Edited,
  pair: yaml.Pair<yaml.ParsedNode, yaml.ParsedNode | null>,
  key: string,
  value: Value,
  prefix: string,
): readonly Edit[] {
  const { text, document, replaced } = edited;
  const from = pair.key.range[0];
  const is: unknown = pair.value?.toJS(document);
  const mergesInto =
    isMapping(value) && isPlainMapping(is) && !replaced.has(prefix + key) ? mergedData(is, value, replaced, `${prefix}${key}.`) : undefined;
  if (value === null || leavesNothing(value, mergesInto ?? plainData(value))) {
    return [{ from: startOfLine(text, from), to: endOfLine(text, endOf(pair)) + 1, by: '' }];
  }
  if (isDeepStrictEqual(mergesInto ?? plainData(value), is)) return [];
  if (mergesInto && isMapping(value) && yaml.isMap(pair.value) && !pair.value.flow && Object.keys(mergesInto).length > 0) {
    return editsOf(edited, pair.value, value, `${prefix}${key}.`);
  }
  const to = endOf(pair);
  const isBeforeComment = text[to] === '#';
  const by = indented(written(key, mergesInto ?? plainData(value)), from - startOfLine(text, from)).trimStart();
  return [{ from, to, by: isBeforeComment ? `${by} ` : by }];
}

function addition({ text }: Edited, at: number, added: readonly string[]): Edit {
  const lines = added.join('\n');
  if (at < text.length) return { from: at, to: at, by: `\n${lines}` };
  return { from: at, to: at, by: `${text.endsWith('\n') ? '' : '\n'}${lines}\n` };
}

/** One pair in block style, without a newline at its end. Text stands in double quotes, in which nothing means another thing to PyYAML. */
function written(key: string, value: unknown): string {
  const document = new yaml.Document({ [key]: value }, { version: '1.1', aliasDuplicateObjects: false });
  yaml.visit(document, {
    Scalar(role, scalar) {
      if (typeof scalar.value === 'string' && (role !== 'key' || !isPlain(scalar.value))) scalar.type = 'QUOTE_DOUBLE';
      // Without a tag the package writes it bare whatever its type: to it that is no text but the sign for merging.
      if (scalar.value === '<<') scalar.tag = 'tag:yaml.org,2002:str';
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd().replaceAll('!!str "<<"', '"<<"');
}

function isPlain(key: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key) && yaml.parse(key, { version: '1.1', logLevel: 'silent' }) === key;
}

function indented(text: string, columns: number): string {
  const indent = ' '.repeat(columns);
  return text
    .split('\n')
    .map((line) => indent + line)
    .join('\n');
}

function columnOf(text: string, map: yaml.YAMLMap.Parsed): number {
  const first = map.items[0]?.key.range[0] ?? 0;
  return first - startOfLine(text, first);
}

/** The key's own characters: YAML 1.1 would take `on`, and the package even `e2`, for something else than text. */
function keyText(key: yaml.Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

/** Where a pair ends: behind its last character that is neither blank nor comment. */
function endOf({ key, value }: yaml.Pair<yaml.ParsedNode, yaml.ParsedNode | null>): number {
  if (value === null) return key.range[1];
  if (yaml.isMap(value) && !value.flow) {
    const last = value.items.at(-1);
    if (last) return endOf(last);
  }
  if (yaml.isSeq(value) && !value.flow) return endOfSequence(value);
  if (yaml.isScalar(value) && (value.type === 'BLOCK_LITERAL' || value.type === 'BLOCK_FOLDED')) return value.range[1] - 1;
  return value.range[1];
}

function endOfSequence(sequence: yaml.YAMLSeq.Parsed): number {
  const last = sequence.items.at(-1);
  if (yaml.isMap(last) && !last.flow) {
    const pair = last.items.at(-1);
    if (pair) return endOf(pair);
  }
  if (yaml.isSeq(last) && !last.flow) return endOfSequence(last);
  return last?.range?.[1] ?? sequence.range[1];
}

function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

function endOfLine(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at;
}

/** A whole file in block style, written so that PyYAML reads it as what it is. */
export function writeYaml(data: { readonly [key: string]: unknown }): string {
  return Object.entries(data)
    .map(([key, value]) => `${written(key, value)}\n`)
    .join('');
}
