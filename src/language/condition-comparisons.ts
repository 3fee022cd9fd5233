import type { Source } from '../values/errors.ts';
import { isMapping, type Value } from '../values/vars.ts';
import type { ASTNode } from './condition.ts';
import { type Expression, type Scope, UnknownValue } from './expression.ts';
import type { Problems } from './problems.ts';

/** `x.y == "5"`, `x != 5`: a variable, or an entry of it, beside a number or the text of one. */
export interface Comparison {
  /** The variable, then the keys. */
  readonly path: readonly string[];
  /** A number, or its text. */
  readonly literal: number | string;
  readonly source: () => Source;
  /** The comparison with another literal, as it is written there. */
  readonly written: (literal: string) => string;
}

/** The text of a number. */
export const numeric = /^-?\d+(\.\d+)?$/;

/** The comparisons in a condition. @param locate the place of an offset in its text. */
export function comparisonsIn(node: ASTNode, locate: (offset: number) => Source): readonly Comparison[] {
  const inner = childrenOf(node.args).flatMap((child) => comparisonsIn(child, locate));
  if (node.op !== '==' && node.op !== '!=') return inner;
  const [left, right] = node.args;
  const path = pathOf(left) ?? pathOf(right);
  const literal = literalOf(right) ?? literalOf(left);
  if (!path || literal === undefined) return inner;
  const written = (other: string) => `${path.join('.')} ${node.op} ${other}`;
  return [...inner, { path, literal, source: () => locate(node.range.start), written }];
}

/**
 * Warns of comparisons of a number with a text, which are never equal, as far as the values are known: of what will be registered only `rc`,
 * which is always a number.
 */
export function warnOfMixed({ comparisons = [] }: Pick<Expression, 'comparisons'>, scope: Scope, found: Problems): void {
  for (const { path, literal, source, written } of comparisons) {
    const kind = kindAt(path, scope);
    if (kind === undefined || kind === typeof literal) continue;
    const name = path.join('.');
    const isText = typeof literal === 'string';
    found.warning(
      `${name} is ${isText ? 'a number' : 'text'} and is compared with ${isText ? `the text "${literal}"` : `the number ${literal}`}: they are never equal`,
      source(),
      `Write ${written(isText ? literal : `"${literal}"`)}.`,
    );
  }
}

/** What a value is, of those that could be mixed up. */
function kindAt(path: readonly string[], scope: Scope): 'number' | 'string' | undefined {
  const [name = '', ...keys] = path;
  try {
    const value = keys.reduce<Value | undefined>((mapping, key) => (isMapping(mapping) ? mapping[key] : undefined), scope.get(name));
    if (typeof value === 'number') return 'number';
    return typeof value === 'string' && numeric.test(value) ? 'string' : undefined;
  } catch (error) {
    return error instanceof UnknownValue && error.variable === name && keys.length === 1 && keys[0] === 'rc' ? 'number' : undefined;
  }
}

function pathOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return undefined;
  const [object, field] = node.args;
  const path = pathOf(object);
  return path && [...path, field];
}

function literalOf({ op, args }: ASTNode): number | string | undefined {
  if (op !== 'value') return undefined;
  if (typeof args === 'string') return numeric.test(args) ? args : undefined;
  return typeof args === 'bigint' || typeof args === 'number' ? Number(args) : undefined;
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}
