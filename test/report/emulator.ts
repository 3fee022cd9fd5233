import type { Terminal } from '../../src/report/screen.ts';

/** A terminal that understands exactly the sequences that the live display uses, and refuses every other. */
export function emulator(): Terminal & { readonly lines: () => readonly string[]; readonly isCursorShown: () => boolean } {
  let lines: string[] = [''];
  let row = 0;
  let column = 0;
  let isCursorShown = true;
  const control = (sequence: string) => {
    const up = /^\u001b\[(\d+)A$/.exec(sequence);
    if (up) row -= Number(up[1]);
    else if (sequence === '\u001b[J') {
      lines = lines.slice(0, row + 1);
      lines[row] = (lines[row] ?? '').slice(0, column);
    } else if (sequence === '\u001b[?25l') isCursorShown = false;
    else if (sequence === '\u001b[?25h') isCursorShown = true;
    else if (sequence !== '\u001b[?7l' && sequence !== '\u001b[?7h') throw new Error(`unknown sequence ${JSON.stringify(sequence)}`);
    if (row < 0) throw new Error('the cursor left the screen');
  };
  const write = (text: string) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal reads.
    for (const part of text.match(/\u001b\[[?\d]*[A-Za-z]|[\s\S]/gu) ?? []) {
      if (part.length > 1 && part.startsWith('\u001b')) control(part);
      else if (part === '\r') column = 0;
      else if (part === '\n') {
        row += 1;
        column = 0;
        lines[row] ??= '';
      } else {
        const line = lines[row] ?? '';
        lines[row] = line.slice(0, column) + part + line.slice(column + part.length);
        column += part.length;
      }
    }
  };
  return {
    columns: 80,
    rows: 24,
    write,
    lines: () => (lines.at(-1) === '' ? lines.slice(0, -1) : lines),
    isCursorShown: () => isCursorShown,
  };
}
