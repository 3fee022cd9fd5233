import { inBoundedTime, SlowPatternError } from '../values/regex.ts';
import type { Value } from '../values/vars.ts';
import { HelperError } from './coerce.ts';
import type { Helper } from './helper.ts';
import { dataHelpers } from './helpers-data.ts';
import { listHelpers } from './helpers-list.ts';
import { patternHelpers } from './helpers-pattern.ts';
import { textHelpers } from './helpers-text.ts';

/** One table for templates and conditions: the same names in both, where both make sense. */
export const helpers: ReadonlyMap<string, Helper> = new Map(Object.entries({ ...textHelpers, ...patternHelpers, ...listHelpers, ...dataHelpers }));

/** What the helper gives. @throws HelperError also when it takes too long. */
export function runHelper(helper: Helper, args: readonly Value[]): Value {
  if (!helper.bounded) return helper.run(args);
  try {
    return inBoundedTime(() => helper.run(args));
  } catch (error) {
    if (error instanceof SlowPatternError)
      throw new HelperError(`${error.message}: the text is too long, or the pattern repeats what repeats, as (a+)+ does`);
    throw error;
  }
}
