import { InputError } from '../values/errors.ts';
import type { ArgumentSpecs } from './argument-specs.ts';
import { conformingLayer } from './argument-specs.ts';
import type { OptionSpec } from './argument-types.ts';
import { type Scope, UnknownValue } from './expression.ts';
import type { GrowingInventory, Host } from './inventory.ts';
import { didYouMean } from './nearest.ts';
import type { Play } from './play.ts';
import type { Problems } from './problems.ts';
import type { Layer } from './variables.ts';

/** Everything that gives variables their values, after each declared one is checked wherever it is set. */
export interface Declared {
  readonly inventory: GrowingInventory;
  readonly plays: readonly Play[];
  readonly extraVars: Layer;
}

/** Puts the checks of all plays' `argument_specs` into the layers, and notes variables that have a prefix and are not declared. */
export function applySpecs({ inventory, plays, extraVars }: Declared, problems: Problems): Declared {
  const all = plays.flatMap(({ specs }) => specs ?? []);
  if (all.length === 0) return { inventory, plays, extraVars };
  const declared = new Map<string, OptionSpec>(all.flatMap(({ options }) => [...options]));
  const layers = [...[...inventory.hosts.values()].flatMap((host) => host.layers), ...plays.flatMap((play) => play.layers.vars), extraVars];
  noteUndeclared(new Set(layers), all, declared, problems);
  const known = new Map<Layer, Layer>();
  const conforming = (layer: Layer): Layer => {
    const done = known.get(layer) ?? conformingLayer(layer, declared);
    known.set(layer, done);
    return done;
  };
  return {
    inventory: conformingInventory(inventory, conforming),
    plays: plays.map((play) => ({ ...play, layers: { ...play.layers, vars: play.layers.vars.map(conforming) } })),
    extraVars: conforming(extraVars),
  };
}

/** Also with what tasks add to it. */
function conformingInventory(inventory: GrowingInventory, conforming: (layer: Layer) => Layer): GrowingInventory {
  const checked = (host: Host): Host => ({ ...host, layers: host.layers.map(conforming) });
  const { hosts, thisMachine } = inventory;
  const conformed: GrowingInventory = {
    ...inventory,
    hosts: new Map([...hosts].map(([name, host]) => [name, checked(host)])),
    ...(thisMachine && { thisMachine: checked(thisMachine) }),
    with(addition) {
      const grown = inventory.with(addition);
      return grown === inventory ? conformed : conformingInventory(grown, conforming);
    },
  };
  return conformed;
}

function noteUndeclared(
  layers: ReadonlySet<Layer>,
  all: readonly ArgumentSpecs[],
  declared: ReadonlyMap<string, OptionSpec>,
  problems: Problems,
): void {
  const prefixes = new Set(all.flatMap(({ prefix }) => prefix ?? []));
  const files = [...new Set(all.map(({ file }) => file))].join(', ');
  for (const layer of layers) {
    for (const [name, { source }] of layer.bindings) {
      if (declared.has(name) || ![...prefixes].some((prefix) => name.startsWith(prefix))) continue;
      const hint = didYouMean(name, declared.keys()) ?? `Those that there are stand in ${files}.`;
      problems.error(`there is no variable "${name}"`, source, hint);
    }
  }
}

/** Notes the required variables that a host has no value for, and gives their names. */
export function missingVariables(
  specs: ArgumentSpecs,
  { name: host, source }: Host,
  scope: Scope,
  folder: string,
  problems: Problems,
): readonly string[] {
  const missing = [...specs.options].filter(([name, { required }]) => required && isMissing(name, scope));
  for (const [name, { description }] of missing) {
    const what = description === undefined ? '' : ` (${description.replace(/\.$/, '')})`;
    const hint = `Write "${name}: …" into ${folder}/host_vars/${host}.yaml, or below the host in the inventory.`;
    problems.error(`the host "${host}" has no ${name}${what}`, source, hint);
  }
  return missing.map(([name]) => name);
}

/** Whether there is no value at all; one that is wrong, or not known yet, is a value. */
function isMissing(name: string, scope: Scope): boolean {
  try {
    return (scope.get(name) ?? null) === null;
  } catch (error) {
    if (error instanceof InputError || error instanceof UnknownValue) return false;
    throw error;
  }
}

/** Checks a host's values of all declared variables. */
export function checkVariables(specs: ArgumentSpecs, scope: Scope, problems: Problems): void {
  for (const name of specs.options.keys()) problems.collectKnown(() => scope.get(name));
}
