import { type BecomeMethod, becomeMethodHint, becomeMethodOf } from '../values/become-method.ts';
import { InputError, type Source } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';
import { asBoolean } from './coerce.ts';
import { describe, describeShown } from './describe.ts';
import { type Expression, omit, type Scope, UnknownValue } from './expression.ts';
import { noteJinja } from './jinja.ts';
import { type ListNode, type MappingNode, type Node, placeAt, type ScalarNode, shortened } from './node.ts';
import type { Problems } from './problems.ts';
import { isTemplate, type Templates } from './template.ts';

export { asBoolean };

const none: ReadonlySet<string> = new Set();

/** An expression for a value of a user's file. Mistakes in its templates go to `problems`; evaluating it then throws UnknownValue. */
export function compileValue(node: Node, templates: Templates, problems: Problems): Expression {
  if (node.kind === 'scalar') return compileScalar(node, templates, problems);
  return node.kind === 'list' ? compileList(node, templates, problems) : compileMapping(node, templates, problems);
}

/** An expression that always has this value. */
export function constant(node: Node, value: Value): Expression {
  const written = node.kind === 'scalar' && node.plain ? node.text : undefined;
  return {
    source: node.source,
    variables: none,
    required: new Map(),
    evaluate: () => value,
    sourceAt: (path, ofKey) => placeAt(node, path, ofKey),
    ...(written !== undefined && { written }),
  };
}

/** What all of `parts` require together. */
export function allRequired(parts: readonly Pick<Expression<unknown>, 'required'>[]): ReadonlyMap<string, () => Source> {
  return new Map(parts.flatMap((part) => [...(part.required ?? [])]).reverse());
}

/** Whether evaluating gives the same for every host. */
function isConstant(expression: Expression<unknown>): boolean {
  return expression.variables.size === 0;
}

/** The same expression, its value checked and converted by `convert`, which is given the value and throws InputError. */
export function converted<T>(expression: Expression, convert: (value: Value, expression: Expression) => T): Expression<T> {
  const { entries: _, written: __, ...rest } = expression;
  return { ...rest, evaluate: (scope) => convert(expression.evaluate(scope), expression) };
}

function compileScalar(node: ScalarNode, templates: Templates, problems: Problems): Expression {
  if (node.unsafe || typeof node.value !== 'string') return constant(node, node.value);
  noteJinja(node.text, node.locate, problems, 'mark the value !unsafe if it shall be text');
  if (!isTemplate(node.value)) return constant(node, node.value);
  const text = node.value;
  const template = problems.collect(() => templates.compile(text, node.locate));
  // What is wrong has been noted; whatever reads the value cannot be judged.
  if (!template)
    return {
      ...constant(node, null),
      variables: new Set([shortened(text)]),
      evaluate: () => {
        throw new UnknownValue(shortened(text));
      },
    };
  return {
    source: node.source,
    variables: template.variables,
    required: template.required,
    ...(template.comparisons.length > 0 && { comparisons: template.comparisons }),
    evaluate: template.evaluate,
    sourceAt: () => node.source,
  };
}

function compileList(node: ListNode, templates: Templates, problems: Problems): Expression {
  const items = node.items.map((item) => compileValue(item, templates, problems));
  return whole(node, items, (scope) => items.map((item) => item.evaluate(scope)).filter((value) => value !== omit));
}

function compileMapping(node: MappingNode, templates: Templates, problems: Problems): Expression {
  const entries = node.entries.map((entry) => ({
    entry,
    key: compileValue(entry.keyNode, templates, problems),
    value: compileValue(entry.value, templates, problems),
  }));
  const parts = entries.flatMap(({ key, value }) => [key, value]);
  const hasPlainKeys = entries.every(({ entry }) => !isTemplate(entry.key));
  const evaluate = (scope: Scope): Value => {
    const pairs = entries.map(({ entry, key, value }) => [isTemplate(entry.key) ? keyText(key, scope) : entry.key, value.evaluate(scope)] as const);
    return Object.fromEntries(pairs.filter(([, value]) => value !== omit));
  };
  const result = whole(node, parts, evaluate);
  return hasPlainKeys ? { ...result, entries: new Map(entries.map(({ entry, value }) => [entry.key, value])) } : result;
}

/** A value of parts; one without templates is evaluated once and for all. */
function whole(node: Node, parts: readonly Expression[], evaluate: (scope: Scope) => Value): Expression {
  if (parts.every(isConstant)) return constant(node, evaluate({ get: () => undefined, names: () => [] }));
  const comparisons = parts.flatMap((part) => part.comparisons ?? []);
  const union = (pick: (part: Expression) => ReadonlySet<string>) => new Set(parts.flatMap((part) => [...pick(part)]));
  return {
    source: node.source,
    variables: union((part) => part.variables),
    required: allRequired(parts),
    ...(comparisons.length > 0 && { comparisons }),
    evaluate,
    sourceAt: (path, ofKey) => placeAt(node, path, ofKey),
  };
}

function keyText(key: Expression, scope: Scope): string {
  const value = key.evaluate(scope);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw InputError.of(`a key must be text that is not secret, got ${describe(value)}`, key.source);
}

/** Conversions for words of the language; `what` names the word for the message. */
export function toBoolean(what: string) {
  return (value: Value, { source }: Expression): boolean => {
    const result = asBoolean(value);
    if (result === undefined) throw InputError.of(`${what} wants true or false, got ${describeShown(value)}`, source);
    return result;
  };
}

/** Text; numbers and booleans are taken as their text. */
export function toText(what: string) {
  return (value: Value, { source, written }: Expression): string => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return written ?? String(value);
    if (value instanceof Secret) throw InputError.of(`${what} cannot be secret: it is shown`, source);
    throw InputError.of(`${what} wants text, got ${describeShown(value)}`, source);
  };
}

/** The program by which one becomes another user. */
export function toBecomeMethod(what: string) {
  return (value: Value, { source }: Expression): BecomeMethod => {
    const result = typeof value === 'string' ? becomeMethodOf(value) : undefined;
    if (result === undefined) throw InputError.of(`${what} wants sudo, su or doas, got ${describeShown(value)}`, source, becomeMethodHint);
    return result;
  };
}

/** A number from `least` to `most`. */
export function toNumber(what: string, least: number, most: number) {
  return (value: Value, { source }: Expression): number => {
    const result = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof result === 'number' && result >= least && result <= most) return result;
    throw InputError.of(`${what} wants a number from ${least} to ${most}, got ${describeShown(value)}`, source);
  };
}
