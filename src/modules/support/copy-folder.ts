import { type CopiedAnswer, copied } from '../../questions/copied.ts';
import { type DifferingAnswer, differing } from '../../questions/differing.ts';
import { type FileAnswer, file } from '../../questions/file.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import { quote } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import type { LocalTree } from '../params.ts';
import { type Attributes, attributeChanges, setAttributes } from './attributes.ts';
import { makeFolder } from './make-folder.ts';
import { askPlaced, type Placed, type PlacedAnswers, planPlaced } from './place-content.ts';

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
  /** Of the folder itself and those in it, in the order of `foldersOf`. */
  readonly folders: readonly FileAnswer[];
  readonly files: readonly PlacedAnswers[];
}

const foldersOf = ({ path, tree }: PlacedFolder): readonly string[] => [path, ...tree.folders.map((name) => `${path}/${name}`)];

function filesOf({ path, tree, owner, group, mode, force, backup }: PlacedFolder): readonly Placed[] {
  return tree.files.map(({ path: name, content, mode: own }) => ({
    dest: `${path}/${name}`,
    name: undefined,
    content,
    owner,
    group,
    mode: mode === 'preserve' ? own : mode,
    force,
    backup,
  }));
}

/** All folders and files are asked about at once; what a file held only where it differs. */
export function* askFolder(placed: PlacedFolder): Asking<PlacedFolderAnswers> {
  const paths = foldersOf(placed);
  const files = filesOf(placed);
  const first = yield* ask({
    ...Object.fromEntries(paths.map((path, index) => [`folder ${index}`, file(path, { digest: false, follow: true })])),
    ...Object.fromEntries(files.map(({ dest }, index) => [`file ${index}`, file(dest)])),
  });
  const folders = paths.flatMap((_, index) => first[`folder ${index}`] ?? []);
  const answers: PlacedAnswers[] = [];
  for (const one of files) answers.push(yield* askPlaced(one));
  return { folders, files: answers };
}

export function planFolder(placed: PlacedFolder, { folders, files }: PlacedFolderAnswers): readonly Change[] {
  const { owner, group, directoryMode: mode } = placed;
  const made = foldersOf(placed).flatMap((path, index): readonly Change[] => {
    const found = folders[index];
    if (found === undefined) return [];
    if (!found.exists) return [{ summary: `create folder ${path}`, commands: [makeFolder(path, { owner, group, mode })], writes: [`file:${path}`] }];
    if (found.type !== 'directory') throw new TaskError(`${path} is not a folder on the host`, 'Remove it before (module file, state: absent).');
    return index === 0 ? [] : attributeChanges(path, { owner, group, mode }, found);
  });
  return [...made, ...filesOf(placed).flatMap((one, index) => planOne(one, files[index]))];
}

function planOne(placed: Placed, answers: PlacedAnswers | undefined): readonly Change[] {
  return answers === undefined ? [] : planPlaced(placed, answers);
}

/** A folder of the host that is copied there. */
export interface HostFolder extends Attributes {
  readonly from: string;
  readonly to: string;
}

export interface HostFolderAnswers {
  readonly to: FileAnswer;
  readonly copied: CopiedAnswer;
  readonly differing: DifferingAnswer | undefined;
}

export function* askHostFolder({ from, to, owner, group }: HostFolder): Asking<HostFolderAnswers> {
  const answers = yield* ask({ to: file(to, { digest: false, follow: true }), copied: copied(from, to) });
  if ((owner ?? group) === undefined) return { ...answers, differing: undefined };
  return { ...answers, ...(yield* ask({ differing: differing({ path: to, owner, group }) })) };
}

export function planHostFolder({ from, to, owner, group, mode }: HostFolder, { to: found, copied, differing }: HostFolderAnswers): readonly Change[] {
  if (found.exists && found.type !== 'directory')
    throw new TaskError(`${to} is not a folder on the host`, 'Remove it before (module file, state: absent).');
  const attributes = found.exists ? attributeChanges(to, { mode }, found) : [];
  const owned = setAttributes(to, { owner, group }, { recurse: true });
  if (found.exists && copied.count === 0)
    return (differing?.count ?? 0) === 0
      ? attributes
      : [{ summary: `${to} and all in it: owner and group`, commands: owned, writes: [`file:${to}`] }, ...attributes];
  const count = copied.count >= 1000 ? 'a thousand entries or more' : `${copied.count} ${copied.count === 1 ? 'entry' : 'entries'}`;
  const script = `umask 022\n[ -d ${quote(to)} ] || mkdir -p -- ${quote(to)} || exit 1\ncp -RPf --preserve=mode,timestamps -- ${quote(`${from}/.`)} ${quote(`${to}/`)}`;
  const after = mode === undefined || found.exists ? [] : setAttributes(to, { mode });
  return [
    { summary: `copy ${from} to ${to} (${count})`, commands: [{ script, timeoutSeconds: 3600 }, ...owned, ...after], writes: [`file:${to}`] },
    ...attributes,
  ];
}
