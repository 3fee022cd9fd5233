import { processIo } from './process-io.ts';
import { entries, main } from './program.ts';

/** The names of all commands. */
export const commands: readonly string[] = entries.map(({ name }) => name);

/** Runs a command line in this process. @returns the exit code. */
export function start(given: readonly string[]): Promise<number> {
  return main(given, processIo());
}
