import { characterAt, PatternError, type Piece, piecesOf, rangeAt, readSet, splitFlags } from '../../values/python-pattern.ts';

/** A regular expression as grep -E takes it. */
export interface Extended {
  readonly pattern: string;
  readonly ignoreCase: boolean;
}

const sets: Readonly<Record<string, string>> = { d: '0-9', w: '[:alnum:]_', s: '[:space:]' };

/**
 * Gives a regular expression of Python's the same meaning as an extended one (POSIX), for a search on the host: whether a line begins with a match.
 * @throws PatternError for what has no such meaning, saying what to write. Whether the rest is well formed is for grep to say.
 */
export function extended(source: string): Extended {
  const { pattern, ignoreCase } = searched(source);
  return { pattern: `^(${pattern})`, ignoreCase };
}

/** The same for a search within lines. @throws PatternError */
export function searched(source: string): Extended {
  const { flags, body } = splitFlags(source);
  return { pattern: piecesOf(body, (at) => pieceAt(body, at)), ignoreCase: flags.includes('i') };
}

function pieceAt(source: string, at: number): Piece {
  const rest = source.slice(at);
  const group = /^\((?:\?:|\?P?<[A-Za-z_]\w*>)?(?!\?)/.exec(rest)?.[0];
  if (group !== undefined) return { text: '(', next: at + group.length };
  if (rest.startsWith('(?')) throw new PatternError('files are searched with grep -E, which has no (?…) but (?:…), (?P<name>…) and (?i) in front');
  // Whether there is a match does not depend on how much is taken first.
  const [quantifier, lazy] = /^(?:[*+?]|\{\d*,?\d*\})([?+]?)/.exec(rest) ?? [];
  if (quantifier !== undefined && !quantifier.startsWith('{}')) {
    if (lazy === '+') throw new PatternError(`${quantifier} (possessive) is not there: leave the last + out`);
    const bare = lazy === '' ? quantifier : quantifier.slice(0, -1);
    return { text: bare.replace(/^\{,/, '{0,'), next: at + quantifier.length };
  }
  if (rest.startsWith('[')) return setAt(source, at);
  if (/^[.^$|)]/.test(rest)) return { text: rest.charAt(0), next: at + 1 };
  const letter = /^\\([dDwWsSbBAZ])/.exec(rest)?.[1];
  if (letter !== undefined) return { text: classFor(letter), next: at + 2 };
  if (/^\\[1-9]/.test(rest))
    throw new PatternError('files are searched with grep -E, where \\1 is not to be relied on: write out what it stands for');
  const { text, next } = characterAt(source, at);
  return { text: literal(text), next };
}

function classFor(letter: string): string {
  if (letter === 'A' || letter === 'Z') return letter === 'A' ? '^' : '$';
  if (letter === 'b' || letter === 'B') return `\\${letter}`;
  return `[${letter === letter.toLowerCase() ? '' : '^'}${sets[letter.toLowerCase()]}]`;
}

function literal(character: string): string {
  if (character === '\n') throw new PatternError('files are searched line by line: a line break is never found');
  if (/[\u0000]/.test(character)) throw new PatternError('a NUL character cannot be searched for');
  return /[\\.[*^$+?(){|]/.test(character) ? `\\${character}` : character;
}

/** A set in brackets, in the order that POSIX wants: a closing bracket first, an opening one and a dash last. */
function setAt(source: string, at: number): Piece {
  const { isNegated, items, next } = readSet(source, at, itemAt);
  // A line break is in no line: in a set it says nothing.
  const said = items.filter((item) => item !== '\n');
  const places = ['^', '[', '-'];
  const ordered = [
    ...said.filter((item) => item === ']'),
    ...said.filter((item) => item !== ']' && !places.includes(item)),
    ...places.filter((place) => said.includes(place)),
  ];
  if (ordered.length === 0) return { text: isNegated ? '.' : '[^[:print:][:cntrl:]]', next };
  // A caret alone would turn the set round.
  if (ordered[0] === '^' && !isNegated) return { text: ordered.length === 1 ? '\\^' : `[${ordered.slice(1).join('')}^]`, next };
  return { text: `[${isNegated ? '^' : ''}${ordered.join('')}]`, next };
}

function itemAt(source: string, at: number): Piece {
  const letter = /^\\([dDwWsS])/.exec(source.slice(at, at + 2))?.[1];
  const set = letter === undefined ? undefined : sets[letter];
  if (letter !== undefined && set === undefined)
    throw new PatternError(`files are searched with grep -E, which has no \\${letter} in brackets: write out what is meant`);
  if (set !== undefined) return { text: set, next: at + 2 };
  const { from, to, next } = rangeAt(source, at);
  if (to === undefined) return { text: from, next };
  if (/[\]\\[^-]/.test(from + to)) throw new PatternError(`write out what ${source.slice(at, next)} in brackets stands for`);
  return { text: `${from}-${to}`, next };
}
