import { InputError, type Source } from '../values/errors.ts';
import { Secret, type Text } from '../values/secret.ts';
import { isMapping, type Value } from '../values/vars.ts';
import { HelperError, isTruthy } from './coerce.ts';
import { describe } from './describe.ts';
import { omit } from './expression.ts';
import { helpers, runHelper } from './helpers.ts';
import { lookedUpFile } from './lookup-file.ts';
import type { Lookups } from './lookups.ts';
import { hidden, holdsSecret, revealedDeep, sealedDeep, secretTexts } from './secrecy.ts';
import { type Frame, inner, nameOf, offsetOf, outermost } from './template-frame.ts';
import { follow, Missing, type Names, step } from './template-path.ts';
import { joined } from './template-text.ts';
import type { Call, Operand, Part, Program } from './template-tree.ts';

/** What a template is evaluated with. */
export interface TemplateInput extends Names {
  readonly lookups: Lookups;
  /** The file that `{{> name}}` means. @throws InputError when there is none. */
  readonly partial?: (name: string, source: Source) => { readonly program: Program; readonly at: (offset: number) => Source };
}

/** More templates than anybody includes in each other. */
const maxIncludes = 50;

/** The text that a template gives: a Secret when a secret went into it. @throws InputError @throws UnknownValue */
export function renderProgram(program: Program, input: TemplateInput): Text {
  const evaluator = new Evaluator(input);
  const text = evaluator.text(program, outermost);
  return evaluator.sawSecret ? new Secret(text) : text;
}

/** The value of one expression, of whatever type. @throws InputError @throws UnknownValue */
export function evaluateOperand(operand: Operand, input: TemplateInput): Value {
  return new Evaluator(input).value(operand, outermost);
}

/** One evaluation; a class because it must remember whether a secret was seen. */
class Evaluator {
  sawSecret = false;
  #input: TemplateInput;
  /** How many templates this one is included by. */
  #includes: number;

  constructor(input: TemplateInput, includes = 0) {
    this.#input = input;
    this.#includes = includes;
  }

  text(program: Program, frame: Frame): string {
    return this.#joined(program.parts.map((part) => this.#part(part, frame)));
  }

  #joined(parts: readonly string[]): string {
    return joined(parts, () => this.#input.at(0));
  }

