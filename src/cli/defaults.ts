import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { textOfFile } from '../language/files.ts';
import { didYouMean } from '../language/nearest.ts';
import { describeNode, type Node } from '../language/node.ts';
import { asBoolean } from '../language/value.ts';
import { parseYaml } from '../language/yaml.ts';
import { InputError, type Problem } from '../values/errors.ts';
import type { Io } from './io.ts';
import { collect, collectWords, defaultInventory } from './options.ts';

/** The file beside the inventory that holds defaults of options. */
const fileName = 'homerun.yaml';

/** Options that can have a default there, by the name of the option with `_` for `-`. What makes a run another one each time is not among them. */
const allowed = [
  'forks',
  'user',
  'private_key',
  'output',
  'diff',
  'color',
  'tags',
  'skip_tags',
  'save',
  'html',
  'junit',
  'prefetch',
  'quiet',
  'lock_timeout',
];

/** Options that take several values. */
const collecting: readonly unknown[] = [collect, collectWords];

/**
 * Gives the options of `command` that were not typed the values of `homerun.yaml` beside each inventory; of two, the later inventory's counts. Call it
 * before the options are read.
 * @throws InputError with the place of an unknown key, a wrong value.
 */
export function applyDefaults(command: Command, io: Io): void {
  const typed: unknown = command.getOptionValue('inventory') ?? defaultInventory;
  const inventories = Array.isArray(typed) ? typed.map(String) : [String(typed)];
  const problems: Problem[] = [];
  for (const file of new Set(inventories.map((path) => fileBeside(resolve(io.workingFolder, path))))) {
    if (existsSync(file)) problems.push(...applyFile(file, command, io));
  }
  if (problems.length > 0) throw new InputError(problems);
}

function fileBeside(inventory: string): string {
  const isFolder = existsSync(inventory) && statSync(inventory).isDirectory();
  return join(isFolder ? inventory : dirname(inventory), fileName);
}

function applyFile(file: string, command: Command, io: Io): readonly Problem[] {
  const shown = relative(io.workingFolder, file).startsWith('..') ? file : relative(io.workingFolder, file);
  const { node, problems } = parseYaml(textOfFile(file, shown), shown);
  if (problems.length > 0 || node === undefined) return problems;
  if (node.kind !== 'mapping') return [{ message: `expected options (forks: 10), got ${describeNode(node)}`, source: node.source }];
  return node.entries.flatMap(({ key, keyNode, value }): readonly Problem[] => {
    if (!allowed.includes(key)) {
      const hint = didYouMean(key, allowed) ?? `There are: ${allowed.join(', ')}.`;
      return [{ message: `${fileName} has no "${key}"`, source: keyNode.source, hint }];
    }
    const option = command.options.find((one) => one.name() === key.replaceAll('_', '-') || one.long === `--no-${key}`);
    // A default of `run` is none of `facts`.
    return option ? applyOne(option, value, command) : [];
  });
}

function applyOne(option: Option, node: Node, command: Command): readonly Problem[] {
  const name = option.attributeName();
  if (command.getOptionValueSource(name) === 'cli') return [];
  try {
    command.setOptionValueWithSource(name, valueOf(option, node), 'config');
    return [];
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return [{ message: `${option.name().replaceAll('-', '_')}: ${error.message}`, source: node.source }];
  }
}

/** The option's value as if it had been typed. @throws InvalidArgumentError */
function valueOf(option: Option, node: Node): unknown {
  const takesValue = option.required || option.optional;
  if (!takesValue) {
    const value = node.kind === 'scalar' ? asBoolean(node.value) : undefined;
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`expected true or false, got ${describeNode(node)}`);
  }
  const nodes = node.kind === 'list' ? node.items : [node];
  const texts = nodes.map((one) => {
    if (one.kind === 'scalar' && one.value !== null) return one.text;
    throw new InvalidArgumentError(`expected text, got ${describeNode(one)}`);
  });
  const isList = collecting.includes(option.parseArg);
  if (texts.length !== 1 && !isList) throw new InvalidArgumentError(`expected one value, got ${texts.length}`);
  const parse = option.parseArg;
  return parse ? texts.reduce<unknown>((previous, text) => parse(text, previous), undefined) : texts[0];
}
