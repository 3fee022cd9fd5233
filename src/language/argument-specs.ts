import { join } from 'node:path';
import { InputError, type Source } from '../values/errors.ts';
import { conform, type OptionSpec, onMachineRules, type SpecType, specTypes } from './argument-types.ts';
import type { Expression } from './expression.ts';
import { child, describeNode, type MappingNode, type Node } from './node.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf, type Reader, readYaml } from './reader.ts';
import { asBoolean, compileValue } from './value.ts';
import type { Binding, Layer } from './variables.ts';
import { refuseStrange } from './words.ts';

/** What a play's variables may be: a file in the form of Ansible's argument specs of a role, or a folder of such. */
export interface ArgumentSpecs {
  readonly file: string;
  /** A variable that begins with it must be declared. */
  readonly prefix?: string;
  readonly options: ReadonlyMap<string, OptionSpec>;
  /** The `default` of each; the lowest layer. */
  readonly defaults: Layer;
}

const optionWords = [
  'type',
  'elements',
  'options',
  'choices',
  'required',
  'default',
  'description',
  'guide',
  'secret',
  'pattern',
  'unique',
  'on_machine',
  'version_added',
];
const topWords = ['prefix', 'options', 'description', 'short_description', 'author'];

/** Reads the file that `argument_specs: FILE` names, relative to the playbook, or all YAML files of a folder. */
export function readSpecs(node: Node | undefined, reader: PlaybookReader): ArgumentSpecs | undefined {
  const { problems } = reader;
  if (!node) return undefined;
  const before = problems.errors.length;
  const specs = readNamed(node, reader);
  if (problems.errors.length > before) problems.lose();
  return specs;
}

function readNamed(node: Node, reader: PlaybookReader): ArgumentSpecs | undefined {
  const { files, problems } = reader;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    problems.error(`argument_specs wants the name of a file or folder, got ${describeNode(node)}`, node.source);
    return undefined;
  }
  const path = files.resolve(node.value, reader.folders[0]);
  if (reader.specs.has(path)) return reader.specs.get(path);
  const kind = files.kind(path);
  if (kind === undefined) {
    problems.error(`there is no file ${files.shown(path)}`, node.source, 'argument_specs is looked for beside the playbook.');
    return undefined;
  }
  const specs = kind === 'folder' ? readFolder(path, node, reader) : readFile(path, reader);
  reader.specs.set(path, specs);
  return specs;
}

function readFile(path: string, reader: PlaybookReader): ArgumentSpecs | undefined {
  const top = readYaml(reader, path);
  const mapping = top && mappingOf(top, 'a file of argument specs', reader.problems);
  return mapping && specsOf(unwrapped(mapping), reader.files.shown(path), reader);
}

/** What the files of a folder declare, taken together. A variable is declared once. */
function readFolder(folder: string, node: Node, reader: PlaybookReader): ArgumentSpecs | undefined {
  const { files, problems } = reader;
  const names = files.list(folder).filter((name) => /^[^.].*\.ya?ml$/.test(name));
  if (names.length === 0) problems.error(`no file in ${files.shown(folder)} ends with .yaml`, node.source);
  const parts = names.flatMap((name) => readFile(join(folder, name), reader) ?? []);
  const declaredIn = new Map<string, string>();
  for (const { file, options } of parts) {
    for (const name of options.keys()) {
      const other = declaredIn.get(name);
      if (other !== undefined) problems.error(`the variable ${name} is declared in ${other} and in ${file}`, node.source, 'Take one of them out.');
      declaredIn.set(name, file);
    }
  }
  const file = files.shown(folder);
  const bindings = new Map(parts.flatMap(({ defaults }) => [...defaults.bindings]));
  const [prefix, another] = new Set(parts.flatMap((part) => part.prefix ?? []));
  if (another !== undefined) problems.error(`files of ${file} have the prefixes ${prefix} and ${another}`, node.source, 'Write one, in one of them.');
  return {
    file,
    options: new Map(parts.flatMap(({ options }) => [...options])),
    defaults: { name: `${file} (default)`, bindings },
    ...(prefix !== undefined && { prefix }),
  };
}

/** `argument_specs: {main: {options: …}}`, as Ansible has it, or what stands in it alone. */
function unwrapped(mapping: MappingNode): MappingNode {
  const specs = child(mapping, 'argument_specs');
  const main = specs?.kind === 'mapping' ? child(specs, 'main') : undefined;
  return main?.kind === 'mapping' ? main : mapping;
}

/** Reads the specs that stand in `mapping`. */
export function specsOf(mapping: MappingNode, file: string, reader: Reader): ArgumentSpecs {
  const { problems } = reader;
  refuseStrange(mapping.entries, topWords, 'argument specs', problems);
  const prefix = child(mapping, 'prefix');
  const options = child(mapping, 'options');
  const listed = options && mappingOf(options, 'options', problems);
  if (!listed) problems.error('argument specs want options', mapping.source, 'Write options: {name: {type: str}}.');
  const bindings = new Map<string, Binding>();
  const specs = optionsOf(listed, reader, (name, value, source, spec) => {
    bindings.set(name, conforming({ expression: compileValue(value, reader.templates, problems), source }, spec, name));
  });
  return { file, options: specs, defaults: { name: `${file} (default)`, bindings }, ...(prefix?.kind === 'scalar' && { prefix: prefix.text }) };
}

