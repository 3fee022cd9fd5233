import { InputError } from '../values/errors.ts';
import type { Files } from './files.ts';

/** All that is in a folder of the user's own machine, links followed. Paths begin below it. */
export interface LocalFolder {
  /** Each behind the one that it is in. */
  readonly folders: readonly string[];
  readonly files: readonly { readonly path: string; readonly content: Uint8Array; readonly mode: string }[];
}

/** More is no folder that a person wants to have copied file by file. */
const mostEntries = 10_000;

/** @param bytes gives the content of a file by its path. @throws InputError for what cannot be read, or is too much. */
export function readFolder(folder: string, files: Files, bytes: (path: string) => Uint8Array): LocalFolder {
  const found: { folders: string[]; files: { path: string; content: Uint8Array; mode: string }[] } = { folders: [], files: [] };
  const walk = (below: string): void => {
    for (const name of files.list(`${folder}/${below}`)) {
      const path = `${below}${name}`;
      const full = `${folder}/${path}`;
      if (found.folders.length + found.files.length >= mostEntries)
        throw InputError.of(
          `${files.shown(folder)} holds more than ${mostEntries} files and folders`,
          undefined,
          'Pack it with tar, and use the module unarchive.',
        );
      const kind = files.kind(full);
      if (kind === 'folder') {
        found.folders.push(path);
        walk(`${path}/`);
      } else if (kind === 'file') {
        found.files.push({ path, content: bytes(full), mode: files.mode(full) });
      } else throw InputError.of(`${files.shown(full)} is a link to nothing`);
    }
  };
  walk('');
  return found;
}
