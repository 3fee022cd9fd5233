/** A few things of which each is used by one at a time. */
export interface Turns<Thing> {
  /** Waits for any of them. */
  readonly take: <T>(use: (thing: Thing) => Promise<T>) => Promise<T>;
  /** Waits for all of them. */
  readonly takeAll: <T>(use: () => Promise<T>) => Promise<T>;
}

/** Whoever asks first gets first. */
export function turns<Thing>(things: readonly Thing[]): Turns<Thing> {
  const free = [...things];
  const waiting: { readonly count: number; readonly start: (taken: Thing[]) => void }[] = [];
  const next = (): void => {
    const first = waiting[0];
    if (first === undefined || free.length < first.count) return;
    waiting.shift();
    first.start(free.splice(0, first.count));
    next();
  };
  const use = async <T>(count: number, act: (taken: readonly Thing[]) => Promise<T>): Promise<T> => {
    const taken = await new Promise<Thing[]>((resolve) => {
      waiting.push({ count, start: resolve });
      next();
    });
    try {
      return await act(taken);
    } finally {
      free.push(...taken);
      next();
    }
  };
  return {
    take: (act) =>
      use(1, async ([thing]) => {
        if (thing === undefined) throw new Error('there is nothing to take');
        return act(thing);
      }),
    takeAll: (act) => use(things.length, () => act()),
  };
}
