import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { InputError, type Source } from '../values/errors.ts';
import { inBoundedTime, SlowPatternError } from '../values/regex.ts';
import { HelperError } from './coerce.ts';
import { conditionAdvice } from './condition-advice.ts';
import { type CelValue, CelVariables, fromCel, toCel } from './condition-values.ts';
import { celVariables } from './condition-variables.ts';
import { type Condition, type Scope, UnknownValue } from './expression.ts';
import { helpers } from './helpers.ts';
import type { Lookups } from './lookups.ts';
import { didYouMean } from './nearest.ts';
import { describeNode, type Node, type ScalarNode } from './node.ts';
import type { Problems } from './problems.ts';
import { placed } from './template-variables.ts';
import { undefinedVariable } from './undefined.ts';
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

/** What cel-js throws, with the parts that it documents. */
interface CelError extends Error {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number };
}

/** A compiler of conditions; the same text is compiled once. */
export function createConditions(lookups: Lookups): Conditions {
  const environment = createEnvironment(lookups);
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
    const isBounded = /\bmatches\b|\bre_/.test(text);
    return {
      source: node.source,
      variables,
      required: placed(required, node.locate),
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
        'Compare it with something: name == "value".',
      );
    } catch (error) {
      throw error instanceof InputError ? error : explained(error as CelError, node, text);
    }
  }

  function evaluated(node: ScalarNode, text: string, scope: Scope, run: (context: CelVariables) => unknown): boolean {
    const variables = new CelVariables(scope);
    try {
      const result = run(variables);
      if (typeof result === 'boolean') return result;
      const kind = typeName(Array.isArray(result) ? 'list' : result === null ? 'null' : typeof result);
      throw InputError.of(
        `a condition must be true or false, and "${text.trim()}" is ${kind}`,
        node.source,
        typeof result === 'string' ? `Compare it: ${text.trim()} == "…", or !(${text.trim()} in ["", "no"]).` : 'Compare it with something.',
      );
    } catch (error) {
      if (error instanceof InputError || error instanceof UnknownValue) throw error;
      const problem = explained(error as CelError, node, text, scope).problems[0];
      const hide = (words: string) => variables.secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), words);
      throw InputError.of(hide(problem?.message ?? ''), problem?.source, problem?.hint && hide(problem.hint));
    }
  }

  function explained(error: CelError, node: ScalarNode, text: string, scope?: Scope): InputError {
    const source = node.locate(error.range?.start ?? 0);
    const advice = conditionAdvice(text);
    if (error instanceof SlowPatternError)
      return InputError.of(`a pattern of this condition ${error.message}`, node.source, 'Take nested repetitions such as (a+)+ out of it.');
    const name = /Unknown variable: (\S+)/.exec(error.summary)?.[1];
    if (name !== undefined && scope)
      return advice === undefined ? undefinedVariable(name, scope, source) : InputError.of(`undefined variable "${name}"`, source, advice);
    return InputError.of(...explanation(error, source, advice, functions));
  }
}

type Explanation = [message: string, source: Source, hint: string | undefined];

