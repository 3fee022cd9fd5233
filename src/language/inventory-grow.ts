import type { Addition } from '../values/addition.ts';
import { InputError, TaskError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import { isMapping, type Value } from '../values/vars.ts';
import type { RawGroup, RawHost, RawInventory } from './inventory-file.ts';
import { groupDepths } from './inventory-vars.ts';
import { Problems } from './problems.ts';
import { type Binding, bindingOf, scopeOf, valueLayer } from './variables.ts';

type Parts<Kind> = Extract<Addition, { kind: Kind }>;

/**
 * What an inventory's files say, with what a task adds; undefined where all that is in it already.
 * @param folder the inventory's, for a new host.
 * @throws TaskError for groups that would be below each other in a circle.
 */
export function grown(raw: RawInventory, addition: Addition, folder: string): RawInventory | undefined {
  const copy = new Copy(raw, `${addition.kind === 'host' ? 'add_host' : 'group_by'}`, folder);
  if (addition.kind === 'host') copy.addHost(addition);
  else copy.joinGroup(addition);
  return copy.hasChanged ? copy.raw : undefined;
}

/** A copy that is changed, and knows whether it was; of groups and hosts those that are looked at are copied too. */
class Copy {
  readonly raw: RawInventory;
  hasChanged = false;
  readonly #source: { readonly file: string; readonly line: number; readonly column: number };
  readonly #folder: string;

  constructor(raw: RawInventory, module: string, folder: string) {
    this.raw = { groups: new Map(raw.groups), hosts: new Map(raw.hosts), belowAll: new Set(raw.belowAll) };
    this.#source = { file: module, line: 1, column: 1 };
    this.#folder = folder;
  }

  addHost({ host: name, groups, vars }: Parts<'host'>): void {
    const host = this.#host(name);
    const news = Object.entries(vars).filter(([variable, value]) => !isGiven(bindingOf(host.layers, variable)?.binding, value));
    if (news.length > 0) {
      host.layers.push(valueLayer('add_host', Object.fromEntries(news)));
      this.hasChanged = true;
    }
    for (const group of groups) this.#putInto(name, group);
  }

  joinGroup({ host, group, parents }: Parts<'group'>): void {
    // As Ansible counts: who is in it by a group below has not joined.
    if (!this.#isWithin(host, group, new Set())) this.#putInto(host, group);
    this.#group(group);
    for (const parent of parents) {
      if (parent === 'all') this.#putBelowAll(group);
      else this.#putBelow(group, parent);
    }
  }

  #putInto(host: string, group: string): void {
    if (group === 'all') return;
    const { hosts } = this.#group(group);
    if (!hosts.has(host)) this.hasChanged = true;
    hosts.add(host);
  }

  #putBelow(group: string, parent: string): void {
    const { children } = this.#group(parent);
    if (children.has(group)) return;
    children.add(group);
    this.hasChanged = true;
    const found = new Problems();
    groupDepths(this.raw.groups, found);
    const [circle] = found.errors;
    if (circle || group === parent)
      throw new TaskError(circle?.message ?? `the group ${group} cannot be below itself`, 'A group is not below one that is below it.');
  }

  /** Which a group without another above is anyway. */
  #putBelowAll(group: string): void {
    const below = this.raw.belowAll;
    const hasOther = [...this.raw.groups.values()].some(({ name, children }) => name !== 'all' && children.has(group));
    if (!hasOther || below?.has(group)) return;
    below?.add(group);
    this.hasChanged = true;
  }

  #isWithin(host: string, name: string, seen: Set<string>): boolean {
    const group = this.raw.groups.get(name);
    if (!group || seen.has(name)) return false;
    seen.add(name);
    return group.hosts.has(host) || [...group.children].some((child) => this.#isWithin(host, child, seen));
  }

  #group(name: string): RawGroup {
    const known = this.raw.groups.get(name);
    if (!known) this.hasChanged = true;
    const group = known
      ? { ...known, hosts: new Set(known.hosts), children: new Set(known.children) }
      : { name, source: this.#source, hosts: new Set<string>(), children: new Set<string>(), layers: [] };
    this.raw.groups.set(name, group);
    return group;
  }

  #host(name: string): RawHost {
    const known = this.raw.hosts.get(name);
    if (!known) this.hasChanged = true;
    // As without it: this machine, unless its variables say otherwise.
    const first = name === 'localhost' ? [valueLayer('localhost', { ansible_connection: 'local' })] : [];
    const host = known ? { ...known, layers: [...known.layers] } : { name, source: this.#source, folder: this.#folder, layers: first };
    this.raw.hosts.set(name, host);
    return host;
  }
}

/** Whether a variable has that value already; one that other variables go into counts as another. */
function isGiven(binding: Binding | undefined, value: Value): boolean {
  if (!binding) return false;
  if ('value' in binding) return isSame(binding.value, value);
  if (!('expression' in binding) || binding.expression.variables.size > 0) return false;
  try {
    return isSame(binding.expression.evaluate(scopeOf([])), value);
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function isSame(a: Value, b: Value): boolean {
  if (a instanceof Secret || b instanceof Secret) return a instanceof Secret && b instanceof Secret && a.reveal() === b.reveal();
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item: Value, index) => isSame(item, b[index] as Value));
  if (!isMapping(a) || !isMapping(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key] as Value, b[key] as Value));
}
