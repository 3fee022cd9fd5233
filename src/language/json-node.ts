import { InputError, type Source } from '../values/errors.ts';
import { scalarNode } from './inventory-raw.ts';
import type { Entry, Node } from './node.ts';

/** More values in one another than this are no inventory. */
const maxDepth = 100;

/**
 * JSON as data with positions; of two equal keys the later counts, as in Ansible.
 * @param file what it is called in messages.
 * @throws InputError with the place of what is no JSON.
 */
export function parseJsonNode(text: string, file: string): Node {
  const at = placesIn(text, file);
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message;
    const offset = /at position (\d+)/.exec(reason)?.[1] ?? (/end of JSON/.test(reason) ? text.length : 0);
    throw InputError.of('this is no JSON', at(Number(offset)));
  }
  return new JsonReader(text, at).value(0);
}

/** The place of each offset of a text, found by its line's beginning. */
function placesIn(text: string, file: string): (offset: number) => Source {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** Walks over text that is known to be JSON; a class for its position. */
class JsonReader {
  readonly #text: string;
  readonly #at: (offset: number) => Source;
  #position = 0;

  constructor(text: string, at: (offset: number) => Source) {
    this.#text = text;
    this.#at = at;
  }

  value(depth: number): Node {
    this.#space();
    const start = this.#position;
    const source = this.#at(start);
    if (depth > maxDepth) throw InputError.of(`more than ${maxDepth} values are within each other`, source);
    if (this.#take('[')) {
      const items: Node[] = [];
      while (!this.#take(']')) {
        items.push(this.value(depth + 1));
        this.#take(',');
      }
      return { kind: 'list', items, source };
    }
    if (this.#take('{')) {
      const entries = new Map<string, Entry>();
      while (!this.#take('}')) {
        const keyNode = this.#scalar();
        this.#take(':');
        entries.set(keyNode.text, { key: keyNode.text, keyNode, value: this.value(depth + 1) });
        this.#take(',');
      }
      return { kind: 'mapping', entries: [...entries.values()], source };
    }
    return this.#scalar();
  }

  #scalar(): ReturnType<typeof scalarNode> {
    this.#space();
    const start = this.#position;
    const written = /"(?:[^"\\]|\\.)*"|[^\s,:[\]{}"]+/y;
    written.lastIndex = start;
    const text = written.exec(this.#text)?.[0] ?? '';
    this.#position += text.length;
    const value = JSON.parse(text) as string | number | boolean | null;
    // Within the quotes; after an escape the column is that of somewhat before.
    if (typeof value === 'string') return scalarNode(value, value, (offset) => this.#at(start + (offset === 0 ? 0 : offset + 1)));
    return scalarNode(value, text, (offset) => this.#at(start + offset), true);
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text.charAt(this.#position))) this.#position += 1;
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#text.charAt(this.#position) !== character) return false;
    this.#position += 1;
    return true;
  }
}
