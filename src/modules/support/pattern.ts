import * as z from 'zod';
import { compilePattern, problemIn } from '../../values/pattern.ts';
import { line } from '../params.ts';

/** A regular expression as Python's `re` has them, on one line; what JavaScript cannot do is an error that says what to write. */
export const pattern = () => line().superRefine(refusePattern);

/** The same for a whole text: line breaks may stand in it. */
export const textPattern = () => z.preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string()).superRefine(refusePattern);

function refusePattern(source: string, context: z.core.$RefinementCtx<string>): void {
  const problem = problemIn(() => compilePattern(source));
  if (problem) context.addIssue({ code: 'custom', message: problem });
}
