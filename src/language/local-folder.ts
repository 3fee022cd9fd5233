import { InputError, type Source } from '../values/errors.ts';
import type { LocalBytes } from '../values/stream.ts';
import type { Files } from './files.ts';

/** All that is in a folder of the user's own machine, links followed. Paths begin below it. */
export interface LocalFolder {
  /** Each behind the one that it is in. */
  readonly folders: readonly string[];
  readonly files: readonly { readonly path: string; readonly content: LocalBytes; readonly mode: string }[];
}

/** More is no folder that a person wants to have copied file by file. */
const mostEntries = 10_000;

/** Reads names, modes and sizes; what is in the files later. @throws InputError for what cannot be read, or is too much. */
export function readFolder(folder: string, files: Files, asked?: Source): LocalFolder {
  const found: { folders: string[]; files: { path: string; content: LocalBytes; mode: string }[] } = { folders: [], files: [] };
  const walk = (below: string): void => {
    for (const name of files.list(`${folder}/${below}`)) {
      const path = `${below}${name}`;
      const full = `${folder}/${path}`;
      if (found.folders.length + found.files.length >= mostEntries)
        throw InputError.of(
          `${files.shown(folder)} holds more than ${mostEntries} files and folders`,
          asked,
          'Pack it with tar, and use the module unarchive.',
        );
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
      if (/[\u0000-\u001f\u007f]/.test(name))
        throw InputError.of(
          `${JSON.stringify(files.shown(full))} has a control character in its name`,
          asked,
          'Rename it, or pack the folder with tar, and use the module unarchive.',
        );
      const entry = files.look(full, asked);
      if (entry === undefined) throw InputError.of(`${files.shown(full)} is a link to nothing`, asked);
      if (entry.isFolder) {
        found.folders.push(path);
        walk(`${path}/`);
      } else if (entry.content) found.files.push({ path, content: entry.content, mode: entry.mode });
      else throw InputError.of(`${files.shown(full)} is neither a file nor a folder`, asked, 'Take it out of the folder.');
    }
  };
  walk('');
  return found;
}
