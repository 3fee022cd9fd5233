/** How many hosts may be at a task at once (`throttle`): the others wait for a place, in the order in which they come. */
export class Throttle {
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Does `work` once fewer than `most` others of the same key are at it. @param aside waits for what it is given */
  async run<T>(key: string, most: number, work: () => Promise<T>, aside: (wait: () => Promise<void>) => Promise<void>): Promise<T> {
    if ((this.#taken.get(key) ?? 0) >= most) await aside(() => this.#place(key));
    else this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    try {
      return await work();
    } finally {
      // Whoever waits longest takes over the place.
      const next = this.#waiting.get(key)?.shift();
      if (next) next();
      else this.#taken.set(key, (this.#taken.get(key) ?? 1) - 1);
    }
  }

  #place(key: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), resolve]));
  }
}
