import { UnreachableError } from '../values/errors.ts';
import type { Target } from './target.ts';

/** Milliseconds that a host may take to be reached before another one begins in its place. */
const patienceMs = 1000;

interface Waiting {
  /** It has had a place before. */
  readonly isBack: boolean;
  readonly isFirst: boolean;
  readonly go: () => void;
}

/**
 * The places of a batch: at most so many hosts are at work at once (`--forks`), the others wait in the order in which they come. A host that is slow to
 * be reached is not at work: its place goes to another. When it has been reached it is the next in the line, but where others took far less: then it
 * comes to the end, so that they do not wait for it.
 */
export class Places {
  #free: number;
  readonly #waiting: Waiting[] = [];
  /** Those who have a place and wait for another host. */
  readonly #idle = new Set<Place>();
  readonly #signal: AbortSignal;
  /** Milliseconds that hosts have taken to be reached. */
  readonly #reachedMs: number[] = [];

  /** @param signal aborted: nobody waits any more, and nobody who waited gets a place. */
  constructor(most: number, signal: AbortSignal) {
    this.#free = most;
    this.#signal = signal;
    signal.addEventListener('abort', this.#wakeAll, { once: true });
  }

  readonly #wakeAll = (): void => {
    for (const { go } of this.#waiting.splice(0)) go();
  };

  /** The work of one host, in a place of its own. */
  async run(work: (place: Place) => Promise<void>): Promise<void> {
    const place = new Place(this);
    try {
      await place.take();
      await work(place);
    } finally {
      place.leave();
    }
  }

  get isInterrupted(): boolean {
    return this.#signal.aborted;
  }

  /** Waits for a place; without one if the run is interrupted meanwhile. @returns whether there is one. */
  async take(isBack: boolean, isFirst: boolean): Promise<boolean> {
    if (this.isInterrupted) return false;
    let isGiven = false;
    const given = new Promise<void>((resolve) => {
      const go = (): void => {
        isGiven = !this.isInterrupted;
        resolve();
      };
      const at = isFirst ? this.#waiting.findIndex((one) => !one.isFirst) : -1;
      this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, { isBack, isFirst, go });
    });
    this.#fill();
    await given;
    return isGiven;
  }

  /** Notes how long a host took to be reached. @returns whether that is far more than what is usual in this run, on this machine, just now */
  isLate(ms: number): boolean {
    this.#reachedMs.push(ms);
    const usual = this.#reachedMs.toSorted((a, b) => a - b)[Math.floor((this.#reachedMs.length - 1) / 2)] ?? ms;
    return ms > 2 * usual;
  }

  give(): void {
    this.#free += 1;
    this.#fill();
  }

  /** `place` is not needed until `wanted`: whoever has been reached meanwhile may be the very host that it waits for. */
  lend(place: Place): void {
    this.#idle.add(place);
    this.#fill();
  }

  wanted(place: Place): void {
    this.#idle.delete(place);
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#wakeAll);
  }

  #fill(): void {
    for (;;) {
      const [idle] = this.#idle;
      if (this.#free === 0 && idle && this.#waiting.some(({ isBack }) => isBack)) {
        this.#idle.delete(idle);
        idle.leave();
        continue;
      }
      const next = this.#free > 0 ? this.#waiting.shift() : undefined;
      if (!next) return;
      this.#free -= 1;
      next.go();
    }
  }
}

/** The place of one host, which it may be without for a while. */
export class Place {
  readonly #places: Places;
  #isHeld = false;
  #wasHeld = false;
  #isLate = false;

  constructor(places: Places) {
    this.#places = places;
  }

  /** Waits for a place, unless there is one, or the run is interrupted. */
  async take(): Promise<void> {
    if (this.#isHeld) return;
    this.#isHeld = await this.#places.take(this.#wasHeld, this.#wasHeld && !this.#isLate);
    this.#wasHeld = true;
  }

  leave(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#places.give();
  }

  /** Waits for what another host does. */
  async aside<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#isHeld) this.#places.lend(this);
    try {
      return await wait();
    } finally {
      this.#places.wanted(this);
      await this.take();
    }
  }

  /**
   * Asks or does something on a host. Its being reached (connected to, its shell begun) may take long, and the place then goes to another; nothing is
   * asked or done before there is one again, but for questions that a slow shell finds when it begins.
   * @param isAsking `work` changes nothing
   * @throws UnreachableError also where the run was interrupted before there was a place
   */
  async contact<T>(target: Target, work: () => Promise<T>, isAsking: boolean): Promise<T> {
    await this.#mustTake();
    if (target.isReached) return work();
    const began = performance.now();
    await this.#lendWhile(target.connect().catch(() => undefined));
    if (target.isConnected) {
      this.#isLate = this.#places.isLate(performance.now() - began);
      await this.#mustTake();
    }
    const done = work();
    if (!isAsking) return done;
    await this.#lendWhile(Promise.race([target.reached, done.catch(() => undefined)]));
    const result = await done;
    await this.take();
    return result;
  }

  async #mustTake(): Promise<void> {
    await this.take();
    if (!this.#isHeld) throw new UnreachableError('the run was interrupted before the host had its turn');
  }

  async #lendWhile(reaching: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => this.leave(), patienceMs);
    await reaching;
    clearTimeout(timer);
  }
}
