import type { Vars } from './vars.ts';

/** A place in a user's file. Line and column count from 1; a file as given by the user (relative to the working folder where possible). */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in the user's input: what, where, and what to do about it. */
export interface Problem {
  /** One sentence: what was expected and what was got. */
  readonly message: string;
  /** Where; absent when no file is at fault (an option, a missing inventory). */
  readonly source?: Source;
  /** What to do, in one sentence: a nearest name, a command, an example. */
  readonly hint?: string;
  /** `error` stops the run (exit 1); `warning` is shown. Default error. */
  readonly severity?: 'error' | 'warning';
}

/** `file:line:column`, the form that terminals and editors turn into a link. */
export function formatSource(source: Source): string {
  return `${source.file}:${source.line}:${source.column}`;
}

/** A problem on one to two lines, as the screen shows it. */
export function formatProblem(problem: Problem): string {
  const where = problem.source ? `${formatSource(problem.source)}: ` : '';
  const what = problem.severity === 'warning' ? 'warning: ' : '';
  return `${where}${what}${problem.message}${problem.hint ? `\n  ${problem.hint}` : ''}`;
}

/** The user's input is wrong; carries every problem found, not the first alone. Exit code 1; no host was contacted. */
export class InputError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'InputError';
    this.problems = problems;
  }

  /** An InputError of one problem. */
  static of(message: string, source?: Source, hint?: string): InputError {
    return new InputError([{ message, ...(source && { source }), ...(hint && { hint }) }]);
  }
}

/** A task cannot do its work on this host: what was expected, what was found, what to do. Fails the task; the host stops there. */
export class TaskError extends Error {
  /** What to do, in one sentence. */
  readonly hint: string | undefined;
  /** What `register` sees of it beside the message: what the module found before it refused. */
  readonly result: Vars;

  constructor(message: string, hint?: string, result: Vars = {}) {
    super(message);
    this.name = 'TaskError';
    this.hint = hint;
    this.result = result;
  }
}

/** A host cannot be reached, or was lost: nothing is known of what happened since the last answer. Exit code 4. */
export class UnreachableError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UnreachableError';
    this.hint = hint;
  }
}
