/** The UTF-8 bytes of `text`, one character (U+0000–U+00FF) a byte: the form in which text and bytes are put together for a shell. */
export function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * One word for a POSIX shell, always in single quotes. For what was checked already and may be secret; `quote` of values/ is for arguments.
 * @throws TypeError for a NUL character
 */
export function quoteAlways(text: string): string {
  if (text.includes('\0')) throw new TypeError('a NUL character cannot be sent to a shell: no word of it can hold one');
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** One word from which printf's `%b` makes `bytes` again, whatever they are. */
export function quoteBytes(bytes: string): string {
  return quoteAlways(bytes.replaceAll('\\', '\\\\').replaceAll('\0', '\\0000'));
}

/** Several lines of sh as one: for text that has to be a single line. Each line must be complete in itself. */
export function oneLine(script: string): string {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}
