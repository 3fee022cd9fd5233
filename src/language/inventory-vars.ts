import { extname, join } from 'node:path';
import type { RawInventory } from './inventory-raw.ts';
import { fileLayer } from './layer.ts';
import type { Reader } from './reader.ts';
import type { Layer } from './variables.ts';

/** The layers of `group_vars/NAME` or `host_vars/NAME`, from low to high. */
interface NamedLayers {
  readonly path: string;
  readonly layers: Layer[];
}

/** What `group_vars/` and `host_vars/` beside an inventory hold, by group and host. */
export interface VarsFiles {
  readonly groups: ReadonlyMap<string, NamedLayers>;
  readonly hosts: ReadonlyMap<string, NamedLayers>;
}

const endings = ['.yml', '.yaml', '.json'];

/** Reads `group_vars/` and `host_vars/` in `folder`. A name is a file (`web.yaml`, `web`) or a folder of files. */
export function varsFilesIn(folder: string, raw: RawInventory, reader: Reader): VarsFiles {
  const groups = namedLayers(join(folder, 'group_vars'), (name) => isGroup(name, raw), reader);
  const hosts = namedLayers(join(folder, 'host_vars'), (name) => raw.hosts.has(name), reader);
  for (const [name, { layers }] of groups) {
    const priority = layers.map(({ bindings }) => bindings.get('ansible_group_priority')).find((binding) => binding !== undefined);
    if (priority)
      reader.problems.warning(
        'ansible_group_priority does nothing here, as in Ansible',
        priority.source,
        `Write it below the vars of "${name}" in the inventory.`,
      );
  }
  return { groups, hosts };
}

/** Warns of files of variables whose name is that of no group or host, nor of one that the run may add: most likely misspelt. */
export function warnOfStrays(
  raw: RawInventory,
  varsFiles: readonly VarsFiles[],
  { problems, files }: Reader,
  isMade: (kind: 'group' | 'host', name: string) => boolean,
): void {
  for (const { groups, hosts } of varsFiles) {
    for (const [name, { path }] of groups) {
      if (!isGroup(name, raw) && !isMade('group', name))
        problems.warning(`${files.shown(path)} belongs to no group of the inventory`, undefined, `Groups: ${[...raw.groups.keys()].join(', ')}.`);
    }
    for (const [name, { path }] of hosts) {
      if (!raw.hosts.has(name) && name !== 'localhost' && !isMade('host', name))
        problems.warning(
          `${files.shown(path)} belongs to no host of the inventory`,
          undefined,
          `Put the host "${name}" into a group of the inventory, or delete the file.`,
        );
    }
  }
}

function isGroup(name: string, { groups }: RawInventory): boolean {
  return name === 'all' || name === 'ungrouped' || groups.has(name);
}

function namedLayers(folder: string, isKnown: (name: string) => boolean, reader: Reader): ReadonlyMap<string, NamedLayers> {
  const { files, problems } = reader;
  const found = new Map<string, NamedLayers>();
  if (files.kind(folder) !== 'folder') return found;
  for (const entry of files.list(folder)) {
    if (isHidden(entry)) continue;
    const path = join(folder, entry);
    const isFolder = files.kind(path) === 'folder';
    const hasEnding = !isFolder && endings.includes(extname(entry));
    const name = hasEnding ? entry.slice(0, -extname(entry).length) : entry;
    // Without an ending the name is a host's as it stands: h1.example.org.
    if (!isFolder && !hasEnding && extname(entry) !== '' && !isKnown(name)) {
      problems.warning(`${files.shown(path)} is not read`, undefined, 'Files of variables end in .yaml or .yml.');
      continue;
    }
    const other = found.get(name);
    if (other)
      problems.error(
        `${files.shown(other.path)} and ${files.shown(path)} are both for "${name}": Ansible would read one of them alone`,
        undefined,
        `Put all into one file, or several into the folder ${files.shown(join(folder, name))}.`,
      );
    const layers = (isFolder ? filesBelow(path, reader) : [path]).flatMap((file) => fileLayer(file, reader) ?? []);
    found.set(name, { path, layers: [...(other?.layers ?? []), ...layers] });
  }
  return found;
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name.endsWith('~');
}

/** The files of a folder and of those in it; what has another ending, and folders with one, are passed over, as in Ansible. */
function filesBelow(folder: string, reader: Reader): readonly string[] {
  return reader.files
    .list(folder)
    .filter((entry) => !isHidden(entry))
    .flatMap((entry): readonly string[] => {
      const path = join(folder, entry);
      const ending = extname(entry);
      if (reader.files.kind(path) === 'folder') return ending === '' ? filesBelow(path, reader) : [];
      return ending === '' || endings.includes(ending) ? [path] : [];
    });
}
