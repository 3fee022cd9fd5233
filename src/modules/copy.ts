import * as z from 'zod';
import { type FileAnswer, file } from '../questions/file.ts';
import { type Asking, ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { bool, type LocalEntry, localTree, modeOrSymbols, path, text } from './params.ts';
import { attributeParams } from './support/attributes.ts';
import { askFolder, type PlacedFolder, type PlacedFolderAnswers, planFolder } from './support/copy-folder.ts';
import { askHostFolder, type HostFolder, type HostFolderAnswers, planHostFolder } from './support/copy-host-folder.ts';
import { destination, validation } from './support/destination.ts';
import { askPlaced, type Placed, type PlacedAnswers, placedResult, planPlaced } from './support/place-content.ts';

const params = z
  .strictObject({
    src: localTree({ unless: 'remote_src' })
      .optional()
      .describe(
        'A file of your machine, looked for beside the playbook, in its `files` folder and in the project; or a folder with all that is in it (with a slash at its end: only what is in it). Links are followed.',
      ),
    content: text().optional().describe('The content itself, instead of a file.'),
    dest: destination().describe('Where it goes on the host; a folder (or a trailing slash) takes the name of `src`.'),
    remote_src: bool().default(false).describe('`src` is a path on the host.'),
    force: bool().default(true).describe('Replace a file that differs; without it, only write what is not there.'),
    follow: bool().default(false).describe('Write to what a link at `dest` points at, instead of replacing the link.'),
    backup: bool().default(false).describe('Keep the file that is replaced, beside it with the time in its name.'),
    validate: validation(),
    ...attributeParams,
    mode: z
      .union(
        [z.literal('preserve'), modeOrSymbols()],
        'expected a mode in octal as text with a leading zero, such as "0640", in symbols, such as u=rw,g=r,o=, or preserve',
      )
      .optional()
      .describe('The mode, in octal with a leading zero, as text: `"0640"`; in symbols: `u=rw,g=r,o=`; or `preserve`: that of `src`.'),
    directory_mode: modeOrSymbols().optional().describe('The mode of folders that are copied, or made for `dest`.'),
  })
  .refine(({ src, content }) => (src === undefined) !== (content === undefined), 'expected either src or content')
  .refine(
    ({ src, remote_src }) => !remote_src || typeof src !== 'string' || path().safeParse(src).success,
    'expected an absolute src with remote_src',
  );

type Params = z.output<typeof params>;

type Answers =
  | { readonly kind: 'file'; readonly placed: Placed; readonly answers: PlacedAnswers }
  | { readonly kind: 'folder'; readonly placed: PlacedFolder; readonly answers: PlacedFolderAnswers }
  | { readonly kind: 'host folder'; readonly placed: HostFolder; readonly answers: HostFolderAnswers };

export default defineModule({
  summary: 'Put a file, a folder or a text on the host.',
  params,
  examples: [
    { description: 'A file from your machine', task: 'copy:\n  src: motd\n  dest: /etc/motd\n  mode: "0644"' },
    { description: 'A text', task: 'copy:\n  content: "{{ inventory_hostname }}\\n"\n  dest: /etc/example\n  owner: root\n  mode: "0640"' },
    {
      description: 'A file that is on the host already',
      task: 'copy:\n  src: /usr/share/app/default.conf\n  dest: /etc/app.conf\n  remote_src: true',
    },
  ],
  absent: {
    local_follow: 'Links on your machine are followed.',
    decrypt: 'Keep secrets in the secrets file (homerun secret).',
    checksum: 'The digest is always checked.',
    attributes: 'Use the module command with chattr(1).',
    unsafe_writes: 'Files are always replaced in one step.',
  },
  *ask(params): Asking<Answers> {
    const { src } = params;
    if (typeof src === 'string') return yield* askOnHost(params, src);
    if (src?.tree) {
      const placed = folderOf(params, src, src.tree);
      return { kind: 'folder', placed, answers: yield* askFolder(placed) };
    }
    const mode = params.mode === 'preserve' ? src?.mode : params.mode;
    const placed = { ...placedOf(params), mode, name: src && nameOf(src.path), content: src?.content ?? params.content ?? '' };
    return { kind: 'file', placed, answers: yield* askPlaced(placed) };
  },
  plan: (_params, { kind, placed, answers }) => {
    switch (kind) {
      case 'file':
        return planPlaced(placed, answers);
      case 'folder':
        return planFolder(placed, answers);
      case 'host folder':
        return planHostFolder(placed, answers);
    }
  },
  result: ({ dest }, { kind, placed, answers }, outputs) => (kind === 'file' ? placedResult(placed, answers, outputs) : { dest, state: 'directory' }),
});

function placedOf({ dest, owner, group, force, follow, backup, validate, directory_mode }: Params): Omit<Placed, 'name' | 'content'> {
  return { dest, owner, group, force, follow, backup, validate, directoryMode: directory_mode };
}

const nameOf = (path: string): string => path.split('/').at(-1) ?? '';

/** Without a slash at the end of `src` the folder itself goes into `dest`. */
function folderOf(
  { dest, owner, group, mode, directory_mode, force, backup }: Params,
  src: LocalEntry,
  tree: NonNullable<LocalEntry['tree']>,
): PlacedFolder {
  const bare = dest.replace(/\/+$/, '');
  return { path: tree.isContent ? bare : `${bare}/${nameOf(src.path)}`, tree, owner, group, mode, directoryMode: directory_mode, force, backup };
}

function* askOnHost(params: Params, src: string): Asking<Answers> {
  const { source } = yield* ask({ source: file(src.replace(/(?<=.)\/+$/, ''), { follow: true }) });
  const found: FileAnswer = source;
  if (!found.exists) throw new TaskError(`there is no file ${src} on the host`, 'Make it first, or leave remote_src out for a file of your machine.');
  const { dest, owner, group } = params;
  const mode = params.mode === 'preserve' ? found.mode : params.mode;
  if (found.type === 'directory') {
    const bare = dest.replace(/\/+$/, '');
    const placed = { from: found.real, to: src.endsWith('/') ? bare : `${bare}/${nameOf(src)}`, owner, group, mode };
    return { kind: 'host folder', placed, answers: yield* askHostFolder(placed) };
  }
  if (found.sha256 === undefined) throw new TaskError(`${src} cannot be read on the host`, 'Run the task as root: become: true.');
  const placed = { ...placedOf(params), mode, name: nameOf(src), content: { path: found.real, sha256: found.sha256 } };
  return { kind: 'file', placed, answers: yield* askPlaced(placed) };
}
