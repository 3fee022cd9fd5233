/** A line that cannot be taken apart. */
export class WordError extends Error {
  readonly offset: number;
  readonly hint: string;

  constructor(message: string, offset: number, hint: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

/** One word of a line. */
export interface Word {
  readonly text: string;
  /** Where in the line each character of `text` stands. */
  readonly offsets: readonly number[];
  /** Where the word begins. */
  readonly start: number;
  /** Whether a part of it stood in quotes or after a backslash. */
  readonly quoted: boolean;
}

export interface Words {
  readonly words: readonly Word[];
  /** Where a comment begins within a word: `a=b#c`. */
  readonly cutAt?: number;
}

/**
 * The words of a line as Python's `shlex.split(line, comments=True)` finds them, which is how Ansible reads lines of hosts: quotes and
 * backslashes as in sh, and `#` begins a comment, even within a word.
 * @throws WordError for a quote that is not closed, and a backslash at the end.
 */
export function splitWords(line: string): Words {
  const words: Word[] = [];
  let word: { text: string; offsets: number[]; start: number; quoted: boolean } | undefined;
  let quote: string | undefined;
  let opened = 0;
  const take = (character: string, offset: number, quoted: boolean) => {
    word ??= { text: '', offsets: [], start: offset, quoted: false };
    word.text += character;
    if (character !== '') word.offsets.push(offset);
    word.quoted ||= quoted;
  };
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (quote === undefined && character === '#') {
      const cut = word ? { cutAt: index } : {};
      if (word) words.push(word);
      return { words, ...cut };
    }
    if (quote === undefined && /[ \t]/.test(character)) {
      if (word) words.push(word);
      word = undefined;
    } else if (quote === undefined && (character === '"' || character === "'")) {
      take('', index, true);
      quote = character;
      opened = index;
    } else if (character === quote) quote = undefined;
    else if (character === '\\' && quote !== "'") {
      if (index + 1 === line.length) throw new WordError('a backslash stands at the end of the line', index, 'Write two of them: \\\\.');
      const next = line.charAt(index + 1);
      // In double quotes a backslash is one, but before a quote or another.
      if (quote === '"' && next !== '"' && next !== '\\') take('\\', index, true);
      else {
        take(next, index + 1, true);
        index += 1;
      }
    } else take(character, index, quote !== undefined);
  }
  if (quote !== undefined) throw new WordError(`a quote (${quote}) is not closed`, opened, `Write ${quote} where the text ends.`);
  if (word) words.push(word);
  return { words };
}
