// Where the lab keeps its things. Everything is below `.lab/` in the project root, which git ignores.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's root folder: the nearest one above this file that has a package.json. */
export const projectRoot: string = findRoot(import.meta.dirname);

/** What the lab keeps between runs: downloads, builds, keys, logs. Shared by all labs of this clone. */
export const stateDirectory: string = join(projectRoot, '.lab');

/** Files that the lab needs at run time and that the compiler does not copy. */
export const assetsDirectory: string = join(projectRoot, 'test', 'lab', 'assets');

/** The folder of one lab: its SSH key, known_hosts, state and logs. */
export function labDirectory(name: string): string {
  return join(stateDirectory, 'labs', name);
}

/** A folder of downloads and builds that are made once. */
export function cacheDirectory(name: string): string {
  return join(stateDirectory, 'cache', name);
}

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const above = dirname(from);
  if (above === from) throw new Error(`no package.json above ${import.meta.dirname}`);
  return findRoot(above);
}
