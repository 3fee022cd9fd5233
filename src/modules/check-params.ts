import * as z from 'zod';
import { Secret } from '../values/secret.ts';
import type { Module } from './module.ts';
import { ownNames } from './support/aliases.ts';
import { keyOf, Passed } from './support/passed.ts';

/** What is wrong with a parameter: where in the parameters, what, and what to do. */
export interface ParamProblem {
  readonly path: readonly PropertyKey[];
  /** It is the key at `path` that is wrong, not its value. */
  readonly ofKey?: true;
  readonly message: string;
  readonly hint?: string;
}

/** Suggests the name most likely meant, among names. */
type Nearest = (wrong: string, names: readonly string[]) => string | undefined;

type Checked = { readonly params: unknown } | { readonly problems: readonly ParamProblem[] };

/**
 * Checks rendered parameters and gives them the form that the module works with.
 * @param unknown parameters whose value is not known yet: given, but not checked.
 */
export function checkParams(name: string, module: Module, given: unknown, nearest: Nearest, unknown: ReadonlySet<string> = new Set()): Checked {
  const own = ownNames(module.aliases, given, unknown);
  if (own.twice.length > 0)
    return {
      problems: own.twice.map((alias) => ({
        path: [alias],
        message: `${name}: ${alias} is another name of ${module.aliases?.[alias]}, which is given as well`,
      })),
    };
  const checked = checkOwnNames(name, module, own.given, nearest, own.unknown);
  return 'params' in checked ? checked : { problems: checked.problems.map((one) => ({ ...one, path: own.written(one.path) })) };
}

function checkOwnNames(name: string, module: Module, given: unknown, nearest: Nearest, unknown: ReadonlySet<string>): Checked {
  const passed = passedBy(module.params);
  const key = keyOf(given);
  const before = key === undefined ? undefined : passed.get(key);
  if (before) return before;
  // Code made for each schema would pay only after hundreds of tasks.
  const parsed = module.params.safeParse(given, { reportInput: true, jitless: true });
  if (parsed.success) return passed.put(key, { params: parsed.data });
  const names = paramNames(module);
  const { issues } = parsed.error;
  const isMisspelt = issues.some(isUnknownName);
  // What the parameters lack together may be what is misspelt.
  const told = issues.filter((issue) => isKnown(issue, unknown) && !isSafeInteger(issue) && !(isMisspelt && isAboutAll(issue)));
  const problems = told.flatMap((issue) => problemsOf(name, module, names, issue, given, nearest));
  return problems.length === 0 && unknown.size > 0 ? { params: undefined } : { problems };
}

const passedOf = new WeakMap<z.ZodType, Passed<{ readonly params: unknown }>>();

function passedBy(schema: z.ZodType): Passed<{ readonly params: unknown }> {
  const known = passedOf.get(schema) ?? new Passed();
  passedOf.set(schema, known);
  return known;
}

/** That a value is of the right kind, and wrong within. */
function isDeeper({ code, path }: z.core.$ZodIssue): boolean {
  return path.length > 0 || code === 'unrecognized_keys';
}

function isUnknownName({ code, path }: z.core.$ZodIssue): boolean {
  return code === 'unrecognized_keys' && path.length === 0;
}

/** A rule about several parameters. */
function isAboutAll({ code, path }: z.core.$ZodIssue): boolean {
  return code === 'custom' && path.length === 0;
}

/** That a whole number is too large to be counted exactly: beside the module's own bound that says nothing more. */
function isSafeInteger(issue: z.core.$ZodIssue): boolean {
  return (
    (issue.code === 'too_big' && issue.maximum === Number.MAX_SAFE_INTEGER) ||
    (issue.code === 'too_small' && issue.minimum === Number.MIN_SAFE_INTEGER)
  );
}

function isKnown(issue: z.core.$ZodIssue, unknown: ReadonlySet<string>): boolean {
  if (unknown.size === 0) return true;
  const [first] = issue.path;
  // A rule about several parameters cannot be judged while one of them is open.
  return first === undefined ? issue.code === 'unrecognized_keys' : !unknown.has(String(first));
}

