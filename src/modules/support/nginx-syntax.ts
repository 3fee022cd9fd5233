/** A simple directive (`listen 443 ssl;`) or a block (`server { … }`) of an nginx configuration, with its place in the text. */
export interface Directive {
  readonly name: string;
  readonly args: readonly Word[];
  /** Offset of its first character. */
  readonly start: number;
  /** Offset after its `;` or `}`. */
  readonly end: number;
  /** Offset of its `;` or `{`. */
  readonly stop: number;
  /** What stands between its braces; absent for a simple directive. */
  readonly block?: readonly Directive[];
}

export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

type Token = (Word & { readonly sign?: undefined }) | { readonly sign: ';' | '{' | '}'; readonly start: number };

/**
 * The directives of an nginx configuration, as deep as they nest. Only as much of the syntax as is needed to find them (source:
 * ngx_conf_read_token). Undefined when the text has no sound form (an open brace or quote): nginx itself says then what is wrong.
 */
export function parseNginx(text: string): readonly Directive[] | undefined {
  const tokens = tokenize(text);
  if (!tokens) return undefined;
  const read = directives(tokens, 0);
  return read && read.next === tokens.length ? read.found : undefined;
}

function directives(tokens: readonly Token[], from: number): { readonly found: readonly Directive[]; readonly next: number } | undefined {
  const found: Directive[] = [];
  let words: Word[] = [];
  let at = from;
  while (at < tokens.length) {
    const token = tokens[at] as Token; // `at` is below the length.
    if (token.sign === '}') break;
    at += 1;
    if (token.sign === undefined) {
      words.push(token);
      continue;
    }
    const [name, ...args] = words;
    if (!name) return undefined;
    words = [];
    const inner = token.sign === '{' ? directives(tokens, at) : undefined;
    if (token.sign === '{' && tokens[inner?.next ?? tokens.length]?.sign !== '}') return undefined;
    if (inner) at = inner.next + 1;
    const end = (inner ? (tokens[inner.next]?.start ?? 0) : token.start) + 1;
    found.push({ name: name.text, args, start: name.start, stop: token.start, end, ...(inner && { block: inner.found }) });
  }
  return words.length === 0 ? { found, next: at } : undefined;
}

function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const sign = text[at] as string;
    if (/\s/.test(sign)) at += 1;
    else if (sign === '#') at = lineEnd(text, at);
    else if (sign === ';' || sign === '{' || sign === '}') {
      tokens.push({ sign, start: at });
      at += 1;
    } else {
      const end = sign === '"' || sign === "'" ? quotedEnd(text, at, sign) : wordEnd(text, at);
      if (end === undefined) return undefined;
      tokens.push({ text: text.slice(at, end), start: at, end });
      at = end;
    }
  }
  return tokens;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function quotedEnd(text: string, from: number, mark: string): number | undefined {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === mark) return at + 1;
  }
  return undefined;
}

/** A word ends at white space, `;` or `{`; the brace of `${name}` belongs to it. */
function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !/[\s;{]/.test(text[at] as string)) {
    if (text[at] === '\\') at += 2;
    else if (text.startsWith('${', at)) at = Math.max(text.indexOf('}', at), at) + 1;
    else at += 1;
  }
  return Math.min(at, text.length);
}
