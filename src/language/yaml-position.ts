/** How a scalar stands in the file. */
export interface ScalarText {
  /** The whole file. */
  readonly file: string;
  /** Where the scalar starts and ends in it: with quotes, for a block scalar with its header (`|`, `>-`). */
  readonly start: number;
  readonly end: number;
  /** What it stands for. */
  readonly text: string;
}

/**
 * The offset in the file of the character at `offset` of a scalar's text. Line folding, indentation and escapes change only white
 * space or single characters, so both sides are walked side by side, counting what is not white space.
 */
export function fileOffset(scalar: ScalarText, offset: number): number {
  const { file, start, end, text } = scalar;
  const quote = file[start];
  const isQuoted = quote === '"' || quote === "'";
  if (!isQuoted && file.startsWith(text, start)) return start + offset;
  let wanted = text.slice(0, offset).replaceAll(/\s/g, '').length;
  let at = isQuoted ? start + 1 : quote === '|' || quote === '>' ? endOfLine(file, start) : start;
  while (at < end) {
    const length = characterLength(file, at, quote);
    if (!isSpace(file, at, length)) {
      if (wanted === 0) return at;
      wanted -= 1;
    }
    at += length;
  }
  return end;
}

function endOfLine(file: string, start: number): number {
  const newline = file.indexOf('\n', start);
  return newline < 0 ? file.length : newline + 1;
}

const escapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

/** How many characters of the file stand for one of the text. */
function characterLength(file: string, at: number, quote: string | undefined): number {
  if (quote === '"' && file[at] === '\\') return escapeLengths[file[at + 1] ?? ''] ?? 2;
  return quote === "'" && file[at] === "'" ? 2 : 1;
}

/** Whether the piece stands for white space: a space, a line's end, an escaped one of these. */
function isSpace(file: string, at: number, length: number): boolean {
  const first = file[at] ?? '';
  if (length === 1 || first === "'") return /\s/.test(first);
  return length === 2 && /[\s ntrvf_NLP]/.test(file[at + 1] ?? '');
}
