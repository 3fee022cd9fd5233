// The stages of starting a lab: what is being done, and how long it took.

/** Takes one line for the screen. */
export type Say = (line: string) => void;

/** Runs one stage and says what it is when it begins, and its seconds when it ends. */
export async function stage<T>(say: Say, title: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  say(`… ${title}`);
  try {
    const result = await work();
    say(`✓ ${title} (${seconds(begin)} s)`);
    return result;
  } catch (error) {
    say(`✗ ${title} (${seconds(begin)} s)`);
    throw error;
  }
}

/**
 * Waits for work that goes on side by side, for all of it also when one part fails, so that nothing goes on behind a failure.
 * @throws the error of the first part that failed
 */
export async function sideBySide<const T extends readonly unknown[]>(works: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

function seconds(begin: number): string {
  return ((performance.now() - begin) / 1000).toFixed(1);
}