function explanation(
  { name: kind, code, summary, message }: CelError,
  source: Source,
  advice: string | undefined,
  functions: readonly string[],
): Explanation {
  const key = /No such key: (.*)/.exec(summary)?.[1];
  if (key !== undefined)
    return [
      `there is no key "${key}"`,
      source,
      'Ask first whether it is there: has(a.b) && a.b == 1, or take another value instead: a.?b.orValue(1).',
    ];
  const [, receiver, name, types = ''] = /overload for '(?:([^'()]*)\.)?(\w+)\(([^']*)\)'/.exec(summary) ?? [];
  if (name !== undefined) {
    const isHelper = receiver !== undefined && helpers.has(name) && functions.includes(name);
    if (isHelper || !functions.includes(name))
      return [
        `there is no function "${name}"${isHelper ? ' that is called behind a dot' : ''}`,
        source,
        advice ?? (isHelper ? `Write ${name}(value${types === '' ? '' : ', …'}).` : didYouMean(name, functions)),
      ];
    return [`"${name}" does not take ${types === '' ? 'that' : typeNames(types)}`, source, advice];
  }
  const reserved = /Reserved identifier: (\w+)/.exec(summary)?.[1];
  if (reserved !== undefined) return [`"${reserved}" is a word of CEL's own`, source, `Write vars.${reserved} for the variable.`];
  const operation = /no such overload: (.*)/i.exec(summary)?.[1];
  if (operation !== undefined)
    return [`these do not go together: ${typeNames(operation)}`, source, advice ?? 'Convert one side: int(text), string(number).'];
  if (code === 'invalid_macro_argument' && summary.startsWith('has('))
    return ['has() wants a field', source, 'Write has(vars.name) for a variable, has(a.b) for an entry.'];
  const isSyntax = kind === 'ParseError' || kind === 'TypeError';
  const what = plain(summary ?? message);
  return [
    isSyntax ? `this condition is no CEL: ${what}` : what,
    source,
    advice ?? (isSyntax ? 'Conditions are written in CEL: result.rc == 0 && !(name in ["a", "b"]).' : undefined),
  ];
}

const tokens: Readonly<Record<string, string>> = {
  EOF: 'the end',
  LPAREN: '(',
  RPAREN: ')',
  LBRACE: '{',
  RBRACE: '}',
  LBRACKET: '[',
  RBRACKET: ']',
  COLON: ':',
  COMMA: ',',
  DOT: '.',
  IDENTIFIER: 'a name',
};

function plain(summary: string): string {
  return summary.replaceAll(/\b[A-Z]{3,}\b/g, (token) => tokens[token] ?? token).replace(/^./, (letter) => letter.toLowerCase());
}

const names: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a number',
  bigint: 'a number',
  number: 'a number',
  double: 'a number',
  bool: 'true or false',
  list: 'a list',
  map: 'a mapping',
  object: 'a mapping',
  null: 'nothing',
  null_type: 'nothing',
  dyn: 'a value',
};

function typeName(type: string): string {
  return names[type.replace(/<.*$/, '')] ?? type;
}

function typeNames(text: string): string {
  const inner = text.replaceAll(/dyn<([^<>]*)>/g, '$1');
  return inner.replaceAll(/\b(string|int|double|bool|list|map|null_type|null|dyn)\b(<[^()]*>)?/g, (_, type: string) => typeName(type));
}

function createEnvironment(lookups: Lookups): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  for (const [name, helper] of helpers) {
    if (helper.templateOnly) continue;
    for (let count = helper.arity[0]; count <= helper.arity[1]; count += 1) {
      const types = Array.from({ length: count }, () => 'dyn').join(', ');
      environment.registerFunction(`${name}(${types}): dyn`, (...args: CelValue[]) => called(name, () => toCel(helper.run(args.map(fromCel)))));
    }
  }
  environment.registerFunction('re_match(string, string): bool', (text: string, pattern: string) =>
    called('re_match', () => regex(`^(?:${pattern})`).test(text)),
  );
  environment.registerFunction('re_search(string, string): bool', (text: string, pattern: string) =>
    called('re_search', () => regex(pattern).test(text)),
  );
  environment.registerFunction('env(string): string', (name: string) => found('env', name, lookups.env(name)?.reveal()));
  environment.registerFunction('secret(string): string', (name: string) => found('secret', name, lookups.secret(name)?.reveal()));
  return environment;
}

function called<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // The place is added where the condition is evaluated; cel-js lets the error through as it is.
    if (error instanceof HelperError) throw Object.assign(new Error(), { summary: `${name}(): ${error.message}`, code: 'helper' });
    throw error;
  }
}

function regex(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch (error) {
    throw new HelperError(`the pattern is wrong: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`);
  }
}

function found(kind: string, name: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw Object.assign(new Error(), { summary: `${kind}("${name}"): there is none`, code: 'helper' });
}
