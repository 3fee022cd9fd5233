import { inspect } from 'node:util';

const mask = '***';

/**
 * A value that must not be shown. It prints as `***` in text, JSON and `util.inspect`; only `reveal()` gives the text.
 * Whatever is rendered from a Secret is a Secret again (see `language/template.ts`).
 */
export class Secret {
  readonly #text: string;

  /** @param text the value; may be empty. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it only where the value leaves for its one purpose: standard input of a command on a host. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}

/** Text that may be secret: a file's content, a password. */
export type Text = string | Secret;

/** The characters of `text`, secret or not. For sending and comparing, never for showing. */
export function revealed(text: Text): string {
  return text instanceof Secret ? text.reveal() : text;
}

/** The same text as a Secret when `isSecret`, plain otherwise. */
export function secretIf(isSecret: boolean, text: string): Text {
  return isSecret ? new Secret(text) : text;
}
