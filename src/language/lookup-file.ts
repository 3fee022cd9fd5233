import { InputError, type Source } from '../values/errors.ts';
import type { Scope } from './expression.ts';
import type { Files } from './files.ts';
import { candidates } from './local-places.ts';
import type { Lookups } from './lookups.ts';

/** The variables that say where a file is looked for; whatever looks one up reads them. */
export const folderVariables = ['role_path', 'playbook_dir'];

/**
 * `file PATH` of templates and conditions: looked for as the `src` of a task there, in its role and beside its playbook.
 * @throws InputError when there is none.
 */
export function lookedUpFile(path: string, lookups: Pick<Lookups, 'file'>, scope: Scope, asked: Source): string {
  if (!lookups.file) throw InputError.of('no file can be looked up here', asked, 'Write the text itself.');
  const folders = folderVariables.map((name) => scope.get(name)).filter((folder) => typeof folder === 'string' && folder !== '');
  return lookups.file(path, folders as readonly string[], asked);
}

/** Reads each file once. @param projectFolder where the project's own `files/` is. */
export function fileLookup(files: Files, projectFolder: string): NonNullable<Lookups['file']> {
  const texts = new Map<string, string>();
  return (path, folders, asked) => {
    const tried = candidates('file', path, folders, files.resolve, projectFolder);
    const found = tried.find((candidate) => files.kind(candidate) !== undefined);
    if (found === undefined) throw InputError.of(`there is no file ${path}`, asked, `Looked for: ${tried.map(files.shown).join(', ')}.`);
    const text = texts.get(found) ?? files.text(found, asked).trimEnd();
    texts.set(found, text);
    return text;
  };
}
