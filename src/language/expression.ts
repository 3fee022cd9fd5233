import type { Source } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';
import type { Comparison } from './condition-comparisons.ts';

/** Where names are looked up while an expression is evaluated. Immutable. */
export interface Scope {
  /**
   * The value of variable `name` with the highest precedence, itself evaluated if it is a template; undefined when there is none.
   * @throws InputError when its own template fails, or when variables refer to each other in a circle.
   * @throws UnknownValue when it will only be known later in the run.
   */
  get(name: string): Value | undefined;
  /** Every name that has a value. */
  names(): readonly string[];
  /** Whether the name has a value, known or not; quicker than looking through `names`, where it is there. */
  has?(name: string): boolean;
}

/** A value of a user's file that may hold templates: compiled once, evaluated for each host and item. */
export interface Expression<T = Value> {
  readonly source: Source;
  /** The variables it reads, as far as the text shows; empty for a constant. */
  readonly variables: ReadonlySet<string>;
  /** Those of `variables` that must be defined (not asked for with `default`, `defined` or `has` alone), each with the place of its first use. */
  readonly required?: ReadonlyMap<string, () => Source>;
  /** The text of a plain scalar as written (`1.10`), where that is what the value is. */
  readonly written?: string;
  /** @throws InputError with the position, for an undefined name, a wrong type, a failing helper. @throws UnknownValue as `Scope.get`. */
  evaluate(scope: Scope): T;
  /** The place of the part at `path` (keys and indexes), or of the nearest part that there is; with `ofKey` that of its key. */
  sourceAt(path: readonly PropertyKey[], ofKey?: boolean): Source;
  /** Where it compares a variable with a number or the text of one. */
  readonly comparisons?: readonly Comparison[];
  /** Of a mapping with constant keys: the expression of each value, to evaluate them one by one. */
  readonly entries?: ReadonlyMap<string, Expression>;
}

/** A condition in CEL: `when`, `failed_when`, `changed_when`, `until`, `assert.that`. */
export type Condition = Expression<boolean>;

/** A value that exists but is not known yet: a result that will be registered, a fact before the host was asked. */
export class UnknownValue extends Error {
  /** The variable whose value is not known yet. */
  readonly variable: string;

  constructor(variable: string) {
    super(`the value of "${variable}" is not known before the run`);
    this.name = 'UnknownValue';
    this.variable = variable;
  }
}

/**
 * The value of the magic variable `omit`: a parameter, an entry of a mapping or an item of a list that has this very value is left out
 * when the whole is evaluated. Compare by identity.
 */
export const omit: Value = Object.freeze({ omit: true });
