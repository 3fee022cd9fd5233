import type { Source } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';

/** Where names are looked up while an expression is evaluated. Immutable. */
export interface Scope {
  /**
   * The value of variable `name` with the highest precedence, itself evaluated if it is a template; undefined when there is none.
   * @throws InputError when its own template fails, or when variables refer to each other in a circle.
   */
  get(name: string): Value | undefined;
  /** Every name that has a value. */
  names(): readonly string[];
}

/** A value of a user's file that may hold templates: compiled once, evaluated for each host and item. */
export interface Expression<T = Value> {
  readonly source: Source;
  /** The variables it reads, as far as the text shows; empty for a constant. */
  readonly variables: ReadonlySet<string>;
  /** @throws InputError with the position, for an undefined name, a wrong type, a failing helper. */
  evaluate(scope: Scope): T;
  /** The place of the part at `path` (keys and indexes), or of the nearest part that there is. */
  sourceAt(path: readonly PropertyKey[]): Source;
}

/** A condition in CEL: `when`, `failed_when`, `changed_when`, `until`, `assert.that`. */
export type Condition = Expression<boolean>;
