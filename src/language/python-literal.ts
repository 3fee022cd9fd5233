import type { Source } from '../values/errors.ts';
import { scalarNode } from './inventory-raw.ts';
import type { Entry, Node, ScalarNode } from './node.ts';

/** Text that is no literal: it is meant as it stands. */
class NotLiteral extends Error {}

/** Deeper than this nobody nests by hand. */
const maxDepth = 50;

const integer = /(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\d)*|0(?:_?0)*)(?![\w.])/y;
const float = /(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.)(?:[eE][+-]?\d(?:_?\d)*)?(?![\w.])|\d(?:_?\d)*[eE][+-]?\d(?:_?\d)*(?![\w.])/y;
const stringStart = /([rR]|[uU]|[bB]|[bB][rR]|[rR][bB])?('''|"""|'|")/y;
const escape = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/suy;
const words: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };
const controls: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/**
 * The value of `text` where it is a literal of Python (`1`, `1.5`, `True`, `None`, `'text'`, `[1, 'a']`, `(1, 2)`, `{'a': 1}`), as Ansible
 * reads values of INI inventories (`ast.literal_eval`); undefined for all else, which is text. Tuples and sets are lists; what JavaScript
 * has no number for (complex ones, whole ones beyond 2^53) stays text.
 * @param at the place of the character at an offset of `text`.
 */
export function pythonLiteral(text: string, at: (offset: number) => Source): Node | undefined {
  try {
    return new LiteralReader(text, at).whole();
  } catch (error) {
    if (error instanceof NotLiteral) return undefined;
    throw error;
  }
}

/** Walks over the text; a class for its position. */
class LiteralReader {
  readonly #text: string;
  readonly #at: (offset: number) => Source;
  #position = 0;
  #depth = 0;

  constructor(text: string, at: (offset: number) => Source) {
    this.#text = text;
    this.#at = at;
  }

  whole(): Node {
    this.#space();
    const start = this.#position;
    const first = this.#value();
    // A tuple needs no brackets: 80,443.
    const node: Node = this.#take(',') ? { kind: 'list', items: [first, ...this.#items(undefined)], source: this.#at(start) } : first;
    if (this.#position < this.#text.length && this.#text.charAt(this.#position) !== '#') throw new NotLiteral();
    return node;
  }

  #space(): void {
    while (/[ \t]/.test(this.#text.charAt(this.#position))) this.#position += 1;
  }

  /** Whether `character` stood here; then it is behind us, with the space after it. */
  #take(character: string): boolean {
    if (this.#text.charAt(this.#position) !== character) return false;
    this.#position += 1;
    this.#space();
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match) this.#position += match[0].length;
    return match ?? undefined;
  }

  #value(): Node {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new NotLiteral();
    const start = this.#position;
    const node = this.#bracketed(start) ?? this.#string() ?? this.#word(start) ?? this.#number(start);
    this.#space();
    this.#depth -= 1;
    return node;
  }

  #bracketed(start: number): Node | undefined {
    const source = this.#at(start);
    if (this.#take('[')) return { kind: 'list', items: this.#items(']'), source };
    if (this.#take('{')) return this.#braces(source);
    if (!this.#take('(')) return undefined;
    if (this.#take(')')) return { kind: 'list', items: [], source };
    const first = this.#value();
    if (this.#take(')')) return first;
    if (!this.#take(',')) throw new NotLiteral();
    return { kind: 'list', items: [first, ...this.#items(')')], source };
  }

  /** Values with commas between, up to `end`, or to the end of the text. */
  #items(end: string | undefined): readonly Node[] {
    const items: Node[] = [];
    for (;;) {
      if (end === undefined ? /^(#|$)/.test(this.#text.slice(this.#position)) : this.#take(end)) return items;
      items.push(this.#value());
      if (this.#take(',')) continue;
      if (end !== undefined && !this.#take(end)) throw new NotLiteral();
      return items;
    }
  }

  /** A dictionary, or a set. */
  #braces(source: Source): Node {
    if (this.#take('}')) return { kind: 'mapping', entries: [], source };
    const first = this.#value();
    if (!this.#take(':')) {
      if (this.#take('}')) return { kind: 'list', items: [first], source };
      if (!this.#take(',')) throw new NotLiteral();
      return { kind: 'list', items: [first, ...this.#items('}')], source };
    }
    const entries = new Map<string, Entry>();
    const add = (key: Node) => {
      const keyNode = keyOf(key);
      entries.set(keyNode.text, { key: keyNode.text, keyNode, value: this.#value() });
    };
    add(first);
    while (!this.#take('}')) {
      if (!this.#take(',')) throw new NotLiteral();
      if (this.#take('}')) break;
      const key = this.#value();
      if (!this.#take(':')) throw new NotLiteral();
      add(key);
    }
    return { kind: 'mapping', entries: [...entries.values()], source };
  }

  /** Strings one after another are one. */
  #string(): Node | undefined {
    const start = this.#position;
    let text = '';
    const offsets: number[] = [];
    const put = (part: string, offset: number) => {
      text += part;
      for (let index = 0; index < part.length; index += 1) offsets.push(offset);
    };
    let found = 0;
    for (let begin = this.#match(stringStart); begin; begin = this.#match(stringStart)) {
      found += 1;
      this.#stringBody(begin[2] ?? '', /r/i.test(begin[1] ?? ''), put);
      this.#space();
    }
    if (found === 0) return undefined;
    return scalarNode(text, text, (offset) => this.#at(offsets[offset] ?? start));
  }

  #stringBody(end: string, isRaw: boolean, put: (part: string, offset: number) => void): void {
    while (!this.#text.startsWith(end, this.#position)) {
      const at = this.#position;
      const character = this.#text.charAt(at);
      if (character === '') throw new NotLiteral();
      if (character !== '\\') {
        put(character, at);
        this.#position += 1;
      } else if (isRaw) {
        put(this.#text.slice(at, at + 2), at);
        this.#position += 2;
      } else put(this.#escaped(), at);
    }
    this.#position += end.length;
  }

  #escaped(): string {
    const match = this.#match(escape);
    if (!match) throw new NotLiteral();
    const [whole, octal, ...rest] = match;
    const hex = rest.slice(0, 3).find((digits) => digits !== undefined);
    const other = rest[3];
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) throw new NotLiteral();
      return String.fromCodePoint(code);
    }
    // A character by its name: nobody's inventory has one.
    if (other === undefined || other === 'N') throw new NotLiteral();
    return controls[other] ?? ('\\\'"'.includes(other) ? other : whole);
  }

  #word(start: number): Node | undefined {
    const match = this.#match(/(True|False|None)(?!\w)/y);
    if (!match) return undefined;
    return scalarNode(words[match[0]] ?? null, match[0], (offset) => this.#at(start + offset), true);
  }

  #number(start: number): Node {
    const sign = this.#match(/[+-][ \t]*/y)?.[0].startsWith('-') ? -1 : 1;
    const match = this.#match(integer) ?? this.#match(float);
    const value = sign * Number((match?.[0] ?? '').replaceAll('_', ''));
    const isExact = match !== undefined && Number.isFinite(value) && (/[.eE]/.test(match[0]) || Number.isSafeInteger(value));
    if (!isExact) throw new NotLiteral();
    return scalarNode(value, this.#text.slice(start, this.#position), (offset) => this.#at(start + offset), true);
  }
}

/** A key of a dictionary as JSON has it. */
function keyOf(node: Node): ScalarNode {
  if (node.kind !== 'scalar') throw new NotLiteral();
  const text = typeof node.value === 'string' ? node.value : String(node.value);
  return { ...node, text, value: text };
}
