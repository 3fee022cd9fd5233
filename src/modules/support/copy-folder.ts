import { type ContentsAnswer, contents } from '../../questions/contents.ts';
import type { FileAnswer } from '../../questions/file.ts';
import { type MembersAnswer, members } from '../../questions/members.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change, Part } from '../../values/change.ts';
import { TaskError } from '../../values/errors.ts';
import { isLocalBytes } from '../../values/stream.ts';
import type { LocalTree } from '../params.ts';
import { type Attributes, attributeChanges, attributeDifferences } from './attributes.ts';
import { holds, readable } from './content.ts';
import { makeFolder, makeFolders } from './make-folder.ts';
import { isSettledMode, resolvedMode } from './mode.ts';
import { mustBeReplaceable } from './place-content.ts';
import { roomBelow } from './write-file.ts';
import { type FileBelow, writeFiles } from './write-files.ts';

/** A folder of this machine with all that is in it, and where it goes. */
export interface PlacedFolder extends Attributes {
  /** Absolute, without a slash at its end. */
  readonly path: string;
  readonly tree: LocalTree;
  /** `preserve`: as it is on this machine. */
  readonly mode?: string | undefined;
  readonly directoryMode: string | undefined;
  readonly force: boolean;
  readonly backup: boolean;
}

export interface PlacedFolderAnswers {
  /** Of the folder, of those in it and the files, in the order of the tree. */
  readonly members: MembersAnswer;
  /** What files that differ held, by their index in the tree; of a few MiB of them. */
  readonly before: ReadonlyMap<number, string>;
}

/** Bytes of old content that are asked for, to be shown: in base64 they stay below what is kept of a step's output. */
const mostShown = 4 * 2 ** 20;

/** All folders and files are asked about at once; what files held only where they differ. */
export function* askFolder(placed: PlacedFolder): Asking<PlacedFolderAnswers> {
  const { path, tree } = placed;
  const { members: found } = yield* ask({ members: members({ folder: path, folders: tree.folders, files: tree.files.map((one) => one.path) }) });
  const shown = shownBefore(placed, found);
  if (shown.length === 0) return { members: found, before: new Map() };
  const { before } = yield* ask({ before: contents({ folder: path, names: shown.map((index) => tree.files[index]?.path ?? '') }) });
  const texts: ContentsAnswer = before;
  return { members: found, before: new Map(shown.flatMap((file, index) => (texts[index] === undefined ? [] : [[file, texts[index]] as const]))) };
}

/** The files that are to be changed, and of which the old content can be read and shown. */
function shownBefore({ tree, force }: PlacedFolder, { files }: MembersAnswer): readonly number[] {
  let left = force ? mostShown : 0;
  return tree.files.flatMap(({ content }, index) => {
    const found = files[index];
    if (!found?.exists || found.type !== 'file' || found.size === undefined || found.size > left) return [];
    if (holds(found, content) || readable(content) === undefined) return [];
    left -= found.size;
    return [index];
  });
}

export function planFolder(placed: PlacedFolder, answers: PlacedFolderAnswers): readonly Change[] {
  return [...planFolders(placed, answers.members), ...planAttributes(placed, answers.members), ...planFiles(placed, answers)];
}

function planFolders({ path, tree, owner, group, directoryMode: mode }: PlacedFolder, { folder: top, folders }: MembersAnswer): readonly Change[] {
  const attributes = { owner, group, mode };
  for (const [index, found] of [top, ...folders].entries())
    if (found.exists && found.type !== 'directory')
      throw new TaskError(
        `${index === 0 ? path : `${path}/${tree.folders[index - 1]}`} is not a folder on the host`,
        'Remove it before (module file, state: absent).',
      );
  const missing = tree.folders.filter((_, index) => folders[index]?.exists === false);
  const summary = (name: string) => `create folder ${path}/${name}`;
  return [
    ...(top.exists ? [] : [{ summary: `create folder ${path}`, commands: [makeFolder(path, attributes)], writes: [`file:${path}` as const] }]),
    ...(missing.length === 0
      ? []
      : [
          {
            summary: missing.length === 1 ? summary(missing[0] ?? '') : `create ${missing.length} folders below ${path}`,
            parts: missing.map((name) => ({ summary: summary(name) })),
            commands: [makeFolders(path, missing, attributes)],
            writes: [`file:${path}` as const],
          },
        ]),
  ];
}

