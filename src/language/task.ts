import { InputError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';
import { describe } from './describe.ts';
import type { Expression } from './expression.ts';
import { definedOf, inheritFrom, textsOf } from './inherit.ts';
import { checkVariableName } from './layer.ts';
import { findModule, paramsOf } from './module-call.ts';
import { moduleDefaultsOf } from './module-defaults.ts';
import { child, describeNode, type MappingNode, type Node, shortened } from './node.ts';
import type { Inherited, LoopControl, Task } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import { mappingOf } from './reader.ts';
import { compileValue, converted, toNumber, toText } from './value.ts';
import type { Place } from './words.ts';

/** Reads a task or handler; undefined when it calls no module (the problem is then noted). */
export function readTask(mapping: MappingNode, place: Place, outer: Inherited, around: PlaybookReader): Task | undefined {
  const reader = moduleDefaultsOf(mapping, around);
  const { templates, conditions, problems } = reader;
  const call = findModule(mapping, place, reader);
  if (!call) {
    for (const word of ['register', 'name', 'listen']) {
      const node = child(mapping, word);
      if (node) for (const { text } of textsOf(node, word, problems)) problems.loseName(text);
    }
    return undefined;
  }
  const word = (name: string) => child(mapping, name);
  const compiled = (node: Node) => compileValue(node, templates, problems);
  const conditionList = (name: string) => {
    const node = word(name);
    return node && conditions.compile(node, name, problems);
  };
  const number = (name: string, least: number, most: number) => {
    const node = word(name);
    return node && converted(compiled(node), toNumber(name, least, most));
  };
  const loop = loopOf(mapping, reader);
  const optional = definedOf({
    loop,
    register: registerOf(word('register'), reader),
    failedWhen: conditionList('failed_when'),
    changedWhen: conditionList('changed_when'),
    until: conditionList('until'),
    retries: number('retries', 0, 1_000_000),
    delay: number('delay', 0, 86_400),
  });
  const notify = word('notify');
  return {
    kind: 'task',
    ...inheritFrom(outer, mapping, reader),
    ...optional,
    id: reader.uniqueId(mapping.source),
    source: mapping.source,
    name: nameOf(word('name'), call.module, mapping, reader),
    module: call.module,
    ...paramsOf(call, word('args'), mapping, reader),
    loopControl: loopControlOf(word('loop_control'), reader),
    notify: notify ? textsOf(notify, 'notify', problems).map(({ node }) => converted(compiled(node), toText('notify'))) : [],
    folders: reader.folders,
  };
}

/** A name for the screen: what cannot be rendered is shown as it is written. */
export function nameOf(node: Node | undefined, module: string, mapping: MappingNode, { templates, problems }: PlaybookReader): Expression<string> {
  if (!node) return { source: mapping.source, variables: new Set(), evaluate: () => module, sourceAt: () => mapping.source };
  if (node.kind !== 'scalar') problems.error(`name wants text, got ${describeNode(node)}`, node.source);
  const written = node.kind === 'scalar' ? node.text : module;
  const expression = compileValue(node, templates, problems);
  return {
    source: node.source,
    variables: expression.variables,
    required: new Map(),
    sourceAt: () => node.source,
    evaluate(scope) {
      try {
        const value = expression.evaluate(scope);
        return typeof value === 'string' ? value : value instanceof Secret ? String(value) : written;
      } catch {
        return written;
      }
    },
  };
}

function registerOf(node: Node | undefined, { problems }: PlaybookReader): string | undefined {
  if (!node) return undefined;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    problems.error(`register wants the name of a variable, got ${describeNode(node)}`, node.source);
    return undefined;
  }
  return checkVariableName(node.value, node.source, problems) ? node.value : undefined;
}

/** The `loop` of a task or include: a list. */
export function loopOf(mapping: MappingNode, { templates, problems }: PlaybookReader): Expression | undefined {
  const node = child(mapping, 'loop');
  if (!node) return undefined;
  const expression = compileValue(node, templates, problems);
  return { ...expression, evaluate: (scope) => checkedLoop(expression.evaluate(scope), node) };
}

function checkedLoop(value: Value, node: Node): Value {
  if (Array.isArray(value)) return value;
  const isText = typeof value === 'string';
  const got = isText ? `the text "${shortened(value)}"` : describe(value);
  throw InputError.of(
    `loop wants a list, got ${got}`,
    node.source,
    isText
      ? `Write [${shortened(value)}], one item a line after "- ", or {{ name }} of a variable that holds a list.`
      : 'Write one item a line, each after "- ", or {{ name }} of a variable that holds a list.',
  );
}

const loopWords = ['loop_var', 'index_var', 'label'];

export function loopControlOf(node: Node | undefined, { templates, problems }: PlaybookReader): LoopControl {
  const mapping = node && mappingOf(node, 'loop_control', problems);
  if (!mapping) return { loopVar: 'item' };
  for (const { key, keyNode } of mapping.entries) {
    if (!loopWords.includes(key)) problems.error(`"${key}" is no word of loop_control`, keyNode.source, `Words: ${loopWords.join(', ')}.`);
  }
  const variable = (name: string): string | undefined => {
    const value = child(mapping, name);
    if (!value) return undefined;
    if (value.kind === 'scalar' && typeof value.value === 'string' && checkVariableName(value.value, value.source, problems)) return value.value;
    if (value.kind !== 'scalar') problems.error(`${name} wants the name of a variable, got ${describeNode(value)}`, value.source);
    return undefined;
  };
  const label = child(mapping, 'label');
  const indexVar = variable('index_var');
  return {
    loopVar: variable('loop_var') ?? 'item',
    ...(indexVar !== undefined && { indexVar }),
    ...(label && { label: compileValue(label, templates, problems) }),
  };
}
