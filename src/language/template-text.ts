import { InputError, type Source } from '../values/errors.ts';

/** More characters than any text of a template has: lists and texts that are repeated soon make more than the memory holds. */
const maxLength = 32 * 1024 * 1024;

/** The parts of a template's text as one. @param at the place of the template. @throws InputError when it is too long */
export function joined(parts: readonly string[], at: () => Source): string {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > maxLength)
    throw InputError.of(`this template gives more than ${maxLength / 1024 / 1024} MiB of text`, at(), 'Look for a list or a text that it repeats.');
  return parts.join('');
}
