import { basename, dirname, join } from 'node:path';
import type { Source } from '../values/errors.ts';
import type { Files } from './files.ts';
import { nearest } from './nearest.ts';
import type { PlaybookReader } from './playbook.ts';

/** What a role has a folder for that is read with it. */
export type RolePart = 'tasks' | 'handlers' | 'defaults' | 'vars' | 'meta';

/** The folder of a role, absolute; undefined when there is none (the problem is then noted). A name with a slash is a path. */
export function findRole(name: string, asked: Source, reader: PlaybookReader): string | undefined {
  const { files, problems } = reader;
  const folders = roleFolders(reader);
  const found = candidates(name, reader).find((path) => files.kind(path) === 'folder');
  if (found !== undefined) return found;
  problems.lose();
  const near = nearest(
    name,
    folders.flatMap((folder) => rolesIn(folder, files)),
  );
  const isPath = name.includes('/');
  const looked = isPath
    ? `Looked for: ${candidates(name, reader).map(files.shown).join(', ')}.`
    : `Looked in: ${folders.map(files.shown).join(', ')}.`;
  problems.error(`there is no role "${name}"`, asked, near === undefined ? looked : `Did you mean "${near}"? ${looked}`);
  return undefined;
}

/** Every role that is found by its name, by that name. */
export function allRoles(reader: PlaybookReader): ReadonlyMap<string, string> {
  const { files } = reader;
  const pairs = roleFolders(reader).flatMap((folder) => rolesIn(folder, files).map((name) => [name, join(folder, name)] as const));
  return new Map(pairs.reverse());
}

/** The file of a role's part: `main.yaml` or `main.yml`, or the one that `from` names. Of variables, all files where `main` is a folder. */
export function partFiles(role: string, part: RolePart, from: string | undefined, asked: Source, reader: PlaybookReader): readonly string[] {
  const { files, problems } = reader;
  const name = from ?? 'main';
  const base = join(role, part, name);
  const tried = [...(from === undefined ? [] : [base]), `${base}.yaml`, `${base}.yml`];
  const found = tried.find((path) => files.kind(path) === 'file');
  if (found !== undefined) return [found];
  const isOfVariables = part === 'defaults' || part === 'vars';
  if (isOfVariables && files.kind(base) === 'folder')
    return files
      .list(base)
      .filter((file) => /\.ya?ml$/.test(file))
      .map((file) => join(base, file));
  if (from === undefined) return [];
  problems.lose();
  const folder = join(role, part);
  const there = files.kind(folder) === 'folder' ? files.list(folder) : [];
  problems.error(`the role "${basename(role)}" has no ${part}/${from}`, asked, `There are: ${there.join(', ') || 'none'}.`);
  return [];
}

/** Where roles are: in the role itself and beside it, beside the playbook, and beside the folder `playbooks`. */
function roleFolders({ folders, files }: PlaybookReader): readonly string[] {
  const around = folders.flatMap((folder) => [
    join(folder, 'roles'),
    ...(basename(dirname(folder)) === 'roles' ? [dirname(folder)] : []),
    ...(basename(folder) === 'playbooks' ? [join(dirname(folder), 'roles')] : []),
  ]);
  const all = [...new Set([...around, files.resolve('roles')])];
  // Of folders that there are not, only those that a person would expect are worth telling.
  return all.filter((folder) => files.kind(folder) === 'folder' || folder === join(folders.at(-1) ?? '', 'roles'));
}

function candidates(name: string, reader: PlaybookReader): readonly string[] {
  const { files, folders } = reader;
  if (name.includes('/')) return folders.map((folder) => files.resolve(name, folder));
  return roleFolders(reader).map((folder) => join(folder, name));
}

function rolesIn(folder: string, files: Files): readonly string[] {
  if (files.kind(folder) !== 'folder') return [];
  return files.list(folder).filter((name) => files.kind(join(folder, name)) === 'folder');
}
