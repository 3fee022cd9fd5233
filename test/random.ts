/** Numbers that look random and are the same for the same seed (mulberry32). */
export interface Random {
  /** A whole number from 0 to below `most`. */
  below(most: number): number;
  /** One of the items. */
  pick<Item>(items: readonly Item[]): Item;
  /** True so often. */
  chance(share: number): boolean;
}

/** The seed of tests that draw their own cases: HOMERUN_SEED repeats a run; in CI always the same. */
export function testSeed(): number {
  const given = process.env['HOMERUN_SEED'] ?? (process.env['CI'] ? '1' : undefined);
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (most: number): number => Math.floor((next() / 2 ** 32) * most);
  return {
    below,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    chance: (share) => next() / 2 ** 32 < share,
  };
}
