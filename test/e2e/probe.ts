// Looks whether a service goes on answering while something else is done.

import { setTimeout as sleep } from 'node:timers/promises';

/** What a probe has seen. */
export interface Probed {
  /** Requests made. */
  readonly count: number;
  /** What was answered instead, each kind once. */
  readonly wrong: readonly string[];
  /** The longest time from one right answer to the next, in milliseconds. */
  readonly longestGapMs: number;
}

/**
 * Asks again and again while `work` is done, and once more when it is.
 * @param ask resolves with undefined for the right answer, else with what was wrong
 * @param everyMs from the beginning of one request to that of the next
 */
export async function whileProbing<T>(ask: () => Promise<string | undefined>, work: () => Promise<T>, everyMs = 100): Promise<[T, Probed]> {
  const wrong = new Set<string>();
  let count = 0;
  let longestGapMs = 0;
  let isOver = false;
  let last = performance.now();
  const once = async (): Promise<void> => {
    const began = performance.now();
    const problem = await ask().catch(String);
    count += 1;
    if (problem === undefined) {
      longestGapMs = Math.max(longestGapMs, performance.now() - last);
      last = performance.now();
    } else wrong.add(problem);
    if (!isOver) await sleep(Math.max(0, began + everyMs - performance.now()));
  };
  const probing = (async () => {
    while (!isOver) await once();
    await once();
  })();
  try {
    const result = await work();
    isOver = true;
    await probing;
    return [result, { count, wrong: [...wrong], longestGapMs: Math.max(longestGapMs, performance.now() - last) }];
  } finally {
    isOver = true;
    await probing;
  }
}
