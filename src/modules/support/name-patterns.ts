import { compiled, compilePattern } from '../../values/pattern.ts';
import { translated } from '../../values/python-pattern.ts';

/** Whether a name matches a pattern. */
export type NameTest = (name: string) => boolean;

/** A shell pattern as Python's fnmatch has it: `*`, `?`, `[abc]`, `[!abc]`; a backslash stands for itself. The whole name must match. */
export function globTest(glob: string): NameTest {
  const source = piecesOf(glob).map((piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (piece.startsWith('[') && piece !== '[') return setOf(piece.slice(1, -1));
    return piece.replace(/[^\p{L}\p{N}]/u, '\\$&');
  });
  const pattern = compilePattern(`\\A${source.join('')}\\Z`, 's');
  return (name) => pattern.test(name);
}

/** The set of a glob as one of an expression: a `!` in front turns it round, a `^` stands for itself. */
function setOf(glob: string): string {
  const isNegated = glob.startsWith('!');
  const members = (isNegated ? glob.slice(1) : glob).replaceAll('\\', '\\\\').replace(/^\^/, '\\^');
  return `[${isNegated ? '^' : ''}${members}]`;
}

/** A regular expression of Python's: it must match from the beginning of the name on. @throws PatternError */
export function regexTest(source: string): NameTest {
  const own = translated(source);
  const pattern = compiled({ ...own, source: `^(?:${own.source})` });
  return (name) => pattern.test(name);
}

/** For find(1) -name: matches every name that the glob matches, and perhaps more, as it counts bytes and knows no set of other scripts. */
export function roughGlob(glob: string): string {
  return piecesOf(glob)
    .map((piece) => {
      if (piece === '*') return '*';
      if (piece === '?' || piece.length > 1) return '?*';
      return piece === '[' || piece === '\\' ? `\\${piece}` : piece;
    })
    .join('');
}

/** Characters and sets; a bracket that is not closed is a character. */
function piecesOf(glob: string): readonly string[] {
  return glob.match(/\[!?\]?[^\]]*\]|[\ud800-\udbff][\udc00-\udfff]|[\s\S]/g) ?? [];
}
