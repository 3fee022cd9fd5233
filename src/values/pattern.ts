import { controls, PatternError, translated } from './python-pattern.ts';
import { revealed, type Text } from './secret.ts';

/**
 * @param flags Python's flags that hold besides those in front of the expression: `m` and `s`.
 * @throws PatternError for what `pattern` refuses.
 */
export function compilePattern(source: string, flags = ''): RegExp {
  return compiled(translated(source, flags));
}

/** @param more flags of JavaScript. @throws PatternError */
export function compiled({ source, flags }: { readonly source: string; readonly flags: string }, more = ''): RegExp {
  try {
    return new RegExp(source, flags + more);
  } catch (error) {
    // In front of the cause stands the expression, in JavaScript's words.
    const cause = error instanceof Error ? error.message.slice(error.message.lastIndexOf(': ') + 2) : String(error);
    throw new PatternError(cause.charAt(0).toLowerCase() + cause.slice(1));
  }
}

/** What is wrong with an expression, in words for the user; undefined when `make` does not throw. */
export function problemIn(make: () => unknown): string | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return `expected a regular expression: ${error.message}`;
    throw error;
  }
}

/** What the text for a match may be made of: text, and groups by number or name. */
type Part = string | { readonly group: string };

const characters: Readonly<Record<string, string>> = { ...controls, b: '\b', '\\': '\\' };

/** The parts of `text`, as Python's `re.sub` reads it. @throws PatternError */
function partsOf(text: string): readonly Part[] {
  const pieces = text.matchAll(/\\(?:g<(\w+)>|(0[0-7]{0,2}|[0-3][0-7]{2})|([1-9]\d?)|([\s\S]?))|[^\\]+/g);
  return [...pieces].map(([whole, name, octal, number, letter]): Part => {
    const group = name ?? number;
    if (group !== undefined) return { group };
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    if (letter === undefined) return whole;
    const character = characters[letter];
    if (character !== undefined) return character;
    if (letter === 'g') throw new PatternError('\\g stands before the number or name of a group: write \\g<1>');
    if (letter === '' || /[A-Za-z]/.test(letter)) throw new PatternError(`\\${letter} is not understood in a replacement: write \\\\${letter}`);
    return whole;
  });
}

/** What is wrong with `text` as the replacement of what `source` matches: undefined when nothing is. */
export function replacementProblem(text: Text, source: string): string | undefined {
  return problemIn(() => {
    // An alternative that always matches shows all groups.
    const groups = compiled({ ...translated(source), source: `${translated(source).source}|` }).exec('');
    for (const part of partsOf(revealed(text))) {
      if (typeof part === 'string') continue;
      const isThere = /^\d+$/.test(part.group) ? Number(part.group) < (groups?.length ?? 0) : part.group in (groups?.groups ?? {});
      if (!isThere) throw new PatternError(`the replacement names the group ${part.group}, which it does not have`);
    }
  })?.replace('expected a regular expression: \\', 'expected a replacement: \\');
}

/** Puts the groups of a match into `text`: `\1`, `\g<1>`, `\g<name>`; `\\` is a backslash, `\n` a line break. A group that took no part is empty. */
export function expandGroups(
  text: string,
  match: readonly (string | undefined)[],
  groups: { readonly [name: string]: string | undefined } = {},
): string {
  return partsOf(text)
    .map((part) => (typeof part === 'string' ? part : ((/^\d+$/.test(part.group) ? match[Number(part.group)] : groups[part.group]) ?? '')))
    .join('');
}
