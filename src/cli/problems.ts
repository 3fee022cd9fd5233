import { sanitize } from '../report/sanitize.ts';
import { formatProblem, InputError, type Problem } from '../values/errors.ts';
import { sourceStack } from '../values/source-map.ts';
import { Interrupted, type Io } from './io.ts';
import { version } from './version.ts';

/** What a command ends with: the contract's exit codes. */
export const exitCodes = { ok: 0, wrongInput: 1, taskFailed: 2, differences: 3, unreachable: 4, interrupted: 130 } as const;

/** Prints problems to the error stream, each on lines of its own. */
export function printProblems(io: Io, problems: readonly Problem[]): void {
  for (const problem of problems) io.errors.write(`${problemText(problem)}\n`);
}

/** A problem as the screen shows it; one without a place is called an error, so that it can be told from what else is printed. */
export function problemText(problem: Problem): string {
  const isBare = problem.source === undefined && problem.severity !== 'warning';
  return sanitize(isBare ? `error: ${formatProblem(problem)}` : formatProblem(problem));
}

/** Tells what stopped a command and gives the exit code. A stack trace is shown only when asked for: a user can do nothing with it. */
export function explain(error: unknown, io: Io, verbosity: number): number {
  if (error instanceof Interrupted) return exitCodes.interrupted;
  if (error instanceof InputError) {
    printProblems(io, error.problems);
    const errors = error.problems.filter((problem) => problem.severity !== 'warning').length;
    if (errors > 1) io.errors.write(`${errors} errors; nothing was done.\n`);
    return exitCodes.wrongInput;
  }
  const message = error instanceof Error ? error.message : String(error);
  io.errors.write(`This is a bug in homerun ${version()}: ${sanitize(message)}\n`);
  io.errors.write('  Please report it where you have homerun from, with the command and what it prints with -vvv.\n');
  if (verbosity >= 3) io.errors.write(`${sanitize(sourceStack(error instanceof Error && error.stack !== undefined ? error.stack : message))}\n`);
  return exitCodes.taskFailed;
}
