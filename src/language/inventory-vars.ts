import { join } from 'node:path';
import type { RawGroup } from './inventory-file.ts';
import { fileLayer } from './layer.ts';
import type { Problems } from './problems.ts';
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

const ending = /\.(ya?ml|json)$/;

/** Reads `group_vars/` and `host_vars/` in `folder`. A name is a file (`web.yaml`) or a folder of files. */
export function varsFilesIn(folder: string, reader: Reader): VarsFiles {
  return { groups: namedLayers(join(folder, 'group_vars'), reader), hosts: namedLayers(join(folder, 'host_vars'), reader) };
}

function namedLayers(folder: string, reader: Reader): ReadonlyMap<string, NamedLayers> {
  const { files, problems } = reader;
  const found = new Map<string, NamedLayers>();
  if (files.kind(folder) !== 'folder') return found;
  for (const entry of files.list(folder)) {
    if (entry.startsWith('.') || entry.endsWith('~')) continue;
    const path = join(folder, entry);
    const isFolder = files.kind(path) === 'folder';
    const name = isFolder ? entry : entry.replace(ending, '');
    if (!isFolder && name === entry) {
      problems.warning(`${files.shown(path)} is not read`, undefined, 'Files of variables end in .yaml or .yml.');
      continue;
    }
    const named = found.get(name) ?? { path, layers: [] };
    found.set(name, named);
    for (const file of isFolder ? yamlFilesBelow(path, reader) : [path]) {
      const layer = fileLayer(file, reader);
      if (layer) named.layers.push(layer);
    }
  }
  return found;
}

function yamlFilesBelow(folder: string, reader: Reader): readonly string[] {
  return reader.files
    .list(folder)
    .filter((entry) => !entry.startsWith('.') && !entry.endsWith('~'))
    .map((entry) => join(folder, entry))
    .flatMap((path) => (reader.files.kind(path) === 'folder' ? yamlFilesBelow(path, reader) : ending.test(path) ? [path] : []));
}

/** How far below `all` each group is: one more than its deepest parent. Notes a group that is below itself. */
export function groupDepths(groups: ReadonlyMap<string, RawGroup>, problems: Problems): ReadonlyMap<string, number> {
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
    if ((depths.get(group.name) ?? 0) >= depth) return;
    depths.set(group.name, depth);
    for (const name of group.children) {
      const next = groups.get(name);
      if (next) visit(next, depth + 1, [...path, group.name]);
    }
  };
  for (const group of groups.values()) visit(group, 1, []);
  return depths;
}
