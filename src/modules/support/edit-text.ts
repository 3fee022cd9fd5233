import { compiled, compilePattern, expandGroups } from '../../values/pattern.ts';
import { splitFlags, translated } from '../../values/python-pattern.ts';

/** What of a text is replaced. Regular expressions are Python's. */
export interface Replacement {
  /** Each match is replaced; `^` and `$` are those of a line. */
  readonly regexp: string;
  /** What stands for a match; groups as `\1`. */
  readonly replace: string;
  /** Only what comes behind the first match of this; a dot is a line break too. */
  readonly after?: string | undefined;
  /** Only what comes before a match of this: the first behind `after`, the last of the text without `after`. */
  readonly before?: string | undefined;
}

/** The text that is searched, and where it begins in the whole. */
interface Section {
  readonly text: string;
  readonly start: number;
}

/** `content` with each match replaced, as Ansible's replace does it; undefined where `after` and `before` are not found. */
export function replaced(content: string, wanted: Replacement): string | undefined {
  const section = sectionOf(content, wanted);
  if (!section) return undefined;
  const { source, flags } = compilePattern(wanted.regexp, 'm');
  const all = new RegExp(source, `${flags}g`);
  let at = 0;
  const parts: string[] = [];
  for (const match of section.text.matchAll(all)) {
    parts.push(section.text.slice(at, match.index), expandGroups(wanted.replace, match, match.groups));
    at = match.index + match[0].length;
  }
  parts.push(section.text.slice(at));
  return content.slice(0, section.start) + parts.join('') + content.slice(section.start + section.text.length);
}

function sectionOf(content: string, { after, before }: Replacement): Section | undefined {
  if (after === undefined && before === undefined) return { text: content, start: 0 };
  const match = sectionPattern(after, before).exec(content);
  const place = match?.indices?.groups?.[sectionName];
  return place && { text: content.slice(...place), start: place[0] };
}

const sectionName = 'homerun_section';

/** One expression of both, so that groups of `after` can be named in `before`. @throws PatternError */
export function sectionPattern(after: string | undefined, before: string | undefined): RegExp {
  const [first, last] = [splitFlags(after ?? ''), splitFlags(before ?? '')];
  const between = `(?<${sectionName}>.*${after !== undefined && before !== undefined ? '?' : ''})`;
  return compiled(translated(`${first.body}${between}${last.body}`, `s${first.flags}${last.flags}`), 'd');
}
