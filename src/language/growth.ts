import { couldBe } from './include-names.ts';
import type { Inventory } from './inventory.ts';
import { splitPattern } from './pattern.ts';
import type { Made } from './play.ts';

/**
 * What tasks may have added to an inventory, as far as their text shows: names of which a part is a template may be any that fit.
 * Who asks whether a name may have come to be gets yes rather than no.
 */
export class Growth {
  readonly #hosts: readonly string[];
  readonly #groups: readonly string[];
  /** The variables that tasks give to hosts they add. */
  readonly variables: readonly string[];
  /** Groups of the inventory that hosts may join, also by one below. */
  readonly #joined: ReadonlySet<string>;

  constructor(made: readonly Made[], inventory: Inventory) {
    this.#hosts = made.flatMap(({ hosts }) => hosts);
    this.#groups = made.flatMap(({ groups }) => groups);
    this.variables = made.flatMap(({ variables }) => variables);
    const below = (name: string, seen: Set<string>): boolean => {
      if (seen.has(name)) return false;
      seen.add(name);
      return this.#isNamed(name) || (inventory.groups.get(name)?.children ?? []).some((child) => below(child, seen));
    };
    this.#joined = new Set([...inventory.groups.keys()].filter((name) => below(name, new Set())));
  }

  #isNamed(name: string): boolean {
    return this.#groups.some((text) => couldBe(text, name));
  }

  /** Whether a host of that name may have been added, or been given variables. */
  mayHaveHost(name: string): boolean {
    return this.#hosts.some((text) => couldBe(text, name));
  }

  /** Whether hosts may have joined the group of that name. */
  mayHaveGroup(name: string): boolean {
    return name !== 'all' && name !== 'ungrouped' && (this.#joined.has(name) || this.#isNamed(name));
  }

  /** Whether a part of a pattern may mean other hosts than it does in the inventory's files. */
  mayChangePart(part: string): boolean {
    if (part === 'all' || part === '*') return this.#hosts.length > 0;
    return part === 'ungrouped' || part.startsWith('~') || /[*?[]/.test(part) || this.mayHaveGroup(part) || this.mayHaveHost(part);
  }

  /** Whether a pattern may take other hosts. */
  mayChange(pattern: string): boolean {
    const parts = splitPattern(pattern).map((part) => part.replace(/^[&!]/, ''));
    // What only narrows or takes away begins with all.
    return [...parts, ...(/(^|[,:])[^&!]/.test(pattern) ? [] : ['all'])].some((part) => this.mayChangePart(part));
  }
}
