import { UnknownValue } from '../language/expression.ts';
import type { Host } from '../language/inventory.ts';
import { scopeOf, unknownLayer } from '../language/variables.ts';
import { InputError, type Source } from '../values/errors.ts';
import type { Value } from '../values/vars.ts';
import type { Hosts } from './hosts.ts';

/** Where a variable is set. */
export interface Origin {
  /** `group_vars/web.yaml`, `--extra-vars`. */
  readonly layer: string;
  readonly source?: Source;
}

/** A variable of a host. */
export interface Variable {
  readonly name: string;
  /** Absent when it cannot be known here; then `problem` says why. */
  readonly value?: Value;
  readonly problem?: string;
  readonly origin: Origin;
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
    for (const [name, { source }] of layer.bindings) {
      origins.set(name, [{ layer: layer.name, ...(source && { source }) }, ...(origins.get(name) ?? [])]);
    }
  }
  return [...origins]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, [origin, ...hidden]]) => (origin ? [{ name, ...valueOf(() => scope.get(name)), origin, hidden }] : []));
}

function valueOf(get: () => Value | undefined): { readonly value?: Value; readonly problem?: string } {
  try {
    return { value: get() ?? null };
  } catch (error) {
    if (error instanceof UnknownValue) return { problem: 'known only in a run' };
    if (error instanceof InputError) return { problem: error.problems[0]?.message ?? error.message };
    throw error;
  }
}
