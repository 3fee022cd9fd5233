import { compilePattern, expandGroups } from '../../values/pattern.ts';
import { endAmong, ended, joined, type Line, linesIn } from './lines.ts';

/** Which line a file shall have. */
export interface WantedLine {
  readonly line: string;
  /** A line that this matches is replaced: the last one. */
  readonly regexp?: string | undefined;
  /** A line that holds this text is replaced: the last one. */
  readonly search_string?: string | undefined;
  /** Put the groups of `regexp` into the line; without a match nothing is done. */
  readonly backrefs: boolean;
  /** The first match counts instead of the last. */
  readonly firstmatch: boolean;
  /** Where a new line goes: behind the line that this matches; `EOF` for the end. */
  readonly insertafter?: string | undefined;
  /** Where a new line goes: before the line that this matches; `BOF` for the beginning. */
  readonly insertbefore?: string | undefined;
}

/** `content` with the line in it, as Ansible's lineinfile puts it there. The ends of lines stay as they are. */
export function withLine(content: string, wanted: WantedLine): string {
  const lines = linesIn(content);
  const matched = findMatch(lines, wanted);
  const exact = matched ? -1 : lines.findLastIndex(({ text }) => text === wanted.line);
  if (matched) {
    const { index, match } = matched;
    const text = wanted.backrefs && match ? expandGroups(wanted.line, match, match.groups) : wanted.line;
    const before = lines[index];
    return before?.text === text ? content : joined(lines.with(index, { text, end: before?.end || '\n' }));
  }
  if (exact >= 0 || wanted.backrefs) return content;
  const at = placeFor(lines, wanted);
  const end = endAmong(lines);
  return joined([...ended(lines.slice(0, at), end), { text: wanted.line, end }, ...lines.slice(at)]);
}

/** `content` without the lines that match, hold the text, or are the line. */
export function withoutLines(
  content: string,
  {
    line,
    regexp,
    search_string,
  }: { readonly line?: string | undefined; readonly regexp?: string | undefined; readonly search_string?: string | undefined },
): string {
  const pattern = regexp === undefined ? undefined : compilePattern(regexp);
  const goes = ({ text }: Line) => {
    if (pattern) return pattern.test(text);
    return search_string === undefined ? text === line : text.includes(search_string);
  };
  return joined(linesIn(content).filter((one) => !goes(one)));
}

function findMatch(
  lines: readonly Line[],
  { regexp, search_string, firstmatch }: WantedLine,
): { readonly index: number; readonly match: RegExpExecArray | undefined } | undefined {
  const pattern = regexp === undefined ? undefined : compilePattern(regexp);
  const isMatch = ({ text }: Line) => (pattern ? pattern.test(text) : search_string !== undefined && text.includes(search_string));
  const index = firstmatch ? lines.findIndex(isMatch) : lines.findLastIndex(isMatch);
  return index < 0 ? undefined : { index, match: pattern?.exec(lines[index]?.text ?? '') ?? undefined };
}

/** The index that a new line gets; the end where nothing matches. */
function placeFor(lines: readonly Line[], { insertafter, insertbefore, firstmatch }: WantedLine): number {
  if (insertbefore === 'BOF' || insertafter === 'BOF') return 0;
  const source = insertbefore ?? (insertafter === 'EOF' ? undefined : insertafter);
  if (source === undefined) return lines.length;
  const pattern = compilePattern(source);
  const isMatch = ({ text }: Line) => pattern.test(text);
  const index = firstmatch ? lines.findIndex(isMatch) : lines.findLastIndex(isMatch);
  if (index < 0) return lines.length;
  return insertbefore === undefined ? index + 1 : index;
}