function planAttributes(
  { path, tree, owner, group, mode, directoryMode, force }: PlacedFolder,
  { folders, files }: MembersAnswer,
): readonly Change[] {
  return [
    ...tree.folders.flatMap((name, index) => attributesOf(`${path}/${name}`, { owner, group, mode: directoryMode }, folders[index])),
    ...tree.files.flatMap((file, index) => {
      const found = files[index];
      return force && found && holds(found, file.content)
        ? attributesOf(`${path}/${file.path}`, { owner, group, mode: mode === 'preserve' ? file.mode : mode }, found)
        : [];
    }),
  ];
}

function attributesOf(path: string, wanted: Attributes, found: FileAnswer | undefined): readonly Change[] {
  return found?.exists ? attributeChanges(path, wanted, found) : [];
}

function planFiles(placed: PlacedFolder, { members, before }: PlacedFolderAnswers): readonly Change[] {
  const { path, tree, force } = placed;
  const tops = topsOf(tree.folders, members);
  const byTop = new Map<string, { readonly file: FileBelow; readonly part: Part; readonly isSettled: boolean }[]>();
  for (const [index, one] of tree.files.entries()) {
    const found = members.files[index] ?? { exists: false, real: `${path}/${one.path}` };
    mustBeReplaceable(`${path}/${one.path}`, found);
    if (found.exists && (!force || holds(found, one.content))) continue;
    const top = tops.get(folderOf(one.path)) ?? '';
    const named = fileBelow(placed, one, found, top === '' ? one.path : one.path.slice(top.length + 1));
    byTop.set(top, [...(byTop.get(top) ?? []), { ...named, part: partOf(placed, one, found, before.get(index)) }]);
  }
  return [...byTop].map(([top, written]) => {
    const folder = top === '' ? path : `${path}/${top}`;
    const size = written.reduce((sum, { file }) => sum + (isLocalBytes(file.content) ? file.content.size : file.content.length), 0);
    return {
      summary: written.length === 1 ? (written[0]?.part.summary ?? '') : `write ${written.length} files below ${folder}`,
      parts: written.map(({ part }) => part),
      commands: [
        roomBelow(folder, size),
        writeFiles(
          folder,
          written.map(({ file }) => file),
        ),
      ],
      writes: [`file:${folder}` as const],
      ...(written.some(({ isSettled }) => !isSettled) && { opaque: true as const }),
    };
  });
}

function fileBelow({ owner, group, mode, backup }: PlacedFolder, one: TreeFile, found: FileAnswer, name: string) {
  const old = found.exists && found.type === 'file' ? found : undefined;
  const wanted = mode === 'preserve' ? one.mode : mode;
  const file: FileBelow = {
    name,
    content: one.content as FileBelow['content'],
    owner: owner ?? (old && String(old.uid)),
    group: group ?? (old && String(old.gid)),
    mode: wanted === undefined ? (old?.mode ?? '0644') : resolvedMode(wanted, old?.mode ?? '0644', false),
    replaces: old !== undefined,
    keepsOld: backup && old !== undefined,
  };
  return { file, isSettled: isSettledMode(wanted, old?.mode ?? '0644', false) };
}

type TreeFile = LocalTree['files'][number];

function partOf({ path, owner, group, mode }: PlacedFolder, one: TreeFile, found: FileAnswer, before: string | undefined): Part {
  const to = `${path}/${one.path}`;
  const isFile = found.exists && found.type === 'file';
  const more = isFile ? attributeDifferences({ owner, group, mode: mode === 'preserve' ? one.mode : mode }, found) : [];
  return {
    summary: `${found.exists ? 'change' : 'write'} ${to}${more.length > 0 ? ` (${more.join(', ')})` : ''}`,
    get diff() {
      const after = readable(one.content);
      if (after === undefined || (isFile && before === undefined)) return undefined;
      return { label: to, ...(before !== undefined && { before }), after };
    },
  };
}

/** For each folder the nearest one from which files can be put into it by renaming: one that is a link, or on a file system of its own, is such a one itself. '' is the top. */
function topsOf(names: readonly string[], { folder, folders }: MembersAnswer): ReadonlyMap<string, string> {
  const tops = new Map([['', '']]);
  const devices = new Map([['', folder.exists ? folder.device : undefined]]);
  for (const [index, name] of names.entries()) {
    const found = folders[index];
    const above = folderOf(name);
    const device = devices.get(above);
    const isOwn = found?.exists === true && ('links' in found || found.device !== device);
    devices.set(name, found?.exists ? found.device : device);
    tops.set(name, isOwn ? name : (tops.get(above) ?? ''));
  }
  return tops;
}

const folderOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));
