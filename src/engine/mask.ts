import { encodingsOf } from '../values/encodings.ts';
import { InputError } from '../values/errors.ts';
import { Redactor } from '../values/redact.ts';
import { Secret } from '../values/secret.ts';

const mask = '***';
/** Bytes. Shorter values would blot out half of the screen; a password of so few is refused elsewhere. */
const shortest = 4;
/** Of a secret of several lines (a private key) each line counts by itself, and of one that is JSON each text in it; but not the short ones. */
const shortestPart = 8;

/**
 * The second net behind Secret: replaces every secret value that was used in the run, also in its usual encodings, wherever it turns up in
 * text that is shown or saved. Values themselves are never rewritten.
 */
export class Masker {
  readonly #redactor = new Redactor();
  readonly #known = new Set<string>();

  /** Learns a secret as it was given: a password, a key. Not a text that one was put into, of which most is no secret: see `learnMade`. */
  learn(secret: Secret): void {
    const text = secret.reveal();
    this.#add(text, shortest);
    for (const part of partsOf(text)) this.#add(part, shortestPart);
  }

  /** Learns what was made of a secret, as a whole. */
  learnMade(secret: Secret): void {
    this.#add(secret.reveal(), shortestPart);
  }

  /** `text` with every secret as `***`. */
  text(text: string): string {
    return this.#redactor.text(text);
  }

  /** A copy of plain data with every string in it masked. */
  deep<T>(value: T): T;
  deep(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (value instanceof Secret) return mask;
    if (Array.isArray(value)) return value.map((item) => this.deep(item));
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.deep(item)]));
    return value;
  }

  /** What was thrown, with no secret in its words, those of its stack, and those of its causes. */
  error(thrown: unknown, seen = new Set<unknown>()): unknown {
    if (thrown instanceof InputError) return new InputError(this.deep(thrown.problems));
    if (typeof thrown === 'string') return this.text(thrown);
    if (!(thrown instanceof Error) || seen.has(thrown)) return thrown;
    seen.add(thrown);
    // Some have these from their class, where they cannot be assigned to.
    const set = (name: 'message' | 'stack' | 'cause', value: unknown) =>
      Object.defineProperty(thrown, name, { value, writable: true, configurable: true });
    const { message, stack, cause } = thrown;
    set('message', this.text(message));
    if (stack !== undefined) set('stack', this.text(stack));
    if (cause !== undefined) set('cause', this.error(cause, seen));
    return thrown;
  }

  #add(text: string, least: number): void {
    if (this.#known.has(text) || Buffer.byteLength(text) < least) return;
    this.#known.add(text);
    this.#redactor.add(encodingsOf(text));
  }
}

/** The lines of a text of several, and the texts in JSON. */
function partsOf(text: string): readonly string[] {
  const lines = text.split(/\r\n|[\r\n]/).map((line) => line.trim());
  return [...(lines.length > 1 ? lines : []), ...(/^\s*[{[]/.test(text) ? textsInJson(text) : [])];
}

function textsInJson(text: string): readonly string[] {
  const found: string[] = [];
  try {
    JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'string') found.push(value);
      return value;
    });
  } catch {
    // It only looks like JSON.
  }
  return found;
}
