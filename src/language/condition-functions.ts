import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { InputError, type Source } from '../values/errors.ts';
import { HelperError } from './coerce.ts';
import { type CelValue, type CelVariables, fromCel, toCel } from './condition-values.ts';
import type { Scope } from './expression.ts';
import { helpers, runHelper } from './helpers.ts';
import { lookedUpFile } from './lookup-file.ts';
import type { Lookups } from './lookups.ts';

export type { ASTNode };

/** The condition that is evaluated just now: CEL gives a function its arguments and nothing else. */
export interface Running {
  readonly scope: Scope;
  readonly variables: CelVariables;
  readonly source: Source;
}

/** CEL has no functions of any number of arguments. */
const mostArguments = 6;

/** CEL with the functions of conditions: those that templates have as helpers, under the same names. @param running asked for by those that look beside the variables. */
export function createEnvironment(lookups: Lookups, running: () => Running): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  for (const [name, helper] of helpers) {
    if (helper.inConditions !== undefined) continue;
    for (let count = helper.arity[0]; count <= Math.min(helper.arity[1], mostArguments); count += 1) {
      const types = Array.from({ length: count }, () => 'dyn').join(', ');
      environment.registerFunction(`${name}(${types}): dyn`, (...args: CelValue[]) =>
        called(name, () => toCel(runHelper(helper, args.map(fromCel)))),
      );
    }
  }
  environment.registerFunction('env(string): string', (name: string) => found('env', name, lookups.env(name)?.reveal(), running()));
  environment.registerFunction('secret(string): string', (name: string) => found('secret', name, lookups.secret(name)?.reveal(), running()));
  environment.registerFunction('file(string): string', (path: string) => fileAt(path, lookups, running()));
  environment.registerFunction('default(ast, ast): dyn', ({ args }: Macro) => ({
    typeCheck: (checker: Checker, _: unknown, context: unknown) => {
      for (const arg of args) checker.check(arg, context);
      return checker.getType('dyn');
    },
    evaluate: (evaluator: Evaluator, _: unknown, context: unknown) => valueOf(evaluator, args[0], context) ?? evaluator.run(args[1], context),
  }));
  environment.registerFunction('defined(ast): bool', ({ args }: Macro) => ({
    typeCheck: (checker: Checker, _: unknown, context: unknown) => {
      checker.check(args[0], context);
      return checker.getType('bool');
    },
    evaluate: (evaluator: Evaluator, _: unknown, context: unknown) => valueOf(evaluator, args[0], context) !== undefined,
  }));
  return environment;
}

// What cel-js hands to a macro, as its manual shows it; its types leave it open.
interface Macro {
  readonly args: readonly ASTNode[];
}
interface Checker {
  check(node: ASTNode | undefined, context: unknown): unknown;
  getType(name: string): unknown;
}
interface Evaluator {
  run(node: ASTNode | undefined, context: unknown): unknown;
}

/** What says that there is no such value, and nothing else. */
const absences: readonly unknown[] = ['unknown_variable', 'no_such_key', 'index_out_of_bounds', 'absent'];

/** The value of an operand; undefined for none. */
function valueOf(evaluator: Evaluator, node: ASTNode | undefined, context: unknown): unknown {
  try {
    return evaluator.run(node, context);
  } catch (error) {
    if (absences.includes((error as { readonly code?: unknown } | undefined)?.code)) return undefined;
    throw error;
  }
}

function called<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // The place is added where the condition is evaluated; cel-js lets the error through as it is.
    if (error instanceof HelperError) throw failure(`${name}(): ${error.message}`);
    throw error;
  }
}

function failure(summary: string, code = 'helper'): Error {
  return Object.assign(new Error(), { summary, code });
}

function fileAt(path: string, lookups: Lookups, { scope, source }: Running): string {
  try {
    return lookedUpFile(path, lookups, scope, source);
  } catch (error) {
    throw error instanceof InputError ? Object.assign(error, { code: 'absent' }) : error;
  }
}

/** A value from outside, noted as one that no message may show. */
function found(kind: string, name: string, value: string | undefined, { variables }: Running): string {
  if (value === undefined) throw failure(`${kind}("${name}"): there is none`, 'absent');
  variables.hide(value);
  return value;
}
