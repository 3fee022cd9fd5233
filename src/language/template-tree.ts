import type { Value } from '../values/vars.ts';

/** A template taken apart: Handlebars' grammar, and every name of a helper checked. Offsets count characters of the template's text. */
export interface Program {
  readonly parts: readonly Part[];
  /** Names of the items that a block gives to its body: `as |item index|`. */
  readonly params: readonly string[];
}

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly value: Operand }
  | { readonly kind: 'if'; readonly test: Operand; readonly negated: boolean; readonly body: Program; readonly otherwise: Program | undefined }
  | { readonly kind: 'each'; readonly list: Operand; readonly body: Program; readonly otherwise: Program | undefined }
  /** `with`, and `{{#name}}` where name is a variable. */
  | { readonly kind: 'with'; readonly value: Operand; readonly body: Program; readonly otherwise: Program | undefined }
  | {
      readonly kind: 'partial';
      readonly name: string;
      readonly offset: number;
      readonly indent: string;
      readonly context: Operand | undefined;
      readonly named: ReadonlyMap<string, Operand>;
    };

export type Operand = Literal | Path | Call;

export interface Literal {
  readonly kind: 'literal';
  readonly value: Value;
}

/** `a.b`, `../a`, `this.b`, `@index`. */
export interface Path {
  readonly kind: 'path';
  readonly text: string;
  readonly offset: number;
  /** `@root`, `@index`, …: parts[0] names it. */
  readonly isData: boolean;
  /** How many blocks to climb. */
  readonly depth: number;
  readonly parts: readonly string[];
  /** Begins with `this` or `./`: never a helper or a name given by a block. */
  readonly isScoped: boolean;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly offset: number;
  readonly args: readonly Operand[];
}
