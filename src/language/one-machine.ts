import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';
import type { ArgumentSpecs } from './argument-specs.ts';
import type { OptionSpec } from './argument-types.ts';
import { type Scope, UnknownValue } from './expression.ts';
import type { Host } from './inventory.ts';
import type { Problems } from './problems.ts';
import type { Layer } from './variables.ts';

/** A host in a play, and the machine that it is (`machineOf`). */
export interface OnMachine {
  readonly host: Host;
  readonly machine: string;
  /** What sets variables, so that they have no default. */
  readonly set: readonly Layer[];
  readonly scope: () => Scope | undefined;
}

/** A variable that two hosts of a machine have alike and must not, or not alike and must. */
interface Collision {
  readonly name: string;
  readonly spec: OptionSpec;
  readonly text: string;
}

/** Whether a check of hosts that are one machine can find anything. */
export function hasMachineRules(specs: ArgumentSpecs): boolean {
  return [...specs.options.values()].some(({ onMachine }) => onMachine !== undefined);
}

/** Notes for each two hosts that are one machine which variables collide: those that are `unique` and alike, and those that are `shared` and differ. */
export function noteCollisions(specs: ArgumentSpecs, hosts: readonly OnMachine[], folderOf: (host: Host) => string, problems: Problems): void {
  const machines = new Map<string, OnMachine[]>();
  for (const one of hosts) machines.set(one.machine, [...(machines.get(one.machine) ?? []), one]);
  for (const together of machines.values()) {
    for (const [index, one] of together.entries()) {
      for (const other of together.slice(index + 1)) notePair(specs, one, other, folderOf(other.host), problems);
    }
  }
}

function notePair(specs: ArgumentSpecs, one: OnMachine, other: OnMachine, folder: string, problems: Problems): void {
  const found = [...specs.options].flatMap(([name, spec]) => collision(name, spec, one, other) ?? []);
  const names = new Set(found.map(({ name }) => name));
  const causes = found.filter(({ name }) => !follows(name, specs, [...one.set, ...other.set], names));
  for (const [rule, what, hint] of rules) {
    const named = causes.filter(({ spec }) => spec.onMachine === rule).map(({ name, text }) => `${name} (${text})`);
    const hosts = `the hosts "${one.host.name}" and "${other.host.name}" are one machine, ${one.machine}, and ${what}`;
    if (named.length > 0) problems.error(`${hosts}: ${named.join(', ')}`, other.host.source, `${hint} ${folder}/host_vars/${other.host.name}.yaml.`);
  }
}

const rules = [
  ['unique', 'have the same', 'Each needs its own: write another value into'],
  ['shared', 'do not have the same', 'It is there once for both: set it in the group_vars of both, and take it out of'],
] as const;

function collision(name: string, spec: OptionSpec, one: OnMachine, other: OnMachine): Collision | undefined {
  if (spec.onMachine === undefined) return undefined;
  const [a, b] = [valueOf(name, one.scope()), valueOf(name, other.scope())];
  if (a === undefined || b === undefined) return undefined;
  const found = spec.onMachine === 'shared' ? [a, b] : common(a, b);
  if (found.length === 0 || (spec.onMachine === 'shared' && isDeepStrictEqual(a, b))) return undefined;
  return { name, spec, text: found.map(shown).join(spec.onMachine === 'shared' ? ' and ' : ', ') };
}

/** A value; undefined for none, and for one that cannot be told. */
function valueOf(name: string, scope: Scope | undefined): Value | undefined {
  try {
    return scope?.get(name) ?? undefined;
  } catch (error) {
    // What is wrong with it is told with its host.
    if (error instanceof InputError || error instanceof UnknownValue) return undefined;
    throw error;
  }
}

/** What is in both, item by item, but for what stands for nothing. */
function common(a: Value, b: Value): readonly Value[] {
  const others = listOf(b).map(plain);
  return listOf(a).filter((item) => item !== false && item !== '' && others.includes(plain(item)));
}

function listOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [value];
}

function plain(value: Value): string {
  return JSON.stringify(value instanceof Secret ? value.reveal() : value);
}

function shown(value: Value): string {
  if (value instanceof Secret) return 'a secret';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether a variable has its default, and that reads one of `told`, perhaps through others: once that is mended it is well, too. */
function follows(name: string, specs: ArgumentSpecs, set: readonly Layer[], told: ReadonlySet<string>, seen: readonly string[] = []): boolean {
  if (seen.includes(name) || set.some(({ bindings }) => bindings.has(name))) return false;
  const binding = specs.defaults.bindings.get(name);
  const read = binding && 'expression' in binding ? [...binding.expression.variables] : [];
  return read.some((one) => told.has(one) || follows(one, specs, set, told, [...seen, name]));
}
