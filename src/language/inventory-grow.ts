import type { Addition } from '../values/addition.ts';
import { InputError, TaskError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import { isMapping, type Value } from '../values/vars.ts';
import type { RawGroup, RawHost, RawInventory } from './inventory-raw.ts';
import { type Binding, bindingOf, scopeOf, valueLayer } from './variables.ts';

type Parts<Kind> = Extract<Addition, { kind: Kind }>;

/** Whether an inventory has all that a task would add, as Ansible counts it. */
export function isIn(addition: Addition, raw: RawInventory): boolean {
  if (addition.kind === 'host') {
    const { host, groups, vars } = addition;
    const isIn = (group: string) => group === 'all' || raw.groups.get(group)?.hosts.has(host);
    return raw.hosts.has(host) && groups.every(isIn) && newVars(vars, raw.hosts.get(host)).length === 0;
  }
  const { host, group, parents } = addition;
  return isWithin(host, group, raw) && parents.every((parent) => isBelow(group, parent, raw));
}

/**
 * What an inventory's files say, with what tasks add. Hosts come to groups (`group_by`) as if one after another had, in the order of the inventory:
 * the order of a group does not hang on which host was faster.
 * @param folder the inventory's, for a new host.
 * @throws TaskError for groups that would be below each other in a circle.
 */
export function grown(raw: RawInventory, additions: readonly Addition[], folder: string): RawInventory {
  if (additions.length === 0) return raw;
  const own = new Set<string>();
  const copy: Copy = {
    groups: new Map(raw.groups),
    hosts: new Map(raw.hosts),
    groupOf(name, source) {
      const known = copy.groups.get(name) ?? { name, source, hosts: new Set(), children: new Set(), layers: [], priority: 1 };
      const group = own.has(name) ? known : { ...known, hosts: new Set(known.hosts), children: new Set(known.children) };
      own.add(name);
      copy.groups.set(name, group);
      return group;
    },
  };
  for (const addition of additions) if (addition.kind === 'host') addHost(copy, addition, folder);
  const order = new Map([...copy.hosts.keys()].map((name, index) => [name, index]));
  const orderOf = ({ host }: Addition) => order.get(host) ?? order.size;
  for (const addition of [...additions].sort((a, b) => orderOf(a) - orderOf(b))) if (addition.kind === 'group') joinGroup(copy, addition);
  return copy;
}

/** What an inventory grows in: the maps are its own, and each group that it has asked for. */
interface Copy {
  readonly groups: Map<string, RawGroup>;
  readonly hosts: Map<string, RawHost>;
  readonly groupOf: (name: string, source: RawHost['source']) => RawGroup;
}

function addHost(copy: Copy, { host, groups, vars }: Parts<'host'>, folder: string): void {
  const source = { file: 'add_host', line: 1, column: 1 };
  copy.hosts.set(host, withVars(copy.hosts.get(host) ?? newHost(host, source, folder), vars));
  for (const group of groups) if (group !== 'all') copy.groupOf(group, source).hosts.add(host);
}

function joinGroup(copy: Copy, { host, group, parents }: Parts<'group'>): void {
  const source = { file: 'group_by', line: 1, column: 1 };
  const { hosts } = copy.groupOf(group, source);
  // Who is in it by a group below has joined already.
  if (!isWithin(host, group, copy)) hosts.add(host);
  for (const parent of parents) {
    if (isBelow(group, parent, copy)) continue;
    if (parent !== 'all' && namesWithin(group, copy).has(parent))
      throw new TaskError(
        group === parent ? `the group ${group} cannot be below itself` : `the group ${group} cannot be below ${parent}, which is below it`,
        'Leave that one out of parents.',
      );
    copy.groupOf(parent, source).children.add(group);
  }
}

function newHost(name: string, source: RawHost['source'], folder: string): RawHost {
  // As without it: this machine, unless its variables say otherwise.
  const layers = name === 'localhost' ? [valueLayer('localhost', { ansible_connection: 'local' })] : [];
  return { name, source, file: '', folder, layers };
}

function withVars(host: RawHost, vars: Parts<'host'>['vars']): RawHost {
  const news = newVars(vars, host);
  return news.length === 0 ? host : { ...host, layers: [...host.layers, valueLayer('add_host', Object.fromEntries(news))] };
}

/** Those that the host does not have so already. */
function newVars(vars: Parts<'host'>['vars'], host: RawHost | undefined): readonly (readonly [string, Value])[] {
  return Object.entries(vars).filter(([name, value]) => !isGiven(bindingOf(host?.layers ?? [], name)?.binding, value));
}

/** Whether a host is in a group, or in one below it. */
function isWithin(host: string, group: string, raw: RawInventory): boolean {
  return [...namesWithin(group, raw)].some((name) => raw.groups.get(name)?.hosts.has(host));
}

/** A group and all groups below it. */
function namesWithin(group: string, { groups }: RawInventory): ReadonlySet<string> {
  const names = new Set([group]);
  // A set may grow while it is gone through.
  for (const name of names) for (const child of groups.get(name)?.children ?? []) names.add(child);
  return names;
}

/** Whether a group stands right below another. Below `all` stands by itself what is below no other. */
function isBelow(group: string, parent: string, raw: RawInventory): boolean {
  if (raw.groups.get(parent)?.children.has(group)) return true;
  return parent === 'all' && ![...raw.groups.values()].some(({ children }) => children.has(group));
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
