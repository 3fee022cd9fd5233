import { dirname, join } from 'node:path';
import { InputError } from '../values/errors.ts';
import type { Group, GrowingInventory, Host, Inventory } from './inventory.ts';
import { type RawGroup, type RawHost, type RawInventory, readInventoryFile } from './inventory-file.ts';
import { growing } from './inventory-growing.ts';
import { groupDepths, type VarsFiles, varsFilesIn } from './inventory-vars.ts';
import { Problems } from './problems.ts';
import { type Reader, readYaml } from './reader.ts';
import type { Layer } from './variables.ts';

const yamlEnding = /\.(ya?ml|json)$/;
/** Files beside an inventory that are none. */
const notInventory = /^(\.|homerun\.ya?ml$|secrets)/;

/**
 * Reads inventories, of which a later one adds to an earlier one and wins over it.
 * @param paths files, or folders of which every YAML file is read in the order of names.
 * @throws InputError when one cannot be found; what is wrong inside goes to the reader's problems.
 */
export function readInventory(paths: readonly string[], reader: Reader): GrowingInventory {
  const { files, problems } = reader;
  const raw: RawInventory = { groups: new Map(), hosts: new Map() };
  const varsFiles: VarsFiles[] = [];
  for (const given of paths) {
    const path = files.resolve(given);
    const kind = files.kind(path);
    if (!kind)
      throw InputError.of(
        `there is no inventory ${files.shown(path)}`,
        undefined,
        'Name one with -i PATH, or copy inventory/example and put in your hosts.',
      );
    const folder = kind === 'folder' ? path : dirname(path);
    for (const file of kind === 'folder' ? inventoryFiles(path, reader) : [path]) readOne(file, folder, raw, reader);
    varsFiles.push(varsFilesIn(folder, reader));
  }
  const hasErrors = problems.errors.length > 0;
  if (raw.hosts.size === 0 && !hasErrors) {
    throw InputError.of(
      `the inventory has no hosts (${paths.map((path) => files.shown(files.resolve(path))).join(', ')})`,
      undefined,
      'Write at least one: all: {hosts: {h1: {ssh_host: 192.0.2.1}}}.',
    );
  }
  return growing({
    raw,
    varsFiles,
    // What is wrong in the files is told once.
    assemble: (now) => assembled(now, varsFiles, now === raw ? reader : { ...reader, problems: new Problems() }),
    folder: raw.hosts.values().next().value?.folder ?? '',
    warnOfStrays: (isMade = () => false) => warnOfStrays(raw, varsFiles, reader, isMade),
  });
}

type IsMeant = (kind: 'group' | 'host', name: string) => boolean;

function inventoryFiles(folder: string, { files }: Reader): readonly string[] {
  return files
    .list(folder)
    .filter((name) => yamlEnding.test(name) && !notInventory.test(name))
    .map((name) => join(folder, name))
    .filter((path) => files.kind(path) === 'file');
}

function readOne(path: string, folder: string, raw: RawInventory, reader: Reader): void {
  const { files, problems } = reader;
  const text = problems.collect(() => files.text(path)) ?? '';
  if (/^\[[\w.:-]+\]\s*$/m.test(text)) {
    return problems.error(
      'this is an inventory in INI form, which is not read',
      { file: files.shown(path), line: 1, column: 1 },
      'Write it in YAML: all: {children: {web: {hosts: {h1: {}}}}}.',
    );
  }
  const node = readYaml(reader, path);
  if (node) readInventoryFile(node, folder, raw, reader);
}

/** Files of variables whose name is that of no group or host: most likely misspelt. */
function warnOfStrays(raw: RawInventory, varsFiles: readonly VarsFiles[], { problems, files }: Reader, isMade: IsMeant): void {
  for (const { groups, hosts } of varsFiles) {
    for (const [name, { path }] of groups) {
      if (name !== 'all' && name !== 'ungrouped' && !raw.groups.has(name) && !isMade('group', name))
        problems.warning(`${files.shown(path)} belongs to no group of the inventory`, undefined, `Groups: ${[...raw.groups.keys()].join(', ')}.`);
    }
    for (const [name, { path }] of hosts) {
      if (!raw.hosts.has(name) && !isMade('host', name))
        problems.warning(
          `${files.shown(path)} belongs to no host of the inventory`,
          undefined,
          `Put the host "${name}" into a group of the inventory, or delete the file.`,
        );
    }
  }
}

/** Puts in order what the files of an inventory say. */
export function assembled(raw: RawInventory, varsFiles: readonly VarsFiles[], { problems }: Reader): Inventory {
  const groups = [...raw.groups.values()].filter(({ name }) => name !== 'all' && name !== 'ungrouped');
  for (const { name, source } of groups)
    if (raw.hosts.has(name))
      problems.warning(`"${name}" is the name of a host and of a group`, source, 'Rename one: a pattern cannot tell them apart.');
  const depths = groupDepths(raw.groups, problems);
  const below = new Map(groups.map((group) => [group.name, hostsBelow(group, raw, new Set())]));
  const byDepth = [...groups].sort((a, b) => (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0) || (a.name < b.name ? -1 : 1));
  const order = [...raw.hosts.keys()];
  const hosts = new Map<string, Host>();
  for (const host of raw.hosts.values()) {
    const own = byDepth.filter(({ name }) => below.get(name)?.has(host.name));
    hosts.set(host.name, {
      name: host.name,
      source: host.source,
      folder: host.folder,
      groups: own.map(({ name }) => name).sort(),
      layers: hostLayers(host, own, raw, varsFiles),
    });
  }
  return {
    hosts,
    groups: new Map(
      groups.map((group): [string, Group] => [
        group.name,
        { name: group.name, hosts: order.filter((name) => below.get(group.name)?.has(name)), children: [...group.children] },
      ]),
    ),
  };
}

/** As Ansible's VARIABLE_PRECEDENCE: what stands in inventory files lies below what stands in `group_vars`. */
function hostLayers(host: RawHost, groups: readonly RawGroup[], raw: RawInventory, varsFiles: readonly VarsFiles[]): readonly Layer[] {
  const names = groups.length === 0 ? ['ungrouped'] : groups.map(({ name }) => name);
  const inFiles = ['all', ...names].flatMap((name) => raw.groups.get(name)?.layers ?? []);
  const groupVars = ['all', ...names].flatMap((name) => varsFiles.flatMap((found) => found.groups.get(name)?.layers ?? []));
  const hostVars = varsFiles.flatMap((found) => found.hosts.get(host.name)?.layers ?? []);
  return [...inFiles, ...groupVars, ...host.layers, ...hostVars];
}

function hostsBelow(group: RawGroup, raw: RawInventory, seen: Set<string>): ReadonlySet<string> {
  if (seen.has(group.name)) return new Set();
  seen.add(group.name);
  const children = [...group.children].map((name) => raw.groups.get(name)).filter((child) => child !== undefined);
  return new Set([...group.hosts, ...children.flatMap((child) => [...hostsBelow(child, raw, seen)])]);
}
