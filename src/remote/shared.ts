import { setTimeout as sleep } from 'node:timers/promises';
import type { Bastions } from './bastions.ts';
import { createLimit, type Limit } from './limit.ts';
import type { MasterLink } from './openssh.ts';
import type { SshLink } from './ssh.ts';
import { Hangup } from './ssh-errors.ts';

/** What the connections of one run share. */
export interface Shared {
  /** At most so many logins at once per address: sshd drops more (MaxStartups). */
  readonly starts: Limit;
  readonly bastions: Bastions<SshLink>;
  /** The same of the other transport. */
  readonly masters: Bastions<MasterLink>;
}

/** @param mostStarts logins at once per address */
export function createShared(mostStarts: number): Shared {
  return { starts: createLimit(mostStarts), bastions: new Map(), masters: new Map() };
}

/** Times that a host which hangs up before it said anything is tried again: sshd does that when too many knock at once. */
const retries = 2;

/**
 * Tries to connect, a few times if the host hangs up before it says anything.
 * @param attempt is given the milliseconds that are left, and throws Hangup where another try is worth it
 */
export async function withRetries<Result>(
  seconds: number,
  attempt: (leftMs: number) => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  const deadline = performance.now() + seconds * 1000;
  for (let count = 0; ; count += 1) {
    try {
      return await attempt(Math.max(1, deadline - performance.now()));
    } catch (error) {
      if (!(error instanceof Hangup)) throw error;
      if (count >= retries || signal?.aborted || performance.now() > deadline) throw error.reason;
      await sleep(500 + Math.random() * 1000, undefined, signal && { signal }).catch(() => undefined);
    }
  }
}
