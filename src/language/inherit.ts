import { layerOf } from './layer.ts';
import { child, describeNode, type MappingNode, type Node } from './node.ts';
import type { Inherited } from './play.ts';
import type { Reader } from './reader.ts';
import { mappingOf } from './reader.ts';
import { compileValue, converted, toBecomeMethod, toBoolean, toNumber, toText } from './value.ts';

/** What nothing hands down. */
export const nothingInherited: Inherited = { when: [], tags: [], environment: [], vars: [] };

/** Longer than a day no task is waited for. */
const maxSeconds = 86_400;

/**
 * The words that a play, block or task hands down, on top of those that come from outside: conditions, tags, variables and environment
 * add up, of the others the inner one counts.
 */
export function inheritFrom(outer: Inherited, mapping: MappingNode, reader: Reader): Inherited {
  const { templates, conditions, problems } = reader;
  const word = (name: string) => child(mapping, name);
  const flag = (name: string) => optional(word(name), (node) => converted(compileValue(node, templates, problems), toBoolean(name)));
  const text = (name: string) => optional(word(name), (node) => converted(compileValue(node, templates, problems), toText(name)));
  const number = (name: string, most: number) =>
    optional(word(name), (node) => converted(compileValue(node, templates, problems), toNumber(name, 0, most)));
  const vars = word('vars');
  const varsMapping = vars && mappingOf(vars, 'vars', problems);
  const when = word('when');
  const environment = word('environment');
  const own = {
    become: flag('become'),
    becomeUser: text('become_user'),
    becomeMethod: optional(word('become_method'), (node) => converted(compileValue(node, templates, problems), toBecomeMethod('become_method'))),
    noLog: flag('no_log'),
    ignoreErrors: flag('ignore_errors'),
    ignoreUnreachable: flag('ignore_unreachable'),
    checkMode: flag('check_mode'),
    diff: flag('diff'),
    delegateTo: text('delegate_to'),
    runOnce: flag('run_once'),
    timeout: number('timeout', maxSeconds),
    throttle: number('throttle', 1_000_000),
  };
  return {
    ...outer,
    ...definedOf(own),
    when: [...outer.when, ...(when ? conditions.compile(when, 'when', problems) : [])],
    tags: [...new Set([...outer.tags, ...tagsOf(word('tags'), reader)])],
    environment: [...outer.environment, ...(environment ? [compileValue(environment, templates, problems)] : [])],
    vars: [
      ...outer.vars,
      ...(varsMapping && varsMapping.entries.length > 0
        ? [layerOf(`vars, ${varsMapping.source.file}:${varsMapping.source.line}`, varsMapping, reader)]
        : []),
    ],
  };
}

function optional<T>(node: Node | undefined, read: (node: Node) => T): T | undefined {
  return node && read(node);
}

/** Without the keys whose value is undefined. */
export function definedOf<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Object.entries loses the connection of key and type, which the filter does not change.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** `tags: a, b` or a list. */
function tagsOf(node: Node | undefined, { problems }: Reader): readonly string[] {
  if (!node) return [];
  return textsOf(node, 'tags', problems)
    .flatMap(({ text }) => text.split(',').map((tag) => tag.trim()))
    .filter(Boolean);
}

/** The scalars of a list, or a scalar alone, as written. */
export function textsOf(
  node: Node,
  what: string,
  problems: Reader['problems'],
  hint?: string,
): readonly { readonly text: string; readonly node: Node }[] {
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) => {
    if (item.kind === 'scalar' && item.value !== null && typeof item.value !== 'boolean') return [{ text: item.text, node: item }];
    problems.error(`${what} wants text, or a list of texts, got ${describeNode(item)}`, item.source, hint);
    return [];
  });
}
