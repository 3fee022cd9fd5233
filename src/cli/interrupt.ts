import type { Io } from './io.ts';
import { exitCodes } from './problems.ts';

/** How the user is told. */
export interface Telling {
  readonly notice: (line: string) => void;
  /** Gives the terminal back before the process ends. */
  readonly release: () => void;
}

/** Tells on the error stream. */
export function plainTelling(io: Io): Telling {
  return { notice: (line) => io.errors.write(`${line}\n`), release: () => {} };
}

/** Lets the user stop `work`: the first ^C asks it to end soon, by its signal; the second ends the process. */
export async function interruptible<T>(io: Io, { notice, release }: Telling, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const off = io.onInterrupt(() => {
    if (controller.signal.aborted) {
      release();
      io.errors.write('Stopped. What was being changed may be half-done: run again.\n');
      io.exit(exitCodes.interrupted);
    }
    notice('Interrupted: what is in hand has a moment to come to its end. Once more to stop at once.');
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    off();
  }
}