function problemsOf(
  name: string,
  module: Module,
  names: readonly string[],
  issue: z.core.$ZodIssue,
  given: unknown,
  nearest: Nearest,
): readonly ParamProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const [parameter] = issue.path;
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      ofKey: true,
      ...(parameter === undefined
        ? unknownParam(name, module, names, key, nearest(key, names))
        : { message: `${name} ${written(issue.path, given)} has no entry "${key}"` }),
    }));
  }
  const inner = issue.code === 'invalid_union' ? issue.errors.find((issues) => issues.every(isDeeper)) : undefined;
  if (inner) return inner.flatMap((one) => problemsOf(name, module, names, { ...one, path: [...issue.path, ...one.path] }, given, nearest));
  const missing = issue.path.length === 1 && issue.code === 'invalid_type' && issue.input === undefined;
  const [first] = issue.path;
  if (missing) return [{ path: [], message: `${name} needs the parameter ${String(first)}` }];
  const hint = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  // What comes with advice says all that there is to say.
  if (typeof hint === 'string') return [{ path: issue.path, message: `${name} ${written(issue.path, given)}: ${issue.message}`, hint }];
  const ofKey = issue.code === 'invalid_key' ? ({ ofKey: true } as const) : {};
  if (issue.path.length === 0) return [{ path: [], message: `${name}: ${issue.message}${gotNames(given, issue.message)}` }];
  if (issue.code === 'invalid_type' && issue.input === undefined)
    return [
      { path: issue.path.slice(0, -1), message: `${name} ${written(issue.path.slice(0, -1), given)} needs the entry ${String(issue.path.at(-1))}` },
    ];
  return [
    {
      path: issue.path,
      ...ofKey,
      message: `${name} ${written(issue.path, given)}: ${expectation(issue)}${got(valueAt(given, issue), issue.message)}`,
    },
  ];
}

/** The place of a value as people write it: `env.PATH`, `ports[1]`; one value that stands for a list of one has no number. */
function written(path: readonly PropertyKey[], given: unknown): string {
  let value = given;
  let text = '';
  for (const key of path) {
    const isItem = typeof key === 'number';
    if (isItem && !Array.isArray(value)) continue;
    text += isItem ? `[${key}]` : `${text === '' ? '' : '.'}${String(key)}`;
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  return text;
}

/** For a rule about several parameters: those that are given. */
function gotNames(given: unknown, message: string): string {
  if (message.includes(', got ') || typeof given !== 'object' || given === null) return '';
  const names = Object.keys(given);
  return `, got ${names.length === 0 ? 'no parameters' : names.join(', ')}`;
}

const typeNames: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  record: 'a mapping (key: value)',
  object: 'a mapping (key: value)',
};

/** What was wanted, as our own messages say it: zod's own words are those of a programmer. */
function expectation(issue: z.core.$ZodIssue): string {
  const { message } = issue;
  if (issue.code === 'invalid_type' && message.startsWith('Invalid input')) return `expected ${typeNames[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_big' && message.startsWith('Too big')) return `expected at most ${issue.maximum}${unitOf(issue.origin)}`;
  if (issue.code === 'too_small' && message.startsWith('Too small')) return `expected at least ${issue.minimum}${unitOf(issue.origin)}`;
  if (issue.code === 'invalid_value' && message.startsWith('Invalid option')) return `expected one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? message;
  if (issue.code === 'invalid_union' && message === 'Invalid input') {
    const kinds = issue.errors.flatMap(([first]) => (first ? [expectation(first).replace('expected ', '')] : []));
    return `expected ${[...new Set(kinds)].join(' or ')}`;
  }
  // What is refused here is the list or mapping, and not a secret.
  return typeof issue.input === 'object' && !(issue.input instanceof Secret) ? message.replace('text that is not secret', 'text') : message;
}

function unitOf(origin: string): string {
  if (origin === 'array') return ' items';
  return origin === 'string' ? ' characters' : '';
}

/** The value that an issue is about as it was given, before zod made a number of it. */
function valueAt(given: unknown, { code, path, input }: z.core.$ZodIssue): unknown {
  if (code === 'invalid_key') return path.at(-1);
  const found = path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : typeof key === 'number' ? value : undefined),
    given,
  );
  return found === undefined || typeof found === 'object' ? input : found;
}

/** What was found instead, where that is a short plain value and the message does not say it. A secret is not shown. */
function got(input: unknown, message: string): string {
  if (message.includes(', got ')) return '';
  if (typeof input === 'string') return input.length <= 60 ? `, got ${JSON.stringify(input)}` : '';
  if (Number.isNaN(input) || input === undefined) return '';
  if (input instanceof Secret) return ', got a secret';
  if (input === null) return ', got nothing';
  if (typeof input === 'object') return message.startsWith('Too ') ? '' : `, got ${Array.isArray(input) ? 'a list' : 'a mapping'}`;
  return `, got ${String(input)}`;
}

function unknownParam(
  name: string,
  module: Module,
  names: readonly string[],
  key: string,
  near: string | undefined,
): { readonly message: string; readonly hint?: string } {
  const reason = module.absent?.[key];
  if (reason !== undefined) return { message: `${name} does not support Ansible's parameter ${key}`, hint: reason };
  return { message: `${name} has no parameter ${key}`, hint: near === undefined ? `It has: ${names.join(', ')}.` : `Did you mean "${near}"?` };
}

/** The names of a module's parameters; empty when it takes any (`set_fact`). */
export function paramNames({ params }: Module): readonly string[] {
  return params instanceof z.ZodObject ? Object.keys(params.shape) : [];
}
