const mask = '***';

/** Characters that a search looks at at once. */
const window = 3;
const slots = 1 << 16;
/** Texts from this length on are also found where line ends part them: shorter ones would be found in what has nothing to do with them. */
const shortestParted = 8;

/**
 * Replaces many texts in another, each wherever it stands, also where they overlap or one is a part of another: nothing of any of them is left. Of long ones
 * neither where a program has broken them into lines. One walk over the text, however many there are.
 */
export class Redactor {
  /** By the hash of their first characters. */
  readonly #begins = new Map<number, string[]>();
  readonly #isBegin = new Uint8Array(slots);
  readonly #short = new Set<string>();
  readonly #all = new Set<string>();

  /** @param texts more to replace; empty ones are none. */
  add(texts: Iterable<string>): void {
    for (const text of texts) {
      if (text === '' || this.#all.has(text)) continue;
      this.#all.add(text);
      if (text.length < window) {
        this.#short.add(text);
        continue;
      }
      const slot = slotOf(text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2));
      this.#isBegin[slot] = 1;
      this.#begins.set(
        slot,
        [...(this.#begins.get(slot) ?? []), text].sort((a, b) => b.length - a.length),
      );
    }
  }

  /** `text` with `***` in their place. */
  text(text: string): string {
    if (this.#all.size === 0 || text === '') return text;
    const found = [...this.#found(text), ...this.#parted(text)];
    if (found.length === 0) return text;
    found.sort(([a], [b]) => a - b);
    let result = '';
    let end = 0;
    for (const [from, to] of found) {
      if (from >= end) result += text.slice(end, from) + mask;
      end = Math.max(end, to);
    }
    return result + text.slice(end);
  }

  /** Where they stand, each with its end. */
  #found(text: string, shortest = 0): [from: number, to: number][] {
    const found: [number, number][] = [];
    let [first, second] = [text.charCodeAt(0), text.charCodeAt(1)];
    for (let index = window - 1; index < text.length; index++) {
      const third = text.charCodeAt(index);
      const slot = slotOf(first, second, third);
      if (this.#isBegin[slot] === 1) {
        const from = index - window + 1;
        const one = this.#begins.get(slot)?.find((form) => text.startsWith(form, from));
        if (one !== undefined && one.length >= shortest) found.push([from, from + one.length]);
      }
      first = second;
      second = third;
    }
    for (const one of shortest > 0 ? [] : this.#short)
      for (let from = text.indexOf(one); from >= 0; from = text.indexOf(one, from + 1)) found.push([from, from + one.length]);
    return found;
  }

  /** The same in the text without its line ends and the blanks behind them. */
  #parted(text: string): [from: number, to: number][] {
    if (!text.includes('\n')) return [];
    const starts: number[] = [];
    const shifts: number[] = [];
    let joined = '';
    let from = 0;
    for (const { index, 0: gap } of text.matchAll(/\r?\n[ \t]*/g)) {
      joined += text.slice(from, index);
      from = index + gap.length;
      starts.push(joined.length);
      shifts.push(from - joined.length);
    }
    joined += text.slice(from);
    const found = this.#found(joined, shortestParted);
    const shifted = (position: number, isEnd: boolean): number => {
      let [low, high] = [0, starts.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        const start = starts[middle] ?? 0;
        if (isEnd ? start < position : start <= position) low = middle + 1;
        else high = middle;
      }
      return position + (shifts[low - 1] ?? 0);
    };
    return found.map(([a, b]) => [shifted(a, false), shifted(b, true)]);
  }
}

function slotOf(first: number, second: number, third: number): number {
  return ((first * 31 + second) * 31 + third) & (slots - 1);
}
