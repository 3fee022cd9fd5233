import { type ContentAnswer, content } from '../../questions/content.ts';
import { type FileAnswer, file } from '../../questions/file.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import type { Output } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import { Secret } from '../../values/secret.ts';
import type { Vars } from '../../values/vars.ts';
import { type Attributes, attributeChanges, attributeDifferences } from './attributes.ts';
import { type Content, digestOf, holds, isLong, readable } from './content.ts';
import { makeFolder } from './make-folder.ts';
import { isSettledMode, resolvedMode } from './mode.ts';
import { keptName, roomBelow, writeFile } from './write-file.ts';

/** A file that shall hold this content. */
export interface Placed extends Attributes {
  /** Absolute; with a trailing slash, or where a folder is, the file gets `name` in it. */
  readonly dest: string;
  readonly name: string | undefined;
  readonly content: Content;
  /** Replace a file that differs. */
  readonly force: boolean;
  readonly backup: boolean;
  readonly validate?: string | undefined;
  /** Write to what a link points at. Default: the link is replaced. */
  readonly follow?: boolean | undefined;
  /** Make the folders above that are not there. */
  readonly makesFolder?: boolean | undefined;
  /** The mode of the folder that is made for a `dest` with a slash at its end. */
  readonly directoryMode?: string | undefined;
}

export interface PlacedAnswers {
  /** Where the file goes. */
  readonly path: string;
  readonly found: FileAnswer;
  /** A folder that is not there, and is named by the slash at the end of `dest`. */
  readonly missing?: string | undefined;
  /** Asked only where the file differs. */
  readonly before: ContentAnswer | undefined;
}

/** Metadata and digest first; the old content only where it differs, for the diff. */
export function* askPlaced({ dest, name, content: wanted, force, follow }: Placed): Asking<PlacedAnswers> {
  const bare = dest === '/' ? dest : dest.replace(/\/+$/, '');
  let path = bare;
  const options = isLong(wanted) ? { digest: 'long' as const } : {};
  let { dest: found } = yield* ask({ dest: file(bare, options) });
  const missing = dest.endsWith('/') && !found.exists ? bare : undefined;
  if (dest.endsWith('/') || (found.exists && found.type === 'directory')) {
    if (name === undefined) throw new TaskError(`${bare} is a folder on the host`, 'Write the name of the file behind it.');
    path = `${bare === '/' ? '' : bare}/${name}`;
    const inside = yield* ask({ inside: file(path, options) });
    found = inside.inside;
  }
  if (follow && found.exists && found.type === 'link') {
    path = found.real;
    const followed = yield* ask({ followed: file(path, options) });
    found = followed.followed;
  }
  const differs = found.exists && found.type === 'file' && !isLong(wanted) && !holds(found, wanted);
  const { before } = differs && force ? yield* ask({ before: content(path) }) : { before: undefined };
  return { path, found, before, ...(missing !== undefined && { missing }) };
}

export function planPlaced(placed: Placed, { path, found, before, missing }: PlacedAnswers): readonly Change[] {
  mustBeReplaceable(path, found);
  const isSame = holds(found, placed.content);
  if (found.exists && !placed.force) return [];
  if (found.exists && isSame) return attributeChanges(path, placed, found);
  const more = found.exists && found.type === 'file' ? attributeDifferences(placed, found) : [];
  const { owner, group, directoryMode: mode } = placed;
  const folder: readonly Change[] =
    missing === undefined
      ? []
      : [{ summary: `create folder ${missing}`, commands: [makeFolder(missing, { owner, group, mode })], writes: [`file:${missing}`] }];
  return [
    ...folder,
    {
      summary: `${found.exists ? 'change' : 'write'} ${path}${more.length > 0 ? ` (${more.join(', ')})` : ''}`,
      ...diffOf(path, before, placed.content),
      commands: [
        ...(isLong(placed.content) ? [roomBelow(path.slice(0, path.lastIndexOf('/')), placed.content.size)] : []),
        writeFile({ ...placed, path, mode: modeOf(placed, found) }),
      ],
      writes: [`file:${path}`],
      ...(!isSettledMode(placed.mode, baseMode(found), false) && { opaque: true as const }),
    },
  ];
}

/** @throws TaskError for what no file can be put in place of. */
export function mustBeReplaceable(path: string, found: FileAnswer): void {
  if (found.exists && found.type === 'directory')
    throw new TaskError(`${path} is a folder on the host, and a file is to be put there`, 'Remove it, or choose another name.');
  if (found.exists && found.type === 'other')
    throw new TaskError(`${path} is neither a file nor a link on the host`, 'Remove it, or choose another name.');
}

/** A mode in symbols starts from the file that is replaced, and from 0644 for a new one. */
function modeOf({ mode }: Placed, found: FileAnswer): string | undefined {
  return mode === undefined ? undefined : resolvedMode(mode, baseMode(found), false);
}

function baseMode(found: FileAnswer): string {
  return found.exists && found.type === 'file' ? found.mode : '0644';
}

/** Only text is compared; of a file too long to be read whole it is said that it differs. */
function diffOf(label: string, before: ContentAnswer | undefined, content: Content): Pick<Change, 'diff'> {
  const after = readable(content);
  if (after === undefined) return {};
  if (before === undefined) return { diff: { label, after } };
  if (before.text === undefined || before.truncated) return {};
  // What was there may hold the same secrets.
  return { diff: { label, before: after instanceof Secret ? new Secret(before.text) : before.text, after } };
}

/** What `register` sees, under Ansible's names; the checksum is SHA-256. */
export function placedResult({ content: wanted }: Placed, { path, found }: PlacedAnswers, outputs: readonly Output[] = []): Vars {
  const kept = keptName(outputs);
  const checksum = wanted instanceof Secret ? {} : { checksum: digestOf(wanted) };
  return {
    dest: path,
    ...checksum,
    ...(kept !== undefined && { backup_file: kept }),
    ...(found.exists && {
      mode: found.mode,
      owner: found.owner,
      group: found.group,
      uid: found.uid,
      gid: found.gid,
      size: found.size ?? 0,
      state: 'file',
    }),
  };
}
