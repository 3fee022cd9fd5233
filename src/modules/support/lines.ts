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

/** The text of these lines. */
export function joined(lines: readonly Line[]): string {
  return lines.map(({ text, end }) => text + end).join('');
}
