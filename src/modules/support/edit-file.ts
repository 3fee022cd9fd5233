import { type ContentAnswer, content } from '../../questions/content.ts';
import { type FileAnswer, file } from '../../questions/file.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import type { Output } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import { inBoundedTime, isQuick, SlowPatternError } from '../../values/regex.ts';
import { secretIf } from '../../values/secret.ts';
import type { Vars } from '../../values/vars.ts';
import { bool, path } from '../params.ts';
import { type Attributes, attributeParams } from './attributes.ts';
import { validation } from './destination.ts';
import { type Placed, planPlaced } from './place-content.ts';
import { readableText } from './readable-text.ts';
import { keptName } from './write-file.ts';

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
  encoding: 'Files are UTF-8.',
  attributes: 'Use the module command with chattr(1).',
  unsafe_writes: 'Files are always replaced in one step.',
};

/** Other names of `path`. */
export const pathAliases = { dest: 'path', destfile: 'path', name: 'path' };

export interface EditedFile extends Attributes {
  /** The file may be made, and the folders above it. */
  readonly create?: boolean;
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
 * @param patterns the regular expressions, where it searches line by line.
 * @throws TaskError for what cannot be edited.
 */
export function planEdited(
  params: EditedFile,
  answers: EditAnswers,
  edit: (old: string) => string,
  isSecret: boolean,
  patterns?: readonly (string | undefined)[],
): readonly Change[] {
  const old = textOf(params.path, answers.content);
  const isSure =
    patterns &&
    isQuick(
      patterns.filter((one) => one !== undefined),
      old.split('\n').map(({ length }) => length),
    );
  const after = isSure ? edit(old) : searching(params.path, () => edit(old));
  return planWritten(answers.file.real, answers, { ...params, makesFolder: params.create, content: secretIf(isSecret, after) });
}

/** The change that leaves `wanted` at `path`, of which everything has been seen. @throws TaskError where no file can be put. */
export function planWritten(
  path: string,
  { file: found, content: before }: EditAnswers,
  wanted: Omit<Placed, 'dest' | 'name' | 'force'>,
): readonly Change[] {
  const placed = { ...wanted, dest: path, name: undefined, force: true };
  return planPlaced(placed, { path, found, before: found.exists ? before : undefined });
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

/** The text of the file that a module edits. @throws TaskError for what cannot be edited. */
export function textOf(path: string, content: ContentAnswer): string {
  return readableText(path, content, 'Name a file.');
}

/** What `register` sees of the old file that was kept. @param name Ansible's name for it */
export function keptResult(name: string, outputs: readonly Output[]): Vars {
  const kept = keptName(outputs);
  return kept === undefined ? {} : { [name]: kept };
}
