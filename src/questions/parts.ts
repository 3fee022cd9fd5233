/** The line that ends a part in scripts which print one part after another. No part may hold it as a line of its own. */
export const endOfPart = '.';

/**
 * Cuts `output` into its parts, each with its end line, so that a part is what the script for that question alone prints.
 * @throws Error when there are not exactly `count` parts.
 */
export function splitParts(output: string, count: number): readonly string[] {
  const last = `${endOfPart}\n`;
  const parts: string[] = [];
  let from = 0;
  while (from < output.length) {
    const isEmpty = output.startsWith(last, from);
    const before = output.indexOf(`\n${last}`, from);
    if (!isEmpty && before < 0) break;
    const end = (isEmpty ? from : before + 1) + last.length;
    parts.push(output.slice(from, end));
    from = end;
  }
  if (parts.length !== count || from !== output.length) throw new Error(`the host printed ${parts.length} answers where ${count} were expected`);
  return parts;
}

/** The lines of a part that ends with `endOfPart`, without that line. */
export function linesOf(part: string): readonly string[] {
  const lines = part.split('\n');
  return lines.slice(0, lines.lastIndexOf(endOfPart));
}

/** The lines of `output`, which ends with a newline or is empty. */
export function outputLines(output: string): readonly string[] {
  return output === '' ? [] : output.replace(/\n$/, '').split('\n');
}

/** One line for each of `count` questions, each with its newline. @throws Error when the host printed another number of lines. */
export function splitLines(output: string, count: number): readonly string[] {
  const lines = outputLines(output);
  if (lines.length !== count) throw new Error(`the host printed ${lines.length} lines where ${count} were expected`);
  return lines.map((line) => `${line}\n`);
}

/** The text behind base64 (whitespace in it is skipped), wrong UTF-8 as U+FFFD. @throws Error when it is not base64. */
export function fromBase64(encoded: string): string {
  return Buffer.from(checkedBase64(encoded), 'base64').toString('utf8');
}

/** `encoded` without whitespace. @throws Error when it is not base64: what a host prints is not trusted. */
export function checkedBase64(encoded: string): string {
  const compact = encoded.replaceAll(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.length % 4 !== 0) throw new Error('the host printed something that is not base64');
  return compact;
}

/**
 * Refuses a value that no line of a script's output could name.
 * @throws TypeError for an empty text, a control character or a line break.
 */
export function checkWord(word: string, what: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (word === '' || /[\u0000-\u001f\u007f]/.test(word))
    throw new TypeError(`${what} must be one line without control characters, got ${JSON.stringify(word)}`);
  return word;
}

/** `checkWord` for an absolute path. @throws TypeError when it is not absolute, too. */
export function checkPath(path: string): string {
  if (!path.startsWith('/')) throw new TypeError(`expected an absolute path, got ${JSON.stringify(path)}`);
  return checkWord(path, 'a path');
}