function optionsOf(
  mapping: MappingNode | undefined,
  reader: Reader,
  onDefault: (name: string, value: Node, source: Source, spec: OptionSpec) => void,
): ReadonlyMap<string, OptionSpec> {
  const specs = new Map<string, OptionSpec>();
  for (const { key, keyNode, value } of mapping?.entries ?? []) {
    const option = mappingOf(value, `the option "${key}"`, reader.problems);
    if (!option) continue;
    refuseStrange(option.entries, optionWords, 'an option', reader.problems);
    const spec = optionOf(option, reader);
    specs.set(key, spec);
    const given = child(option, 'default');
    if (given && !(given.kind === 'scalar' && given.value === null)) onDefault(key, given, keyNode.source, spec);
  }
  return specs;
}

function optionOf(option: MappingNode, reader: Reader): OptionSpec {
  const { problems } = reader;
  const text = (word: string): string | undefined => {
    const node = child(option, word);
    if (node?.kind === 'list') return node.items.map((item) => (item.kind === 'scalar' ? item.text : '')).join(' ');
    return node?.kind === 'scalar' && node.value !== null ? node.text : undefined;
  };
  const flag = (word: string): boolean => {
    const node = child(option, word);
    const value = node?.kind === 'scalar' ? asBoolean(node.value) : undefined;
    if (node && value === undefined) problems.error(`${word} wants true or false, got ${describeNode(node)}`, node.source);
    return value ?? false;
  };
  const inner = child(option, 'options');
  const choices = child(option, 'choices');
  const elements = typeOf(child(option, 'elements'), reader);
  const pattern = patternOf(child(option, 'pattern'), reader);
  const description = text('description');
  const guide = text('guide');
  const unique = text('unique');
  const onMachine = onMachineOf(child(option, 'on_machine'), reader);
  return {
    type: typeOf(child(option, 'type'), reader) ?? 'str',
    required: flag('required'),
    secret: flag('secret'),
    hasDefault: child(option, 'default') !== undefined,
    ...(elements && { elements }),
    ...(inner && { options: optionsOf(mappingOf(inner, 'options', problems), reader, () => undefined) }),
    ...(choices?.kind === 'list' && { choices: choices.items.flatMap((item) => (item.kind === 'scalar' ? [item.value] : [])) }),
    ...(description !== undefined && { description }),
    ...(guide !== undefined && { guide }),
    ...(pattern && { pattern }),
    ...(unique !== undefined && { unique }),
    ...(onMachine && { onMachine }),
  };
}

function onMachineOf(node: Node | undefined, { problems }: Reader): OptionSpec['onMachine'] {
  if (!node) return undefined;
  const rule = node.kind === 'scalar' ? onMachineRules.find((name) => name === node.text) : undefined;
  if (!rule) problems.error(`on_machine is one of ${onMachineRules.join(', ')}, got ${describeNode(node)}`, node.source);
  return rule;
}

function typeOf(node: Node | undefined, { problems }: Reader): SpecType | undefined {
  if (!node) return undefined;
  const type = node.kind === 'scalar' ? specTypes.find((name) => name === node.text) : undefined;
  if (!type) problems.error(`a type is one of ${specTypes.join(', ')}, got ${describeNode(node)}`, node.source);
  return type;
}

function patternOf(node: Node | undefined, { problems }: Reader): RegExp | undefined {
  if (node?.kind !== 'scalar') return undefined;
  return problems.collect(() => {
    try {
      return new RegExp(`^(?:${node.text})$`, 'u');
    } catch (error) {
      throw InputError.of(`this pattern is no regular expression: ${error instanceof Error ? error.message : String(error)}`, node.source);
    }
  });
}

/** A binding whose value is checked, and brought into its declared form, whenever it is evaluated. */
export function conforming(binding: Binding, spec: OptionSpec, name: string): Binding {
  if (!('expression' in binding)) return binding;
  const { expression } = binding;
  return { ...binding, expression: { ...expression, evaluate: (scope) => conformed(expression, expression.evaluate(scope), spec, name) } };
}

function conformed(expression: Expression, value: ReturnType<Expression['evaluate']>, spec: OptionSpec, name: string) {
  // Nothing (`name:`) is as if it were not set; whether it must be is checked with the host.
  if (value === null) return value;
  const result = conform(value, spec, name, expression.written);
  if ('value' in result) return result.value;
  throw new InputError(
    result.problems.map(({ path, message, hint }) => ({ message, source: expression.sourceAt(path), ...(hint !== undefined && { hint }) })),
  );
}

/** The layer with every declared variable checked and in its declared form. */
export function conformingLayer(layer: Layer, declared: ReadonlyMap<string, OptionSpec>): Layer {
  if (![...layer.bindings.keys()].some((name) => declared.has(name))) return layer;
  const bindings = [...layer.bindings].map(([name, binding]): [string, Binding] => {
    const spec = declared.get(name);
    return [name, spec ? conforming(binding, spec, name) : binding];
  });
  return { ...layer, bindings: new Map(bindings) };
}
