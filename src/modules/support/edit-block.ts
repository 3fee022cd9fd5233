import { compilePattern } from '../../values/pattern.ts';
import { splitFlags } from '../../values/python-pattern.ts';
import { endAmong, ended, joined, type Line, linesIn } from './lines.ts';

/** Which lines a file shall have between two markers. */
export interface WantedBlock {
  /** One or more lines, the last with or without its end; empty for no block at all. */
  readonly block: string;
  /** The lines before and behind it. They differ. */
  readonly begin: string;
  readonly end: string;
  /** Where a new block goes: behind the last line that this matches, or (with `(?m)` in front) behind the line where its first match in the text ends; `EOF` for the end. */
  readonly insertafter?: string | undefined;
  /** The same, before a line; `BOF` for the beginning. */
  readonly insertbefore?: string | undefined;
  /** Have an empty line before it, and behind it, where it is not the first, or the last, of the file. */
  readonly prepend_newline: boolean;
  readonly append_newline: boolean;
}

/** `content` with the block in it, or without it, as Ansible's blockinfile leaves it. The ends of lines are those that the file has. */
export function withBlock(content: string, wanted: WantedBlock): string {
  const lines = linesIn(content);
  const found = findBlock(lines, wanted);
  const isWanted = wanted.block !== '';
  if (!found && !isWanted) return content;
  const at = found?.from ?? placeFor(content, lines, wanted);
  const end = endAmong(lines);
  const before = ended(lines.slice(0, at), end);
  const behind = lines.slice(found ? found.to + 1 : at);
  if (!isWanted) return joined([...before, ...behind]);
  const blank: Line = { text: '', end };
  const inside = linesIn(wanted.block).map(({ text }): Line => ({ text, end }));
  const block = [{ text: wanted.begin, end }, ...inside, { text: wanted.end, end }];
  return joined([
    ...before,
    ...(wanted.prepend_newline && isText(before.at(-1)) ? [blank] : []),
    ...block,
    ...(wanted.append_newline && isText(behind[0]) ? [blank] : []),
    ...behind,
  ]);
}

/** It is there, and not empty. */
function isText(line: Line | undefined): boolean {
  return line !== undefined && line.text !== '';
}

/** The lines from one marker to the other, whichever comes first; of several the last. */
function findBlock(lines: readonly Line[], { begin, end }: WantedBlock): { readonly from: number; readonly to: number } | undefined {
  const first = lines.findLastIndex(({ text }) => text === begin);
  const last = lines.findLastIndex(({ text }) => text === end);
  return first < 0 || last < 0 ? undefined : { from: Math.min(first, last), to: Math.max(first, last) };
}

/** The index that the first line of a new block gets; the end where nothing matches. */
function placeFor(content: string, lines: readonly Line[], { insertafter, insertbefore }: WantedBlock): number {
  if (insertbefore === 'BOF') return 0;
  const source = insertbefore ?? (insertafter === 'EOF' ? undefined : insertafter);
  if (source === undefined) return lines.length;
  const index = splitFlags(source).flags.includes('m') ? lineInText(content, source, insertbefore === undefined) : lastLine(lines, source);
  if (index < 0) return lines.length;
  return Math.min(lines.length, insertbefore === undefined ? index + 1 : index);
}

function lastLine(lines: readonly Line[], source: string): number {
  const pattern = compilePattern(source);
  return lines.findLastIndex(({ text }) => pattern.test(text));
}

/** The line in which the first match begins or ends, from 0; -1 without a match. */
function lineInText(content: string, source: string, isEnd: boolean): number {
  const match = compilePattern(source).exec(content);
  if (!match) return -1;
  return content.slice(0, match.index + (isEnd ? match[0].length : 0)).split('\n').length - 1;
}
