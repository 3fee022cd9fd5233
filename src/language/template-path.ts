import { InputError, type Source } from '../values/errors.ts';
import { isMapping, type Value } from '../values/vars.ts';
import { describe } from './describe.ts';
import { omit, type Scope } from './expression.ts';
import { didYouMean } from './nearest.ts';
import { blockName, type Frame } from './template-frame.ts';
import type { Path } from './template-tree.ts';
import { undefinedVariable } from './undefined.ts';

/** Where the names of a template lead. */
export interface Names {
  readonly scope: Scope;
  /** The place in the user's file of an offset of the template's text. */
  readonly at: (offset: number) => Source;
}

/** A name that has no value; kept as data, as `default` and `defined` may live with it. */
export class Missing {
  readonly error: () => InputError;

  constructor(error: () => InputError) {
    this.error = error;
  }
}

/** What `path` leads to from inside of `frame`. */
export function follow(path: Path, frame: Frame, names: Names): Value | Missing {
  const [first, ...rest] = path.parts;
  if (path.isData) return dataOf(path, first ?? '', rest, frame, names);
  if (!path.isScoped && path.depth === 0 && first !== undefined) {
    const named = blockName(frame, first);
    if (named !== undefined) return steps(named, rest, first, path, names);
  }
  let within = frame;
  for (let depth = path.depth; depth > 0; depth -= 1) {
    if (!within.parent) return missing(path, names, `"${path.text}" climbs out of the template`, 'Take away one "../".');
    within = within.parent;
  }
  if (!within.parent) return variable(path, path.parts, names);
  if (within.context === undefined) return missing(path, names, '"this" has no value here');
  return steps(within.context, path.parts, 'this', path, names);
}

function dataOf(path: Path, name: string, rest: readonly string[], frame: Frame, names: Names): Value | Missing {
  if (name === 'root') return variable(path, rest, names);
  let within: Frame | undefined = frame;
  for (let depth = path.depth; depth > 0; depth -= 1) within = within?.parent;
  for (; within; within = within.parent) {
    const value = within.data[name];
    if (value !== undefined) return steps(value, rest, `@${name}`, path, names);
  }
  return missing(path, names, `"${path.text}" has a value only inside {{#each}}`, 'There are @index, @key, @first, @last and @root.');
}

function variable(path: Path, parts: readonly string[], names: Names): Value | Missing {
  const [name, ...rest] = parts;
  if (name === undefined) return missing(path, names, '"this" has a value only inside {{#each}} and {{#with}}', 'Write the name of a variable.');
  const value = names.scope.get(name);
  if (value === undefined) return new Missing(() => undefinedVariable(name, names.scope, names.at(path.offset)));
  return steps(value, rest, name, path, names);
}

function steps(value: Value, parts: readonly string[], name: string, path: Path, names: Names): Value | Missing {
  let reached: Value | Missing = value;
  let walked = name;
  for (const part of parts) {
    reached = step(reached, part, `"${walked}"`, path, names);
    if (reached instanceof Missing) return reached;
    walked += `.${part}`;
  }
  return reached;
}

/** The entry `key` of a value. @param name what the value is called in a message. @param place where it is asked for. */
export function step(value: Value, key: string, name: string, place: { readonly offset: number }, names: Names): Value | Missing {
  if (Array.isArray(value)) {
    const items: readonly Value[] = value;
    if (key === 'length') return items.length;
    const found = /^\d+$/.test(key) ? items[Number(key)] : undefined;
    return found === undefined ? missing(place, names, `${name} is a list of ${items.length} and has no item ${key}`, 'The first item is 0.') : found;
  }
  if (isMapping(value) && value !== omit) {
    const found = Object.hasOwn(value, key) ? value[key] : undefined;
    return found === undefined ? missing(place, names, `${name} has no key "${key}"`, keyHint(key, value, names.scope)) : found;
  }
  if (typeof value === 'string' && key === 'length') return value.length;
  return missing(place, names, `${name} is ${describe(value)} and has no key "${key}"`);
}

function keyHint(key: string, value: { readonly [key: string]: Value }, scope: Scope): string {
  const keys = Object.keys(value);
  const near = didYouMean(key, keys);
  if (near) return near;
  if (scope.names().includes(key)) return `Inside {{#each}} and {{#with}} a variable of the outside is written @root.${key}.`;
  return keys.length === 0 ? 'It is empty.' : `It has: ${keys.slice(0, 12).join(', ')}${keys.length > 12 ? ', …' : ''}.`;
}

function missing({ offset }: { readonly offset: number }, names: Names, message: string, hint?: string): Missing {
  return new Missing(() => InputError.of(message, names.at(offset), hint));
}
