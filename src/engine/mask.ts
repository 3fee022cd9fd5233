import { Secret } from '../values/secret.ts';

const mask = '***';
/** Shorter values would blot out half of the screen; a password of so few characters is refused elsewhere. */
const shortest = 4;
/** Of a secret of several lines (a private key) each line counts by itself, but not the short ones. */
const shortestLine = 12;

/**
 * The second net behind Secret: replaces every secret value that was used in the run, also in its usual encodings, wherever it turns up in
 * text that is shown or saved. Values themselves are never rewritten.
 */
export class Masker {
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  /** Learns a secret as it was given: a password, a key. Not what was rendered from one, of which most is no secret. */
  learn(secret: Secret): void {
    this.#add(secret.reveal());
  }

  /** `text` with every secret as `***`. */
  text(text: string): string {
    if (this.#forms.size === 0) return text;
    this.#pattern ??= new RegExp(
      [...this.#forms]
        .sort((a, b) => b.length - a.length)
        .map(escaped)
        .join('|'),
      'g',
    );
    return text.replace(this.#pattern, mask);
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

  #add(secret: string): void {
    const lines = secret.split('\n').map((line) => line.trim());
    const longLines = lines.length > 1 ? lines.filter((line) => line.length >= shortestLine) : lines;
    for (const form of [secret, ...longLines].flatMap(encodings)) {
      if (form.length < shortest || this.#forms.has(form)) continue;
      this.#forms.add(form);
      this.#pattern = undefined;
    }
  }
}

function encodings(text: string): readonly string[] {
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(Buffer.from(text).toString()),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('hex'),
    text.replaceAll("'", "'\\''"),
  ];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
