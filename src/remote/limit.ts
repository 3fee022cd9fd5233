/** Lets at most so many things of one name go on at once; the others wait in the order they came. */
export interface Limit {
  /** Runs `work` when its turn has come. */
  run<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

/** A limit of `most` per name. */
export function createLimit(most: number): Limit {
  const running = new Map<string, number>();
  const waiting = new Map<string, (() => void)[]>();
  const enter = (name: string): Promise<void> => {
    const now = running.get(name) ?? 0;
    if (now < most) {
      running.set(name, now + 1);
      return Promise.resolve();
    }
    return new Promise((resolve) => waiting.set(name, [...(waiting.get(name) ?? []), resolve]));
  };
  // A place that is given on is never counted as free in between.
  const leave = (name: string): void => {
    const [next, ...others] = waiting.get(name) ?? [];
    if (others.length > 0) waiting.set(name, others);
    else waiting.delete(name);
    if (next) return next();
    const now = (running.get(name) ?? 1) - 1;
    if (now > 0) running.set(name, now);
    else running.delete(name);
  };
  return {
    async run(name, work) {
      await enter(name);
      try {
        return await work();
      } finally {
        leave(name);
      }
    },
  };
}
