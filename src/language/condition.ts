import { InputError } from '../values/errors.ts';
import { inBoundedTime } from '../values/regex.ts';
import { adviceForText, conditionAdvice } from './condition-advice.ts';
import { comparisonsIn } from './condition-comparisons.ts';
import { type CelError, explainCel, typeName } from './condition-explain.ts';
import { type ASTNode, createEnvironment, type Running } from './condition-functions.ts';
import { CelVariables } from './condition-values.ts';
import { celVariables } from './condition-variables.ts';
import { type Condition, type Scope, UnknownValue } from './expression.ts';
import type { Lookups } from './lookups.ts';
import { describeNode, type Node, type ScalarNode } from './node.ts';
import type { Problems } from './problems.ts';
import { hidden } from './secrecy.ts';
import { placed } from './template-variables.ts';
import { constant } from './value.ts';

export type { ASTNode };

/** Compiles conditions. */
export interface Conditions {
  /**
   * A condition, or a list of them that must all hold; `true` and `false` are conditions too. Mistakes go to `problems`.
   * @param what names the word for messages: `when`.
   */
  compile(node: Node, what: string, problems: Problems): readonly Condition[];
}

/** A compiler of conditions; the same text is compiled once. */
export function createConditions(lookups: Lookups): Conditions {
  let running: Running | undefined;
  const environment = createEnvironment(lookups, () => {
    if (!running) throw new TypeError('a function of a condition was called outside of one');
    return running;
  });
  const functions = [...new Set(environment.getDefinitions().functions.map(({ name }) => name))];
  return {
    compile(node, what, problems) {
      const nodes = node.kind === 'list' ? node.items : [node];
      return nodes.map((item) => one(item, what, problems)).filter((condition) => condition !== undefined);
    },
  };

  function one(node: Node, what: string, problems: Problems): Condition | undefined {
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return { ...constant(node, null), evaluate: () => node.value === true };
    if (node.kind === 'scalar' && typeof node.value === 'string' && node.value.trim() !== '')
      return problems.collect(() => compileText(node, node.value as string));
    problems.error(
      `${what} wants a condition, got ${describeNode(node)}`,
      node.source,
      `Write an expression in CEL, such as ${what}: result.rc == 0, or a list of them.`,
    );
    return undefined;
  }

  function compileText(node: ScalarNode, text: string): Condition {
    const run = parsed(node, text);
    const { variables, required, builtIn } = celVariables(run.ast, (name) => environment.hasVariable(name));
    // The other functions with patterns bound their time themselves.
    const isBounded = /\bmatches\b/.test(text);
    return {
      source: node.source,
      variables,
      required: placed(required, node.locate),
      comparisons: comparisonsIn(run.ast, node.locate),
      sourceAt: () => node.source,
      evaluate(scope) {
        for (const [name, offset] of builtIn) {
          if (scope.has?.(name))
            throw InputError.of(`in a condition "${name}" is a type, not your variable`, node.locate(offset), `Write vars.${name}.`);
        }
        return evaluated(node, text, scope, isBounded ? (context) => inBoundedTime(() => run(context)) : run);
      },
    };
  }

  function parsed(node: ScalarNode, text: string): { (context: CelVariables): unknown; readonly ast: ASTNode } {
    try {
      const run = environment.parse(text);
      const check = run.check();
      if (!check.valid) throw check.error;
      if (check.type === 'bool' || check.type === 'dyn') return run;
      throw InputError.of(
        `a condition must be true or false, and this is ${typeName(check.type ?? '')}`,
        node.source,
        conditionAdvice(text) ?? 'Compare it with something: name == "value".',
      );
    } catch (error) {
      throw error instanceof InputError ? error : explained(error as CelError, node, text);
    }
  }

  function evaluated(node: ScalarNode, text: string, scope: Scope, run: (context: CelVariables) => unknown): boolean {
    const variables = new CelVariables(scope);
    const before = running;
    running = { scope, variables, source: node.source };
    try {
      const result = run(variables);
      if (typeof result === 'boolean') return result;
      const kind = typeName(Array.isArray(result) ? 'list' : result === null ? 'null' : typeof result);
      throw InputError.of(
        `a condition must be true or false, and "${text.trim()}" is ${kind}`,
        node.source,
        typeof result === 'string' ? adviceForText(text.trim(), result) : 'Compare it with something.',
      );
    } catch (error) {
      if (error instanceof InputError || error instanceof UnknownValue) throw error;
      const problem = explained(error as CelError, node, text, scope).problems[0];
      const hide = (words: string) => hidden(words, variables.secrets);
      throw InputError.of(hide(problem?.message ?? ''), problem?.source, problem?.hint && hide(problem.hint));
    } finally {
      running = before;
    }
  }

  function explained(error: CelError, node: ScalarNode, text: string, scope?: Scope): InputError {
    if (error instanceof RangeError)
      return InputError.of('this condition is too long, or nested too deep', node.source, 'Split it: a list of conditions means and.');
    return explainCel(error, { node, text, scope, functions });
  }
}
