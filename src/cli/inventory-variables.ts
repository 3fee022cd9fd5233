import { type Scope, UnknownValue } from '../language/expression.ts';
import type { Host } from '../language/inventory.ts';
import { type Binding, scopeOf, unknownLayer } from '../language/variables.ts';
import { InputError, type Source } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';
import type { Hosts } from './hosts.ts';

/** A value, or why it cannot be known here. */
export type Known = { readonly value: Value } | { readonly problem: string };

/** Where a variable is set, and to what. */
export interface Origin {
  /** `group_vars/web.yaml`, `--extra-vars`. */
  readonly layer: string;
  readonly source?: Source;
  readonly known: Known;
}

/** A variable of a host. */
export interface Variable extends Origin {
  readonly name: string;
  /** Where else it is set, with less weight; the nearest first. */
  readonly hidden: readonly Origin[];
}

/** What the language itself knows of a host: not the user's variables. */
const ownLayer = 'magic variables';

/** Every variable that the user's files and `-e` set for `host`, by name. */
export function variablesOf(host: Host, hosts: Hosts): readonly Variable[] {
  // What a host tells of itself is not unknown to the playbook, only to us.
  const facts = unknownLayer('facts', ['facts', 'ansible_facts']);
  const scope = scopeOf([facts, ...hosts.layers(host)]);
  const origins = new Map<string, Origin[]>();
  for (const layer of hosts.layers(host)) {
    if (layer.name === ownLayer) continue;
    for (const [name, binding] of layer.bindings) {
      const { source } = binding;
      // What is hidden is evaluated as if it were not.
      const known = knownOf(() => valueOf(binding, scope));
      origins.set(name, [{ layer: layer.name, ...(source && { source }), known }, ...(origins.get(name) ?? [])]);
    }
  }
  return [...origins]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, [first, ...hidden]]) => (first ? [{ ...first, name, known: knownOf(() => scope.get(name)), hidden }] : []));
}

function valueOf(binding: Binding, scope: Scope): Value | undefined {
  if ('value' in binding) return binding.value;
  if ('compute' in binding) return binding.compute();
  return 'expression' in binding ? binding.expression.evaluate(scope) : undefined;
}

function knownOf(get: () => Value | undefined): Known {
  try {
    return { value: get() ?? null };
  } catch (error) {
    if (error instanceof UnknownValue) return { problem: 'known only in a run' };
    if (error instanceof InputError) return { problem: error.problems[0]?.message ?? error.message };
    throw error;
  }
}
