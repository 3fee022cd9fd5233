import type { Source } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';
import type { Expression, Scope } from './expression.ts';

/** One variable of a layer: a template of a user's file, or a finished value (a fact, a registered result: never rendered again). */
export type Binding = { readonly expression: Expression; readonly source: Source } | { readonly value: Value; readonly source?: Source };

/** Variables of one origin, such as `group_vars/all` or the `vars` of a task. */
export interface Layer {
  /** For people: `group_vars/all.yaml`, `play vars`, `--extra-vars`. */
  readonly name: string;
  readonly bindings: ReadonlyMap<string, Binding>;
}

/** A layer of finished values. */
export function valueLayer(name: string, values: Readonly<Record<string, Value>>): Layer {
  return { name, bindings: new Map(Object.entries(values).map(([key, value]) => [key, { value }])) };
}

/** A scope over layers, given from low to high precedence. Each variable is evaluated at most once, on demand, in this scope. */
export declare function scopeOf(layers: readonly Layer[]): Scope;