  #part(part: Part, frame: Frame): string {
    switch (part.kind) {
      case 'text':
        return part.text;
      case 'output':
        return this.#output(part.value, frame);
      case 'if':
        return this.#either(isTruthy(this.value(part.test, frame)) !== part.negated, part.body, part.otherwise, frame);
      case 'each':
        return this.#each(part, frame);
      case 'with':
        return this.#with(part, frame);
      case 'partial':
        break;
    }
    return this.#partial(part, frame);
  }

  #either(holds: boolean, body: Program, otherwise: Program | undefined, frame: Frame): string {
    if (holds) return this.text(body, frame);
    return otherwise ? this.text(otherwise, frame) : '';
  }

  #output(operand: Operand, frame: Frame): string {
    const value = this.value(operand, frame);
    if (value instanceof Secret) {
      this.sawSecret = true;
      return value.reveal();
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    const name = nameOf(operand);
    const source = this.#input.at(offsetOf(operand));
    if (value === omit)
      throw InputError.of(
        '"omit" can only be the whole value of a parameter, not a part of a text',
        source,
        'Let the value be one expression: "{{ default name omit }}".',
      );
    if (value === null)
      throw InputError.of(
        `${name} has no value (null)`,
        source,
        `Give it one, or write {{ default ${operand.kind === 'path' ? operand.text : 'name'} "…" }}.`,
      );
    const hint = Array.isArray(value)
      ? 'Write {{ join name "," }}, {{ json name }} or {{ yaml name }}, or go through it with {{#each name}}.'
      : 'Write one of its entries (name.key), {{ json name }} or {{ yaml name }}.';
    throw InputError.of(`${name} is ${describe(value)}, which has no single form as text`, source, hint);
  }

  #each(part: Part & { readonly kind: 'each' }, frame: Frame): string {
    const value = this.value(part.list, frame);
    if (value !== null && !Array.isArray(value) && !isMapping(value)) {
      throw InputError.of(
        `{{#each}} goes through a list or a mapping, and ${nameOf(part.list)} is ${describe(value)}`,
        this.#input.at(offsetOf(part.list)),
      );
    }
    const entries: readonly (readonly [string | number, Value])[] = Array.isArray(value)
      ? value.map((item: Value, index) => [index, item])
      : Object.entries(value ?? {});
    if (entries.length === 0) return part.otherwise ? this.text(part.otherwise, frame) : '';
    return this.#joined(
      entries.map(([key, item], index) => {
        const data = { index, key, first: index === 0, last: index === entries.length - 1 };
        return this.text(part.body, inner(frame, part.body, item, [item, key], data));
      }),
    );
  }

  #with(part: Part & { readonly kind: 'with' }, frame: Frame): string {
    const value = this.value(part.value, frame);
    if (Array.isArray(value)) return this.#each({ kind: 'each', list: part.value, body: part.body, otherwise: part.otherwise }, frame);
    if (!isTruthy(value)) return part.otherwise ? this.text(part.otherwise, frame) : '';
    if (value === true) return this.text(part.body, frame);
    return this.text(part.body, inner(frame, part.body, value, [value], frame.data));
  }

  #partial(part: Part & { readonly kind: 'partial' }, frame: Frame): string {
    const source = this.#input.at(part.offset);
    if (!this.#input.partial) throw InputError.of('{{> …}} includes a file, which only a template file can do', source);
    if (this.#includes >= maxIncludes)
      throw InputError.of(
        `templates include each other more than ${maxIncludes} deep`,
        source,
        `Let {{> ${part.name}}} stand in an {{#if}} that ends it, or take it out.`,
      );
    const { program, at } = this.#input.partial(part.name, source);
    const named = new Map([...frame.named, ...[...part.named].map(([name, operand]) => [name, this.value(operand, frame)] as const)]);
    const within = part.context ? inner(frame, program, this.value(part.context, frame), [], frame.data) : frame;
    const evaluator = new Evaluator({ ...this.#input, at }, this.#includes + 1);
    const text = evaluator.text(program, { ...within, named });
    this.sawSecret ||= evaluator.sawSecret;
    return part.indent === '' ? text : text.replaceAll(/^(?=.)/gm, part.indent);
  }

  /** The value of an operand. @throws InputError when it has none. */
  value(operand: Operand, frame: Frame): Value {
    const value = this.#find(operand, frame);
    if (value instanceof Missing) throw value.error();
    return value;
  }

  #find(operand: Operand, frame: Frame): Value | Missing {
    if (operand.kind === 'literal') return operand.value;
    return operand.kind === 'path' ? follow(operand, frame, this.#input) : this.#call(operand, frame);
  }

  #call(call: Call, frame: Frame): Value | Missing {
    const [first, second, third] = call.args;
    switch (call.name) {
      case 'default': {
        const value = first ? this.#find(first, frame) : null;
        return (value instanceof Missing || value === null) && second ? this.value(second, frame) : value;
      }
      case 'defined':
        return first !== undefined && !(this.#find(first, frame) instanceof Missing);
      case 'and':
      case 'or':
        return this.#logical(call, frame);
      case 'if':
        return first && isTruthy(this.value(first, frame)) ? (second ? this.value(second, frame) : '') : third ? this.value(third, frame) : '';
      case 'lookup':
        return first && second ? step(this.value(first, frame), this.#key(second, frame), nameOf(first), call, this.#input) : null;
      case 'env':
      case 'secret':
        return this.#lookup(call.name, this.#key(first, frame), call.offset);
      case 'file':
        return this.#file(this.#key(first, frame), call.offset);
      default:
        return this.#helper(call, frame);
    }
  }

  #logical(call: Call, frame: Frame): Value {
    let value: Value = null;
    for (const operand of call.args) {
      value = this.value(operand, frame);
      if (isTruthy(value) === (call.name === 'or')) return value;
    }
    return value;
  }

  #key(operand: Operand | undefined, frame: Frame): string {
    const value = operand ? this.value(operand, frame) : '';
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw InputError.of(`expected a name or an index, got ${describe(value)}`, this.#input.at(operand ? offsetOf(operand) : 0));
  }

  #lookup(kind: 'env' | 'secret', name: string, offset: number): Value | Missing {
    const found = kind === 'env' ? this.#input.lookups.env(name) : this.#input.lookups.secret(name);
    if (found) return found;
    const source = this.#input.at(offset);
    return new Missing(() =>
      kind === 'env'
        ? InputError.of(
            `the environment has no variable ${name}`,
            source,
            `Write ${name}=… into the file .env beside the inventory, or set it before homerun is called.`,
          )
        : InputError.of(
            `there is no secret "${name}"`,
            source,
            `Set it with: homerun secret set ${name}${this.#input.lookups.inventoryOption ?? ''}`,
          ),
    );
  }

  #file(path: string, offset: number): Value | Missing {
    const { lookups, scope, at } = this.#input;
    try {
      return lookedUpFile(path, lookups, scope, at(offset));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return new Missing(() => error);
    }
  }

  /** What was made of a secret is one. */
  #sealed(result: Value): Value {
    const sealed = sealedDeep(result);
    for (const text of secretTexts(sealed)) this.#input.lookups.made?.(new Secret(text));
    return sealed;
  }

  #helper(call: Call, frame: Frame): Value {
    const helper = helpers.get(call.name);
    if (!helper) throw new TypeError(`helper ${call.name} passed the parser and is not known`);
    const given = call.args.map((operand) => this.value(operand, frame));
    const hadSecret = given.some(holdsSecret);
    this.sawSecret ||= hadSecret;
    const isMade = hadSecret && (!helper.keeps || given.some((value) => value instanceof Secret));
    try {
      const result = runHelper(helper, isMade ? given.map(revealedDeep) : given);
      return isMade ? this.#sealed(result) : result;
    } catch (error) {
      if (error instanceof HelperError)
        throw InputError.of(
          `"${call.name}": ${hidden(error.message, given.flatMap(secretTexts))}`,
          this.#input.at(call.offset),
          `Write ${helper.usage}.`,
        );
      throw error;
    }
  }
}
