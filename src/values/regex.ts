import { type Context, createContext, Script } from 'node:vm';

/** A regular expression took longer than it may: it has nested quantifiers, or the text is huge. */
export class SlowPatternError extends Error {
  constructor() {
    super(`took longer than ${maxMilliseconds / 1000} s`);
    this.name = 'SlowPatternError';
  }
}

/** Far more than any sane pattern needs for 10 MB of text, and little enough to wait for. */
const maxMilliseconds = 2000;

/** So many steps are done in some milliseconds. */
const mostSteps = 5_000_000;

/**
 * Whether regular expressions are sure to be done with texts of these lengths in no time, so that nobody need watch over them: the most steps that
 * backtracking can come to are few. Of one that repeats a group, or looks for a group's text again, that is not asked.
 */
export function isQuick(patterns: readonly string[], lengths: readonly number[]): boolean {
  const steps = patterns.map((pattern) => {
    if (/\)[*+{]|\\[1-9kgP]|\(\?[P(]/.test(pattern)) return Number.POSITIVE_INFINITY;
    const repeated = pattern.match(/[*+{]/g)?.length ?? 0;
    const choices = pattern.match(/[|?]/g)?.length ?? 0;
    return lengths.reduce((sum, length) => sum + (length + 1) ** (repeated + 1) * 2 ** choices, 0);
  });
  return steps.reduce((sum, one) => sum + one, 0) <= mostSteps;
}

// A context costs a millisecond, a script in it a tenth of that; the work is handed over in a place of the context and taken away again.
let prepared: { readonly context: Context & { work?: (() => void) | undefined }; readonly script: Script } | undefined;

/**
 * Runs `work`, in which regular expressions meet text of a host, and stops it after 2 seconds: JavaScript's own engine can take for ever
 * over `^(a+)+$`. Costs 0.1 ms, and a thread: several on a busy machine. `work` must not wait for anything.
 * @throws SlowPatternError when it was stopped; otherwise what `work` throws.
 */
export function inBoundedTime<T>(work: () => T): T {
  prepared ??= { context: createContext({}), script: new Script('work()') };
  const { context, script } = prepared;
  const before = context.work;
  const box: { result?: T } = {};
  context.work = () => {
    box.result = work();
  };
  try {
    script.runInContext(context, { timeout: maxMilliseconds });
  } catch (error) {
    // It may be an Error of the other context, which `instanceof` would not know.
    if ((error as { readonly code?: unknown } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new SlowPatternError();
    throw error;
  } finally {
    context.work = before;
  }
  // `work` has returned, so its result is there (it may be undefined, which T then allows).
  return box.result as T;
}
