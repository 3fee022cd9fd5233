import type { Traffic } from '../remote/session.ts';

/**
 * What a run waits for on a host. `connect`: handshake, login, opening the shells of all users, closing; `prefetch`: the first batch of questions,
 * which holds all that can be asked by then; `tasks` and `handlers`: every batch after it.
 */
export const phases = ['connect', 'prefetch', 'tasks', 'handlers'] as const;
export type Phase = (typeof phases)[number];
export type BatchPhase = Exclude<Phase, 'connect'>;

/** What one phase cost on one host. */
export interface Cost {
  /** Answers that were waited for: of `connect` as they pass over the wire, of the others a batch each. */
  readonly trips: number;
  /** On the wire, encryption and all; 0 for this machine. */
  readonly bytes_sent: number;
  readonly bytes_received: number;
  /** Milliseconds in which something was waited for. */
  readonly ms: number;
}

export type Costs = { readonly [Name in Phase]: Cost };

/** Makes something of each phase. */
export function forEachPhase<Part>(make: (phase: Phase) => Part): { readonly [Name in Phase]: Part } {
  return { connect: make('connect'), prefetch: make('prefetch'), tasks: make('tasks'), handlers: make('handlers') };
}

const nothing: Traffic = { trips: 0, bytesSent: 0, bytesReceived: 0 };

/** Keeps the costs of one host. What happens side by side there counts once, for the phase that began last. */
export class Account {
  readonly #costs = forEachPhase((): { -readonly [Field in keyof Cost]: number } => ({ trips: 0, bytes_sent: 0, bytes_received: 0, ms: 0 }));
  #traffic: () => Traffic = () => nothing;
  #seen = nothing;
  #since = 0;
  #running = 0;
  #phase: Phase = 'connect';

  /** A connection is there: what it tells counts from its beginning. */
  follow(traffic: () => Traffic): void {
    this.#settle();
    this.#traffic = traffic;
    this.#seen = nothing;
  }

  /** A batch goes out. */
  count(phase: BatchPhase): void {
    this.#costs[phase].trips += 1;
  }

  /** Batches so far: round trips since the host was ready. */
  get trips(): number {
    return this.#costs.prefetch.trips + this.#costs.tasks.trips + this.#costs.handlers.trips;
  }

  /** Does something that waits for the host. */
  async during<Result>(phase: Phase, work: () => Promise<Result>): Promise<Result> {
    this.#settle();
    this.#phase = phase;
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#settle();
      this.#running -= 1;
      if (this.#running === 0) this.#phase = 'connect';
    }
  }

  /** So far; milliseconds in whole numbers. */
  costs(): Costs {
    this.#settle();
    return forEachPhase((phase) => ({ ...this.#costs[phase], ms: Math.round(this.#costs[phase].ms) }));
  }

  #settle(): void {
    const now = performance.now();
    const cost = this.#costs[this.#phase];
    const traffic = this.#traffic();
    cost.bytes_sent += traffic.bytesSent - this.#seen.bytesSent;
    cost.bytes_received += traffic.bytesReceived - this.#seen.bytesReceived;
    if (this.#phase === 'connect') cost.trips += traffic.trips - this.#seen.trips;
    if (this.#running > 0) cost.ms += now - this.#since;
    this.#seen = traffic;
    this.#since = now;
  }
}
