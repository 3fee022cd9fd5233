/** Escape sequences of the live display (ECMA-48, and DEC private modes 25 cursor, 7 wrapping at the edge). */
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';
const eraseBelow = '\u001b[J';

/** A terminal to paint on. */
export interface Terminal {
  write(text: string): void;
  /** Characters in a row and rows, as they are now; they change with the window. */
  readonly columns: number;
  readonly rows: number;
}

/** The bottom rows of a terminal, painted again and again, while lines scroll by above them. */
export interface Screen {
  /** Puts whole lines above the rows. */
  print(lines: readonly string[]): void;
  /** Replaces the rows. Rows beyond the terminal's height are left out. */
  paint(rows: readonly string[]): void;
  /** Takes the rows away and gives the cursor back. Can be called at any time, also twice. */
  close(): void;
}

/** A screen on `terminal`. Nothing is written before the first call. */
export function screenOn(terminal: Terminal): Screen {
  let painted: readonly string[] = [];
  // The terminal itself writes ^C where the cursor is: that goes too.
  const erase = () => `\r${painted.length > 0 ? `\u001b[${painted.length}A` : ''}${eraseBelow}`;
  const draw = (rows: readonly string[]) => (rows.length > 0 ? `${hideCursor}${wrapOff}${rows.map((row) => `${row}\n`).join('')}${wrapOn}` : '');
  return {
    print: (lines) => {
      if (lines.length > 0) terminal.write(`${erase()}${lines.map((line) => `${line}\n`).join('')}${draw(painted)}`);
    },
    paint: (rows) => {
      const shown = rows.slice(0, Math.max(1, terminal.rows - 1));
      if (shown.length === painted.length && shown.every((row, index) => row === painted[index])) return;
      const text = `${erase()}${draw(shown)}`;
      painted = shown;
      terminal.write(text);
    },
    close: () => {
      if (painted.length > 0) terminal.write(`${erase()}${showCursor}`);
      painted = [];
    },
  };
}

/** `text` cut to `columns` cells; East Asian wide characters and emoji take two. */
export function fit(text: string, columns: number): string {
  let used = 0;
  let shown = '';
  for (const character of text) {
    const width = isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
    if (used + width > columns - 1) return `${shown}…`;
    used += width;
    shown += character;
  }
  return shown;
}

/** Unicode Standard Annex 11, roughly: Hangul, CJK, full-width forms, emoji. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
