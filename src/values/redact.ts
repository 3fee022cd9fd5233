const mask = '***';

/** Characters that a search looks at at once. */
const window = 3;
const slots = 1 << 16;
/** Characters by which the longer texts are told apart: many may begin with the same few, as keys in PEM do. */
const head = 8;
/** Texts from this length on are also found where something parts them: shorter ones would be found in what has nothing to do with them. */
const shortestParted = 8;

/**
 * What programs put into a text, and what stood there: line ends with the blanks behind them, in place of nothing or of a blank (YAML folds there); the
 * signs of a difference and the names of hosts in front of lines; line ends as JSON and quoted-printable write them; colours of a terminal.
 */
const gaps: readonly (readonly [what: RegExp, stood: string])[] = [
  [/\r?\n[ \t]*/g, ''],
  [/\r?\n[ \t]*/g, ' '],
  [/\r?\n(?:[+\- ]|[^\s|]{1,255} \| )[ \t]*/g, ''],
  [/=\r?\n/g, ''],
  [/\\n/g, ''],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
  [/\u001b\[[0-9;]*m/g, ''],
];

/** Where we cut a text: what stands before or behind may be the begin or the end of a secret. */
const cut = /…|\n\[\d+ bytes left out\]\n|\n# \d+ more characters/g;
/** Cuts of one text that are looked at, and characters beside each: a host's text may be full of them. */
const mostCuts = 500;
const mostBeside = 600;

/**
 * Replaces many texts in another, each wherever it stands, also where they overlap or one is a part of another: nothing of any of them is left. Of long ones
 * neither where something has come in between (`gaps`). A walk over the text for each of these, however many texts there are.
 */
export class Redactor {
  /** Those of a few characters by the hash of the first ones, the others by their heads; longest first. */
  readonly #few = new Map<number, string[]>();
  readonly #heads = new Map<string, string[]>();
  readonly #isBegin = new Uint8Array(slots);
  readonly #short = new Set<string>();
  /** Those that have a head by their last characters; made when a text was cut. */
  #tails: Map<string, string[]> | undefined;
  readonly #all = new Set<string>();

  /** @param texts more to replace; empty ones are none. */
  add(texts: Iterable<string>): void {
    for (const text of texts) {
      if (text === '' || this.#all.has(text)) continue;
      this.#all.add(text);
      this.#tails = undefined;
      if (text.length < window) {
        this.#short.add(text);
        continue;
      }
      const slot = slotOf(text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2));
      this.#isBegin[slot] = 1;
      if (text.length < head) addLongestFirst(this.#few, slot, text);
      else addLongestFirst(this.#heads, text.slice(0, head), text);
    }
  }

  /** `text` with `***` in their place. */
  text(text: string): string {
    if (this.#all.size === 0 || text === '') return text;
    const found = this.#found(text);
    for (const [gap, stood] of gaps) for (const one of this.#parted(text, gap, stood)) found.push(one);
    found.push(...this.#besideCuts(text));
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

  /** Where they stand, from where to where; what overlaps or touches is one. */
  #found(text: string, shortest = 0): [from: number, to: number][] {
    const found: [number, number][] = [];
    const add = (from: number, to: number): void => {
      const last = found.at(-1);
      if (last && from >= last[0] && from <= last[1]) last[1] = Math.max(last[1], to);
      else found.push([from, to]);
    };
    let [first, second] = [text.charCodeAt(0), text.charCodeAt(1)];
    for (let index = window - 1; index < text.length; index++) {
      const third = text.charCodeAt(index);
      const slot = slotOf(first, second, third);
      if (this.#isBegin[slot] === 1) {
        const from = index - window + 1;
        const isHere = (form: string) => text.startsWith(form, from);
        const one = this.#heads.get(text.slice(from, from + head))?.find(isHere) ?? this.#few.get(slot)?.find(isHere);
        if (one !== undefined && one.length >= shortest) add(from, from + one.length);
      }
      first = second;
      second = third;
    }
    for (const one of shortest > 0 ? [] : this.#short)
      for (let from = text.indexOf(one); from >= 0; from = text.indexOf(one, from + 1)) add(from, from + one.length);
    return found;
  }

  /** What is left of those that were cut, `head` characters at least: on each side of a cut the longest. */
  #besideCuts(text: string): [from: number, to: number][] {
    const found: [number, number][] = [];
    let looked = 0;
    for (const { index, 0: mark } of text.matchAll(cut)) {
      if (looked++ === mostCuts) break;
      const behind = index + mark.length;
      const from = this.#begunBefore(text, index);
      const to = this.#endedBehind(text, behind);
      if (from !== undefined) found.push([from, index]);
      if (to !== undefined) found.push([behind, to]);
    }
    return found;
  }

  #begunBefore(text: string, index: number): number | undefined {
    for (let from = Math.max(0, index - mostBeside); from <= index - head; from++) {
      const isBegun = (form: string) => form.length > index - from && form.startsWith(text.slice(from, index));
      if (this.#heads.get(text.slice(from, from + head))?.some(isBegun)) return from;
    }
    return undefined;
  }

  #endedBehind(text: string, behind: number): number | undefined {
    const endings = this.#endings();
    for (let to = Math.min(text.length, behind + mostBeside); to >= behind + head; to--) {
      const isEnded = (form: string) => form.length > to - behind && form.endsWith(text.slice(behind, to));
      if (endings.get(text.slice(to - head, to))?.some(isEnded)) return to;
    }
    return undefined;
  }

  #endings(): ReadonlyMap<string, readonly string[]> {
    if (this.#tails) return this.#tails;
    const tails = new Map<string, string[]>();
    for (const forms of this.#heads.values()) {
      for (const form of forms) {
        const tail = form.slice(-head);
        const others = tails.get(tail);
        if (others) others.push(form);
        else tails.set(tail, [form]);
      }
    }
    this.#tails = tails;
    return tails;
  }

  /** The same in the text with what stood there in place of each `gap`. */
  #parted(text: string, gap: RegExp, stood: string): [from: number, to: number][] {
    const starts: number[] = [];
    const shifts: number[] = [];
    let joined = '';
    let from = 0;
    for (const { index, 0: whole } of text.matchAll(gap)) {
      joined += text.slice(from, index) + stood;
      from = index + whole.length;
      starts.push(joined.length);
      shifts.push(from - joined.length);
    }
    if (starts.length === 0) return [];
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

function addLongestFirst<K>(to: Map<K, string[]>, key: K, text: string): void {
  to.set(
    key,
    [...(to.get(key) ?? []), text].sort((a, b) => b.length - a.length),
  );
}

function slotOf(first: number, second: number, third: number): number {
  return ((first * 31 + second) * 31 + third) & (slots - 1);
}
