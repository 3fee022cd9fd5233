import { InputError, type Source } from '../values/errors.ts';
import type { Text } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';
import type { Comparison } from './condition-comparisons.ts';
import type { Scope } from './expression.ts';
import type { Lookups } from './lookups.ts';
import { templateComparisons } from './template-comparisons.ts';
import { evaluateOperand, renderProgram, type TemplateInput } from './template-evaluate.ts';
import { parseTemplate, TemplateMistake } from './template-parse.ts';
import type { Operand, Program } from './template-tree.ts';
import { placed, programVariables } from './template-variables.ts';

/** A template of Handlebars, compiled. Strict: a name without a value is an error; prototypes are never looked at. */
export interface Template {
  /** The variables that it reads, as far as its text shows. */
  readonly variables: ReadonlySet<string>;
  /** Those that must be defined, with the place of their first use. */
  readonly required: ReadonlyMap<string, () => Source>;
  /** Where it compares a variable with a number or the text of one. */
  readonly comparisons: readonly Comparison[];
  /** The value: of its own type where the whole text is one expression, else text; a Secret when a secret went into it. @throws InputError @throws UnknownValue */
  readonly evaluate: (scope: Scope) => Value;
  /** The text, whatever the template consists of. @throws InputError @throws UnknownValue */
  readonly render: (scope: Scope) => Text;
}

/** Compiles templates; the same text is taken apart once. */
export interface Templates {
  /**
   * @param text the template. @param at the place in the user's file of an offset of the text.
   * @param partial the file that `{{> name}}` means; without it there are no partials.
   * @throws InputError for a mistake that needs no variables to be seen.
   */
  readonly compile: (text: string, at: (offset: number) => Source, partial?: TemplateInput['partial']) => Template;
  /** Takes `text` apart, for use as a partial. @throws InputError */
  readonly parse: (text: string, at: (offset: number) => Source) => Program;
}

/** Whether `text` means more than itself. */
export function isTemplate(text: string): boolean {
  return text.includes('{{');
}

/** A compiler with a cache of its own. */
export function createTemplates(lookups: Lookups): Templates {
  const programs = new Map<string, Program>();
  const parse = (text: string, at: (offset: number) => Source): Program => {
    const program = programs.get(text) ?? parsed(text, at);
    programs.set(text, program);
    return program;
  };
  return {
    parse,
    compile(text, at, partial) {
      const program = parse(text, at);
      const only = onlyOperand(program);
      const input = (scope: Scope): TemplateInput => ({ scope, lookups, at, ...(partial && { partial }) });
      const { variables, required } = programVariables(program);
      return {
        variables,
        required: placed(required, at),
        comparisons: templateComparisons(program, at),
        evaluate: (scope) => (only ? evaluateOperand(only, input(scope)) : renderProgram(program, input(scope))),
        render: (scope) => renderProgram(program, input(scope)),
      };
    },
  };
}

function parsed(text: string, at: (offset: number) => Source): Program {
  try {
    return parseTemplate(text);
  } catch (error) {
    if (error instanceof TemplateMistake) throw InputError.of(error.message, at(error.offset), error.hint);
    throw error;
  }
}

function onlyOperand(program: Program): Operand | undefined {
  const [first, second] = program.parts;
  return first?.kind === 'output' && !second ? first.value : undefined;
}
