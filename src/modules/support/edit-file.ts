import { type ContentAnswer, content } from '../../questions/content.ts';
import { type FileAnswer, file } from '../../questions/file.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import { TaskError } from '../../values/errors.ts';
import { inBoundedTime, SlowPatternError } from '../../values/regex.ts';
import { secretIf } from '../../values/secret.ts';
import { bool, path } from '../params.ts';
import { type Attributes, attributeParams } from './attributes.ts';
import { validation } from './destination.ts';
import { planPlaced } from './place-content.ts';

/** The file that a module edits in its place. */
export const editedPath = () => path().describe('The file on the host; what a link points at is edited.');

/** The other parameters of such a module. */
export const editParams = {
  backup: bool().default(false).describe('Keep the old file beside it with the time in its name.'),
  validate: validation(),
  ...attributeParams,
};

/** Parameters of Ansible's that no module which edits a file has, and what to write instead. */
export const absentFromEdits = {
  dest: 'Write path.',
  destfile: 'Write path.',
  name: 'Write path.',
  encoding: 'Files are UTF-8.',
  attributes: 'Use the module command with chattr(1).',
  unsafe_writes: 'Files are always replaced in one step.',
};

export interface EditedFile extends Attributes {
  readonly path: string;
  readonly backup: boolean;
  readonly validate?: string | undefined;
}

export interface EditAnswers {
  readonly file: FileAnswer;
  readonly content: ContentAnswer;
}

/** What an edit needs to know of the file at `path`. */
export function askEdited(path: string): Asking<EditAnswers> {
  return ask({ file: file(path, { follow: true }), content: content(path) });
}

/**
 * The change that leaves of the file what `edit` makes of its text (of nothing where it is not there), with its attributes.
 * @param edit may search with regular expressions: it is stopped when they take too long.
 * @param isSecret what is put in is not to be shown.
 * @throws TaskError for what cannot be edited.
 */
export function planEdited(
  params: EditedFile,
  { file: found, content: before }: EditAnswers,
  edit: (old: string) => string,
  isSecret: boolean,
): readonly Change[] {
  const old = textOf(params.path, before);
  const after = searching(params.path, () => edit(old));
  const placed = { ...params, dest: found.real, name: undefined, content: secretIf(isSecret, after), force: true };
  return planPlaced(placed, { path: found.real, found, before: found.exists ? before : undefined });
}

/** What `work` gives, which searches the file at `path` with regular expressions of the user. @throws TaskError when they take too long. */
export function searching<T>(path: string, work: () => T): T {
  try {
    return inBoundedTime(work);
  } catch (error) {
    if (!(error instanceof SlowPatternError)) throw error;
    throw new TaskError(
      `searching ${path} ${error.message}`,
      'Write the regular expression without a repetition in another one, such as (a+)+ or (.*,)*.',
    );
  }
}

/** @throws TaskError for what cannot be edited. */
export function textOf(path: string, { exists, problem, text, truncated }: ContentAnswer): string {
  if (!exists) return '';
  if (problem === 'permission denied') throw new TaskError(`${path} may not be read by this user`, 'Run the task as root: become: true.');
  if (problem) throw new TaskError(`${path} is ${problem} on the host`, 'Name a file.');
  if (truncated) throw new TaskError(`${path} is longer than 1 MiB: too long to be edited line by line`, 'Use the module shell with sed.');
  if (text === undefined) throw new TaskError(`${path} is not UTF-8 text`, 'Use the module shell with sed.');
  return text;
}
