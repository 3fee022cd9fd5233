/** A line with its own end: `\n`, `\r\n`, or none for the last. */
export interface Line {
  readonly text: string;
  readonly end: string;
}

/** The lines of a text; an empty one has none. */
export function linesIn(content: string): readonly Line[] {
  return [...content.matchAll(/([^\n]*?)(\r?\n|$)/g)]
    .map(([, text = '', end = '']): Line => ({ text, end }))
    .filter(({ text, end }) => text !== '' || end !== '');
}

/** The end that a new line gets among these: that of the first. */
export function endAmong(lines: readonly Line[]): string {
  return lines[0]?.end === '\r\n' ? '\r\n' : '\n';
}

/** The same lines, so that others can follow: the last one has an end as well. */
export function ended(lines: readonly Line[], end: string): readonly Line[] {
  return lines.map((line) => (line.end === '' ? { ...line, end } : line));
}

/** The text of these lines. */
export function joined(lines: readonly Line[]): string {
  return lines.map(({ text, end }) => text + end).join('');
}
