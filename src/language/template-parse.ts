// The package's parser alone: the whole of it takes three times as long to load, and generates code that is not needed here.
import { parse } from 'handlebars/dist/cjs/handlebars/compiler/base.js';
import { helpers } from './helpers.ts';
import { didYouMean } from './nearest.ts';
import { specialForms } from './special-forms.ts';
import { adviceForSyntax, adviceForUnknownHelper } from './template-advice.ts';
import type { Call, Operand, Part, Path, Program } from './template-tree.ts';

/** A mistake in a template, at an offset of its text. */
export class TemplateMistake extends Error {
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(message: string, offset: number, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

/** More levels of blocks and parentheses than any template needs. */
const maxDepth = 100;

function tooDeep(offset: number): TemplateMistake {
  return new TemplateMistake(`blocks or parentheses are nested more than ${maxDepth} deep`, offset, 'Look for a block that is never closed.');
}

const blockNames = ['if', 'unless', 'each', 'with', 'raw'];

/**
 * Takes a template apart and checks what needs no variables: syntax, names of helpers, numbers of arguments.
 * @throws TemplateMistake for the first mistake.
 */
export function parseTemplate(text: string): Program {
  const lines = lineStarts(text);
  const offsetOf = (position: hbs.AST.Position) => (lines[position.line - 1] ?? 0) + position.column;
  return new Builder(offsetOf).program(parsed(text, offsetOf));
}

function parsed(text: string, offsetOf: (position: hbs.AST.Position) => number): hbs.AST.Program {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(0);
    const { message, lineNumber, column } = error as Error & { readonly lineNumber?: number; readonly column?: number };
    const offset = lineNumber === undefined ? undefined : offsetOf({ line: lineNumber, column: column ?? 0 });
    const advice = adviceForSyntax(text, message, offset);
    throw new TemplateMistake(advice.message, advice.offset, advice.hint);
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Turns Handlebars' tree into ours. */
class Builder {
  readonly #offsetOf: (position: hbs.AST.Position) => number;
  #depth = 0;

  constructor(offsetOf: (position: hbs.AST.Position) => number) {
    this.#offsetOf = offsetOf;
  }

  program(program: hbs.AST.Program): Program {
    return this.#within(program, () => ({ parts: program.body.flatMap((statement) => this.#part(statement)), params: program.blockParams ?? [] }));
  }

  /** Counts levels, as endless ones would end the process and not the template. */
  #within<T>(node: hbs.AST.Node, work: () => T): T {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw tooDeep(this.#offset(node));
    const result = work();
    this.#depth -= 1;
    return result;
  }

  #offset(node: hbs.AST.Node): number {
    return this.#offsetOf(node.loc.start);
  }

  // The declared types leave the kind of a statement open; `type` tells it, and each case names the type that goes with it.
  #part(statement: hbs.AST.Statement): readonly Part[] {
    switch (statement.type) {
      case 'ContentStatement':
        return [{ kind: 'text', text: (statement as hbs.AST.ContentStatement).value }];
      case 'CommentStatement':
        return [];
      case 'MustacheStatement': {
        const mustache = statement as hbs.AST.MustacheStatement;
        return [{ kind: 'output', value: this.#callOrPath(mustache.path, mustache.params, mustache.hash) }];
      }
      case 'BlockStatement':
        return [this.#block(statement as hbs.AST.BlockStatement)];
      case 'PartialStatement':
        return [this.#partial(statement as hbs.AST.PartialStatement)];
      default:
        throw new TemplateMistake(
          'inline partials and decorators ({{#> …}}, {{#*…}}) are not supported',
          this.#offset(statement),
          'Put the part into a file of its own and include it with {{> name}}.',
        );
    }
  }

  #block(block: hbs.AST.BlockStatement): Part {
    const { path, params, hash } = block;
    const name = path.original;
    const offset = this.#offset(path);
    if (name === 'raw') return { kind: 'text', text: block.program.body.map((part) => (part as hbs.AST.ContentStatement).value).join('') };
    const body = block.program ? this.program(block.program) : { parts: [], params: [] };
    const otherwise = block.inverse ? this.program(block.inverse) : undefined;
    if (name === 'if' || name === 'unless')
      return { kind: 'if', test: this.#only(name, params, offset), negated: name === 'unless', body, otherwise };
    if (name === 'each') return { kind: 'each', list: this.#only(name, params, offset), body, otherwise };
    if (name === 'with') return { kind: 'with', value: this.#only(name, params, offset), body, otherwise };
    const value = this.#callOrPath(path, params, hash);
    if (value.kind === 'call') return { kind: 'if', test: value, negated: false, body, otherwise };
    return { kind: 'with', value, body, otherwise };
  }

  #only(name: string, params: readonly hbs.AST.Expression[], offset: number): Operand {
    const [first, second] = params;
    if (first && !second) return this.operand(first);
    const hint = first ? `Write a comparison in parentheses: {{#${name} (eq a b)}}.` : `Write {{#${name} name}}.`;
    throw new TemplateMistake(`{{#${name}}} takes one value, got ${params.length}`, offset, hint);
  }

  #partial(partial: hbs.AST.PartialStatement): Part {
    const name = partial.name;
    if (name.type !== 'PathExpression')
      throw new TemplateMistake('the name of a partial must be written out', this.#offset(partial), 'Write {{> name}}.');
    const [context] = partial.params;
    const named = new Map((partial.hash?.pairs ?? []).map((pair) => [pair.key, this.operand(pair.value)]));
    return {
      kind: 'partial',
      name: name.original,
      offset: this.#offset(partial),
      indent: partial.indent ?? '',
      context: context && this.operand(context),
      named,
    };
  }

  operand(expression: hbs.AST.Expression): Operand {
    switch (expression.type) {
      case 'SubExpression': {
        const call = expression as hbs.AST.SubExpression;
        return this.#call(call.path, call.params, call.hash);
      }
      case 'PathExpression':
        return this.#path(expression as hbs.AST.PathExpression);
      case 'NullLiteral':
      case 'UndefinedLiteral':
        return { kind: 'literal', value: null };
      default:
        return { kind: 'literal', value: (expression as hbs.AST.StringLiteral | hbs.AST.NumberLiteral | hbs.AST.BooleanLiteral).value };
    }
  }

  #callOrPath(path: hbs.AST.Expression, params: readonly hbs.AST.Expression[], hash: hbs.AST.Hash | undefined): Operand {
    if (params.length === 0 && !hash) return this.operand(path);
    return this.#call(path, params, hash);
  }

  #call(path: hbs.AST.Expression, params: readonly hbs.AST.Expression[], hash: hbs.AST.Hash | undefined): Call {
    const name = path.type === 'PathExpression' ? (path as hbs.AST.PathExpression).original : (path as hbs.AST.StringLiteral).value;
    const offset = this.#offset(path);
    const [least, most] = (helpers.get(name) ?? specialForms.get(name))?.arity ?? this.#unknown(name, params, offset);
    if (hash)
      throw new TemplateMistake(`"${name}" takes no named arguments (${hash.pairs[0]?.key}=…)`, this.#offset(hash), `Write ${usageOf(name)}.`);
    if (params.length < least || params.length > most) {
      throw new TemplateMistake(`"${name}" takes ${amount(least, most)}, got ${params.length}`, offset, `Write ${usageOf(name)}.`);
    }
    if (name === 'lookup') refuseLookup(params, offset);
    return { kind: 'call', name, offset, args: this.#within(path, () => params.map((param) => this.operand(param))) };
  }

  #unknown(name: string, params: readonly hbs.AST.Expression[], offset: number): never {
    const words = params.map((param) => (param.type === 'PathExpression' ? (param as hbs.AST.PathExpression).original : ''));
    const names = [...helpers.keys(), ...specialForms.keys()];
    const hint =
      adviceForUnknownHelper(name, words) ?? didYouMean(name, blockNames.includes(name) ? [] : names) ?? `Helpers: ${names.sort().join(', ')}.`;
    throw new TemplateMistake(`there is no helper "${name}"`, offset, hint);
  }

  #path(path: hbs.AST.PathExpression): Path {
    const { original, data, depth, parts } = path;
    return { kind: 'path', text: original, offset: this.#offset(path), isData: data, depth, parts, isScoped: /^(\.\/|this\b|\.$)/.test(original) };
  }
}

/** `lookup "file" "motd"`, as Ansible has it: here each source of values has its name. */
function refuseLookup([source, key]: readonly hbs.AST.Expression[], offset: number): void {
  if (source?.type !== 'StringLiteral') return;
  const name = (source as hbs.AST.StringLiteral).value;
  const of =
    key?.type === 'StringLiteral'
      ? `"${(key as hbs.AST.StringLiteral).value}"`
      : key?.type === 'PathExpression'
        ? (key as hbs.AST.PathExpression).original
        : '…';
  const there = ['file', 'env', 'secret'];
  const hint = there.includes(name)
    ? `Write {{ ${name} ${of} }}.`
    : `Values from outside are {{ file "PATH" }}, {{ env "NAME" }} and {{ secret "NAME" }}.`;
  throw new TemplateMistake(`there is no lookup of "${name}"`, offset, hint);
}

function usageOf(name: string): string {
  return (helpers.get(name) ?? specialForms.get(name))?.usage ?? name;
}

function amount(least: number, most: number): string {
  const range = least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
  return `${range} argument${range === '1' ? '' : 's'}`;
}
