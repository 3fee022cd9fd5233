/** A regular expression, or the text that replaces a match, is not understood; the message says what to write instead. */
export class PatternError extends Error {}

/** What a regular expression says in JavaScript's words: for `new RegExp(source, flags)`. */
export interface Translated {
  readonly source: string;
  readonly flags: string;
}

/** How `.`, `^` and `$` are meant, and whether case counts: the flags of Python's `re` that change a meaning. */
interface Meaning {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** A piece that was read, and where the next one begins. */
export interface Piece {
  readonly text: string;
  readonly next: number;
}

// Not [^], which V8 of Node 20 repeats wrongly under the flag v.
const any = '[\\s\\S]';
const word = '\\p{L}\\p{N}_';
const blank = '\\t-\\r\\u{1c}-\\u{20}\\u{85}\\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}';
const boundary = `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`;

/** What these stand for inside of brackets; outside they are in brackets of their own. */
const sets: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: word,
  W: `[^${word}]`,
  s: blank,
  S: `[^${blank}]`,
};
const places: Readonly<Record<string, string>> = { A: `(?<!${any})`, Z: `(?!${any})`, b: boundary, B: `(?!${boundary})` };
export const controls: Readonly<Record<string, string>> = { a: '\u0007', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/**
 * Gives a regular expression of Python's `re` (for text, not bytes) its meaning in JavaScript. So `.` is anything but `\n`, `^` and `$` know no other
 * line end, `\w` is a letter of any script, and `\-`, `\"` or a lone `{` stand for themselves. JavaScript's own `(?<name>…)`, `\k<name>` and `\p{…}` are
 * taken too.
 * @param flags of Python that hold whatever the expression says in front: `m`, `s`.
 * @throws PatternError for what JavaScript cannot do, saying what to write. Whether the rest is well formed is for `RegExp` to say.
 */
export function translated(source: string, flags = ''): Translated {
  const own = splitFlags(source);
  const letters = own.flags + flags;
  const meaning = { i: letters.includes('i'), m: letters.includes('m'), s: letters.includes('s') };
  return { source: piecesOf(own.body, (at) => pieceAt(own.body, at, meaning)), flags: meaning.i ? 'iv' : 'v' };
}

/** What all pieces of an expression are together. */
export function piecesOf(source: string, pieceAt: (at: number) => Piece): string {
  const parts: string[] = [];
  for (let at = 0; at < source.length; ) {
    const { text, next } = pieceAt(at);
    parts.push(text);
    at = next;
  }
  return parts.join('');
}

/** The flags in front of an expression (`(?im)`), and the rest. @throws PatternError for one that JavaScript has not. */
export function splitFlags(source: string): { readonly flags: string; readonly body: string } {
  const [whole = '', flags = ''] = /^\(\?([aiLmsux]+)\)/.exec(source) ?? [];
  if (flags.includes('x')) throw new PatternError('(?x) is not there: write the expression without spaces and comments');
  if (/[aL]/.test(flags)) throw new PatternError('(?a) and (?L) are not there: write [0-9A-Za-z_] for \\w, [0-9] for \\d');
  return { flags, body: source.slice(whole.length) };
}

function pieceAt(source: string, at: number, { m, s }: Meaning): Piece {
  const next = at + 1;
  const character = source[at] ?? '';
  switch (character) {
    case '\\':
      return escapeAt(source, at);
    case '[':
      return setAt(source, at);
    case '(':
      return groupAt(source, at);
    case '.':
      return { text: s ? any : '[^\\n]', next };
    case '^':
      return { text: m ? '(?<![^\\n])' : `(?<!${any})`, next };
    case '$':
      return { text: m ? '(?![^\\n])' : `(?=\\n?(?!${any}))`, next };
    case '*':
    case '+':
    case '?':
      return repeated(source, character, next);
    case '{':
      return countAt(source, at);
    case ']':
    case '}':
    case '/':
      return { text: `\\${character}`, next };
    default:
      return { text: character, next };
  }
}

/** A quantifier with the `?` that may follow it. */
function repeated(source: string, quantifier: string, next: number): Piece {
  if (source[next] === '+') throw new PatternError(`${quantifier}+ (possessive) is not there: leave the + out`);
  return source[next] === '?' ? { text: `${quantifier}?`, next: next + 1 } : { text: quantifier, next };
}

/** `{2}`, `{2,}`, `{,3}`; any other brace stands for itself. */
function countAt(source: string, at: number): Piece {
  const [whole, least, comma, most] = /^\{(\d*)(,?)(\d*)\}/.exec(source.slice(at, at + 30)) ?? [];
  if (whole === undefined || whole === '{}') return { text: '\\{', next: at + 1 };
  return repeated(source, `{${least || '0'}${comma}${most}}`, at + whole.length);
}

function groupAt(source: string, at: number): Piece {
  if (source[at + 1] !== '?') return { text: '(', next: at + 1 };
  const rest = source.slice(at);
  const kept = /^\(\?(?:[:=!]|<[=!]|<(?=[A-Za-z_]))/.exec(rest)?.[0];
  if (kept !== undefined) return { text: kept, next: at + kept.length };
  if (rest.startsWith('(?P<')) return { text: '(?<', next: at + '(?P<'.length };
  const [named, name] = /^\(\?P=(\w+)\)/.exec(rest) ?? [];
  if (named !== undefined) return { text: `\\k<${name}>`, next: at + named.length };
  const comment = /^\(\?#[^)]*\)/.exec(rest)?.[0];
  if (comment !== undefined) return { text: '', next: at + comment.length };
  if (rest.startsWith('(?>')) throw new PatternError('(?>…) (atomic) is not there: write (?:…)');
  if (rest.startsWith('(?(')) throw new PatternError('(?(1)…|…) (conditional) is not there: write both cases out, as in (?:with|without)');
  if (/^\(\?[aiLmsux-]+[:)]/.test(rest)) throw new PatternError('flags stand in front of the whole expression: begin it with (?i), (?m) or (?s)');
  throw new PatternError(`${JSON.stringify(rest.slice(0, 4))} is not understood: write (?:…), (?=…), (?!…), (?<=…), (?<!…) or (?P<name>…)`);
}

function escapeAt(source: string, at: number): Piece {
  const letter = source[at + 1];
  if (letter === undefined) throw new PatternError('it ends with a backslash: write two for one that is meant');
  const set = sets[letter];
  if (set !== undefined) return { text: `[${set}]`, next: at + 2 };
  const place = places[letter];
  if (place !== undefined) return { text: place, next: at + 2 };
  const own = /^\\(?:[pP]\{[^}]*\}|k<\w+>)/.exec(source.slice(at))?.[0];
  if (own !== undefined) return { text: own, next: at + own.length };
  const reference = /^\\(?![0-7]{3})([1-9]\d?)/.exec(source.slice(at, at + 4));
  // In a group of its own, so that a digit behind it stays one.
  if (reference) return { text: `(?:\\${reference[1]})`, next: at + reference[0].length };
  const { text, next } = characterAt(source, at);
  return { text: literal(text), next };
}

/** A set in brackets. */
function setAt(source: string, at: number): Piece {
  const { isNegated, items, next } = readSet(source, at, itemAt);
  return { text: `[${isNegated ? '^' : ''}${items.join('')}]`, next };
}

/** What stands in the brackets that open at `at`, each as `itemAt` reads it. @throws PatternError where they are not closed. */
export function readSet(source: string, at: number, itemAt: (source: string, at: number) => Piece) {
  const isNegated = source[at + 1] === '^';
  const first = at + (isNegated ? 2 : 1);
  const items: string[] = [];
  let next = first;
  // A bracket in front stands for itself.
  while (source[next] !== ']' || next === first) {
    if (source[next] === undefined) throw new PatternError('a [ is not closed: write \\[ for one that is meant');
    const item = itemAt(source, next);
    items.push(item.text);
    next = item.next;
  }
  return { isNegated, items, next: next + 1 };
}

/** A character, a range, or a set by its letter, in brackets. */
function itemAt(source: string, at: number): Piece {
  const own = /^\\[pP]\{[^}]*\}/.exec(source.slice(at))?.[0];
  const set = source[at] === '\\' ? (own ?? sets[source[at + 1] ?? '']) : undefined;
  if (set !== undefined) return { text: set, next: at + (own?.length ?? 2) };
  const { from, to, next } = rangeAt(source, at);
  return { text: to === undefined ? literal(from) : `${literal(from)}-${literal(to)}`, next };
}

/** A character in brackets, or a range of them. */
export function rangeAt(source: string, at: number): { readonly from: string; readonly to?: string; readonly next: number } {
  const { text: from, next } = characterAt(source, at);
  if (source[next] !== '-' || source[next + 1] === ']' || source[next + 1] === undefined) return { from, next };
  const to = characterAt(source, next + 1);
  return { from, to: to.text, next: to.next };
}

/** One character, as it is or escaped. @throws PatternError for an escape that means something else. */
export function characterAt(source: string, at: number): Piece {
  const plain = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (plain !== '\\') return { text: plain, next: at + plain.length };
  const rest = source.slice(at + 1, at + 10);
  const [code, ...digits] = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U(00[\da-fA-F]{6}))/.exec(rest) ?? [];
  if (code !== undefined) return { text: String.fromCodePoint(Number.parseInt(digits.join(''), 16)), next: at + 1 + code.length };
  const octal = /^(?:0[0-7]{0,2}|[0-7]{3})/.exec(rest)?.[0];
  if (octal !== undefined) return { text: String.fromCodePoint(Number.parseInt(octal, 8)), next: at + 1 + octal.length };
  const letter = rest[0] ?? '';
  const control = letter === 'b' ? '\b' : controls[letter];
  if (control !== undefined) return { text: control, next: at + 2 };
  if (/^[A-Za-z0-9]/.test(letter)) throw new PatternError(`\\${letter} is not understood: write \\\\${letter} for a backslash and ${letter}`);
  const escaped = String.fromCodePoint(source.codePointAt(at + 1) ?? 0);
  return { text: escaped, next: at + 1 + escaped.length };
}

function literal(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
