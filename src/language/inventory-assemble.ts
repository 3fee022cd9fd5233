import type { Group, Host, Inventory } from './inventory.ts';
import type { RawGroup, RawHost, RawInventory } from './inventory-raw.ts';
import type { VarsFiles } from './inventory-vars.ts';
import type { Problems } from './problems.ts';
import { type Layer, valueLayer } from './variables.ts';

/** Puts what files say in order: who is in which group, and which variables count more. Notes groups in a circle. */
export function assembled(raw: RawInventory, varsFiles: readonly VarsFiles[], workingFolder: string, problems: Problems): Inventory {
  const groups = [...raw.groups.values()].filter(({ name }) => name !== 'all' && name !== 'ungrouped');
  for (const { name, source } of groups)
    if (raw.hosts.has(name)) problems.warning(`"${name}" is the name of a host and of a group`, source, 'Rename one: a pattern takes the host.');
  const depths = groupDepths(raw.groups, problems);
  const below = new Map(groups.map((group) => [group.name, hostsOf([group.name], raw)]));
  const byWeight = groups.toSorted(
    (a, b) => (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0) || a.priority - b.priority || (a.name < b.name ? -1 : 1),
  );
  const own = (host: string) => byWeight.filter(({ name }) => below.get(name)?.has(host)).map(({ name }) => name);
  const hosts = new Map<string, Host>();
  for (const host of raw.hosts.values()) {
    const { name, source, file, folder } = host;
    const groupsOfHost = own(name);
    const weighed = ['all', ...(groupsOfHost.length === 0 ? ['ungrouped'] : groupsOfHost)];
    const layers = hostLayers(host, weighed, raw, varsFiles);
    hosts.set(name, { name, source, file, folder, layers, groups: groupsOfHost.toSorted() });
  }
  const top = topGroups(groups, raw);
  const all = raw.groups.get('all');
  const ungrouped = [...hosts.values()].filter((host) => host.groups.length === 0).map(({ name }) => name);
  return {
    hosts,
    ...(!hosts.has('localhost') && { thisMachine: thisMachine(raw, varsFiles, workingFolder, own('localhost')) }),
    // A task may put this machine into a group: it is not one of all for that.
    order: [...new Set([...(all?.hosts ?? []), ...ungrouped, ...hostsOf(top, raw)])].filter((name) => hosts.has(name)),
    top,
    groups: new Map(
      groups.map((group): [string, Group] => {
        const { name, children } = group;
        return [name, { name, hosts: [...(below.get(name) ?? [])], own: [...group.hosts], children: [...children] }];
      }),
    ),
  };
}

/** `localhost` as Ansible adds it: reached without SSH, with the variables of `all`. @param groups that a task has put it into, the one that counts most last. */
function thisMachine(raw: RawInventory, varsFiles: readonly VarsFiles[], folder: string, groups: readonly string[]): Host {
  const host: RawHost = { name: 'localhost', source: { file: 'localhost', line: 1, column: 1 }, file: '', folder, layers: [] };
  const connection = valueLayer('localhost', { ansible_connection: 'local' });
  return { ...host, groups: groups.toSorted(), layers: hostLayers({ ...host, layers: [connection] }, ['all', ...groups], raw, varsFiles) };
}

/** The groups right below `all`: those that it names, then those that are below no other. */
function topGroups(groups: readonly RawGroup[], raw: RawInventory): readonly string[] {
  const inOthers = new Set(groups.flatMap((group) => [...group.children]));
  const named = [...(raw.groups.get('all')?.children ?? [])].filter((name) => name !== 'ungrouped');
  return [...new Set([...named, ...groups.map(({ name }) => name).filter((name) => !inOthers.has(name))])];
}

/** The hosts of groups and of those below them, one level after another, as Ansible orders them. */
function hostsOf(names: readonly string[], raw: RawInventory): ReadonlySet<string> {
  const seen = new Set(names);
  // A set may grow while it is gone through.
  for (const name of seen) for (const child of raw.groups.get(name)?.children ?? []) seen.add(child);
  return new Set([...seen].flatMap((name) => [...(raw.groups.get(name)?.hosts ?? [])]));
}

/** How far below `all` each group is: one more than its deepest parent. Notes a group that is below itself. */
function groupDepths(groups: ReadonlyMap<string, RawGroup>, problems: Problems): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const visit = (group: RawGroup, depth: number, path: readonly string[]) => {
    if (path.includes(group.name)) {
      problems.error(
        `groups are below each other in a circle: ${[...path.slice(path.indexOf(group.name)), group.name].join(' → ')}`,
        group.source,
        'Take one of them out of the "children" of the other.',
      );
      return;
    }
    if ((depths.get(group.name) ?? -1) >= depth) return;
    depths.set(group.name, depth);
    for (const name of group.children) {
      const next = groups.get(name);
      if (next) visit(next, depth + 1, [...path, group.name]);
    }
  };
  for (const group of groups.values()) visit(group, group.name === 'all' ? 0 : 1, []);
  return depths;
}

/** The layers of a host that is in `groups`, low to high. As Ansible's VARIABLE_PRECEDENCE: what stands in inventory files lies below what stands in `group_vars`. */
function hostLayers(host: RawHost, groups: readonly string[], raw: RawInventory, varsFiles: readonly VarsFiles[]): readonly Layer[] {
  const inFiles = groups.flatMap((name) => raw.groups.get(name)?.layers ?? []);
  const groupVarsOf = (names: readonly string[]) => varsFiles.flatMap(({ groups: found }) => names.flatMap((name) => found.get(name)?.layers ?? []));
  // A parent's of a later folder counts more than a child's of an earlier one.
  const groupVars = [...groupVarsOf(['all']), ...groupVarsOf(groups.filter((name) => name !== 'all'))];
  const hostVars = varsFiles.flatMap((found) => found.hosts.get(host.name)?.layers ?? []);
  return [...inFiles, ...groupVars, ...host.layers, ...hostVars];
}
