import type { ContentAnswer } from '../../questions/content.ts';
import { TaskError } from '../../values/errors.ts';

/**
 * The text of a file that is to be edited; empty for one that is not there.
 * @param instead what to do where something else than a file is there.
 * @throws TaskError for what cannot be edited.
 */
export function readableText(
  path: string,
  { exists, problem, text, truncated }: ContentAnswer,
  instead = 'Remove it, or name another file.',
): string {
  if (!exists) return '';
  if (problem === 'permission denied') throw new TaskError(`${path} may not be read by this user`, 'Run the task as root: become: true.');
  if (problem) throw new TaskError(`${path} is ${problem} on the host`, instead);
  if (truncated) throw new TaskError(`${path} is longer than 1 MiB: too long to be edited line by line`, 'Use the module shell with sed.');
  if (text === undefined) throw new TaskError(`${path} is not UTF-8 text`, 'Use the module shell with sed.');
  return text;
}
