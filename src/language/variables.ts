import { InputError, type Source } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';
import { type Expression, type Scope, UnknownValue } from './expression.ts';

/** One variable of a layer: a template of a user's file, a finished value (a fact, a registered result: never rendered again), or one that will only be known later. */
export type Binding =
  | { readonly expression: Expression; readonly source: Source }
  | { readonly value: Value; readonly source?: Source }
  /** Computed when it is asked for, at most once a scope. */
  | { readonly compute: () => Value; readonly source?: Source }
  | { readonly unknown: true; readonly source?: Source };

/** Variables of one origin, such as `group_vars/all` or the `vars` of a task. */
export interface Layer {
  /** For people: `group_vars/all.yaml`, `play vars`, `--extra-vars`. */
  readonly name: string;
  readonly bindings: ReadonlyMap<string, Binding>;
}

/** A layer of finished values. */
export function valueLayer(name: string, values: Readonly<Record<string, Value>> | ReadonlyMap<string, Value>): Layer {
  // A plain loop: each scope of a run makes some of these.
  const bindings = new Map<string, Binding>();
  for (const [key, value] of values instanceof Map ? (values as ReadonlyMap<string, Value>) : Object.entries(values)) bindings.set(key, { value });
  return { name, bindings };
}

/** A layer of names whose values are only known later: reading one throws UnknownValue. */
export function unknownLayer(name: string, names: Iterable<string>): Layer {
  return { name, bindings: new Map([...names].map((key) => [key, { unknown: true }])) };
}

/** What the roles and includes around a task bring, each kind low to high; `layersOf` says where it goes. */
export interface Surroundings {
  /** `defaults/` of roles. */
  readonly defaults: readonly Layer[];
  /** `vars/` of roles, and the `vars` that a role is listed with. */
  readonly vars: readonly Layer[];
  /** Parameters of roles, `vars` of includes, and what the language says of the role. */
  readonly params: readonly Layer[];
  /** The name of the innermost role. */
  readonly role?: string;
}

/** What a host's variables are made of at one place of a run; `layersOf` puts them in the order of precedence. */
export interface LayerParts {
  readonly playDefaults?: readonly Layer[];
  readonly host: readonly Layer[];
  readonly facts?: Layer;
  /** `vars`, `vars_files`. */
  readonly play?: readonly Layer[];
  /** Of the roles and includes around the task. */
  readonly around?: Surroundings;
  /** Block and task `vars`, outermost first. */
  readonly task?: readonly Layer[];
  /** `include_vars`. */
  readonly included?: Layer;
  /** `set_fact` and `register`, in the order of the run. */
  readonly registered?: readonly Layer[];
  /** Loop variables. */
  readonly item?: Layer;
  readonly extraVars?: Layer;
  /** `inventory_hostname` and the like; nothing hides them. */
  readonly magic?: Layer;
}

/** Outside of all roles and includes. */
export const nothingAround: Surroundings = { defaults: [], vars: [], params: [] };

/** The layers from low to high precedence. */
export function layersOf(parts: LayerParts): readonly Layer[] {
  const { playDefaults = [], host, facts, play = [], around = nothingAround, task = [], included, registered = [], item, extraVars, magic } = parts;
  const low = [...playDefaults, ...around.defaults, ...host, facts, ...play, ...around.vars, ...task];
  return [...low, included, ...registered, ...around.params, item, extraVars, magic].filter((layer) => layer !== undefined);
}

/** The binding of `name` that wins, and its layer. */
export function bindingOf(layers: readonly Layer[], name: string): { readonly layer: Layer; readonly binding: Binding } | undefined {
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const layer = layers[index];
    const binding = layer?.bindings.get(name);
    if (layer && binding) return { layer, binding };
  }
  return undefined;
}

/** No one follows a longer chain of variables; far below what the stack holds. */
const maxDepth = 200;

/** A scope over layers, given from low to high precedence. Each variable is evaluated at most once, on demand, in this scope. */
export function scopeOf(layers: readonly Layer[]): Scope {
  const known = new Map<string, Value>();
  const inProgress: { readonly name: string; readonly source: Source | undefined }[] = [];
  let names: readonly string[] | undefined;
  const scope: Scope = {
    get(name) {
      const value = known.get(name);
      if (value !== undefined) return value;
      const binding = bindingOf(layers, name)?.binding;
      if (!binding) return undefined;
      if ('value' in binding) return binding.value;
      if ('unknown' in binding) throw new UnknownValue(name);
      if (inProgress.some((other) => other.name === name)) throw circle(inProgress, name);
      if (inProgress.length >= maxDepth) throw tooDeep(name, binding.source);
      inProgress.push({ name, source: binding.source });
      try {
        const result = 'compute' in binding ? binding.compute() : binding.expression.evaluate(scope);
        known.set(name, result);
        return result;
      } finally {
        inProgress.pop();
      }
    },
    has: (name) => bindingOf(layers, name) !== undefined,
    names() {
      names ??= [...new Set(layers.flatMap((layer) => [...layer.bindings.keys()]))];
      return names;
    },
  };
  return scope;
}

function tooDeep(name: string, source: Source | undefined): InputError {
  return InputError.of(
    `more than ${maxDepth} variables refer to each other in a row, "${name}" being the last`,
    source,
    'Write the value of one of them out.',
  );
}

function circle(inProgress: readonly { readonly name: string; readonly source: Source | undefined }[], name: string): InputError {
  const from = inProgress.findIndex((other) => other.name === name);
  const names = [...inProgress.slice(from).map((other) => other.name), name];
  const message = names.length === 2 ? `the variable "${name}" refers to itself` : `variables refer to each other in a circle: ${names.join(' → ')}`;
  return InputError.of(message, inProgress[from]?.source, 'Give one of them a value of its own.');
}
