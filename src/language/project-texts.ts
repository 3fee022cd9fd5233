import { dirname, join } from 'node:path';
import { InputError } from '../values/errors.ts';
import type { Files } from './files.ts';
import { tasksIn } from './handlers.ts';
import type { Inventory } from './inventory.ts';
import type { Play, Task } from './play.ts';

/** A text of the project. */
export interface ProjectText {
  readonly file: string;
  readonly text: string;
}

/** More files than a project has; in a home folder with all that is below it nothing is looked for. */
const mostFiles = 3000;
const largest = 1024 * 1024;

/**
 * The texts of a project in which a variable may be used: all below the folders of its plays, tasks, roles and inventories, whether this run reads them
 * or not. Undefined when there are too many to look through.
 */
export function projectTexts(plays: readonly Play[], inventory: Inventory, files: Files): readonly ProjectText[] | undefined {
  const tasks = plays.flatMap(({ tasks: items, handlers }) => [...tasksIn(items), ...handlers.map(({ task }) => task)]);
  const folders = [
    ...plays.flatMap(({ folder }) => folder ?? []),
    ...tasks.flatMap((task) => [...(task.folders ?? []), ...templateFolder(task, files)]),
    ...[...inventory.hosts.values()].map(({ folder }) => folder),
    ...['roles', 'templates', 'group_vars', 'host_vars'].map((name) => files.resolve(name)),
  ];
  const found = new Set<string>();
  for (const folder of new Set(folders)) if (!collect(folder, files, found)) return undefined;
  return [...found].flatMap((path) => readable(path, files));
}

/** Where a template lies that is named from outside of the usual folders. */
function templateFolder({ module, params, folders = [] }: Task, files: Files): readonly string[] {
  const src = module === 'template' ? params.entries?.get('src') : undefined;
  if (!src || src.variables.size > 0) return [];
  const path = src.evaluate({ get: () => undefined, names: () => [] });
  return typeof path === 'string'
    ? folders.map((folder) => dirname(files.resolve(join('templates', path), folder))).concat(dirname(files.resolve(path)))
    : [];
}

/** Adds the files below a folder. Gives false when they are too many. */
function collect(folder: string, files: Files, found: Set<string>): boolean {
  if (files.kind(folder) !== 'folder') return true;
  for (const name of files.list(folder)) {
    const path = join(folder, name);
    if (name.startsWith('.') || name === 'node_modules' || found.has(path)) continue;
    if (found.size >= mostFiles) return false;
    const kind = files.kind(path);
    if (kind === 'file') found.add(path);
    else if (kind === 'folder' && !collect(path, files, found)) return false;
  }
  return true;
}

/** The text of a file; none of what is no text, and of what nobody reads. */
function readable(path: string, files: Files): readonly ProjectText[] {
  try {
    const text = files.text(path);
    return text.length > largest || text.includes('\0') ? [] : [{ file: path, text }];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}
