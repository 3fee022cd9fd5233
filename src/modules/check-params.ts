import { z } from 'zod';
import type { Module } from './module.ts';
import { ownNames } from './support/aliases.ts';

/** What is wrong with a parameter: where in the parameters, what, and what to do. */
export interface ParamProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly hint?: string;
}

type Checked = { readonly params: unknown } | { readonly problems: readonly ParamProblem[] };

/**
 * Checks rendered parameters and gives them the form that the module works with.
 * @param nearest suggests the name most likely meant, among names.
 * @param unknown parameters whose value is not known yet: given, but not checked.
 */
export function checkParams(
  name: string,
  module: Module,
  given: unknown,
  nearest: (wrong: string, names: readonly string[]) => string | undefined,
  unknown: ReadonlySet<string> = new Set(),
): Checked {
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

function checkOwnNames(
  name: string,
  module: Module,
  given: unknown,
  nearest: (wrong: string, names: readonly string[]) => string | undefined,
  unknown: ReadonlySet<string>,
): Checked {
  const parsed = module.params.safeParse(given, { reportInput: true });
  if (parsed.success) return { params: parsed.data };
  const names = paramNames(module);
  const problems = parsed.error.issues.filter((issue) => isKnown(issue, unknown)).flatMap((issue) => problemsOf(name, module, names, issue, nearest));
  return problems.length === 0 && unknown.size > 0 ? { params: undefined } : { problems };
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
  nearest: (wrong: string, names: readonly string[]) => string | undefined,
): readonly ParamProblem[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    return issue.keys.map((key) => ({ path: [key], ...unknownParam(name, module, names, key, nearest(key, names)) }));
  }
  const missing = issue.path.length === 1 && issue.code === 'invalid_type' && issue.input === undefined;
  const [first] = issue.path;
  if (missing) return [{ path: [], message: `${name} needs the parameter ${String(first)}` }];
  const where = issue.path.length > 0 ? ` ${issue.path.join('.')}` : '';
  return [{ path: issue.path, message: `${name}${where}: ${expectation(issue.message)}${got(issue.input, issue.message)}` }];
}

/** zod's own words for a choice, in those of the rest. */
function expectation(message: string): string {
  return message.replace(
    /^Invalid option: expected one of (.*)$/,
    (_, choices: string) => `expected one of ${choices.replaceAll('"', '').split('|').join(', ')}`,
  );
}

/** What was found instead, where that is a short plain value and the message does not say it. A secret is not shown. */
function got(input: unknown, message: string): string {
  if (message.includes(', got ')) return '';
  if (typeof input === 'string' && input.length <= 60) return `, got ${JSON.stringify(input)}`;
  return typeof input === 'number' || typeof input === 'boolean' || input === null ? `, got ${input}` : '';
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
