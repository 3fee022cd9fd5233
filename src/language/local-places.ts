import { basename, dirname } from 'node:path';

/** A script is a file; the text that names it goes on with words for it, as a command line does. A tree is a file or a folder. */
export type LocalFileKind = 'file' | 'template' | 'script' | 'tree';

/** Where a file may be, the first that there is being taken. */
export function candidates(
  kind: LocalFileKind,
  path: string,
  folders: readonly string[],
  resolve: (path: string, folder?: string) => string,
  projectFolder: string,
): readonly string[] {
  if (path.startsWith('/') || path.startsWith('~/')) return [resolve(path)];
  const subfolder = kind === 'template' ? 'templates' : 'files';
  // A playbook lies in `playbooks/`, beside which the project's `templates/` lie.
  const project = [...folders.filter((folder) => basename(folder) === 'playbooks').map((folder) => dirname(folder)), projectFolder];
  return [
    ...new Set([
      ...folders.flatMap((folder) => [resolve(`${subfolder}/${path}`, folder), resolve(path, folder)]),
      ...project.map((folder) => resolve(`${subfolder}/${path}`, folder)),
      resolve(path, projectFolder),
    ]),
  ];
}
