import type { Value, Vars } from '../values/vars.ts';
import type { RunContext } from './context.ts';
import type { HostRun } from './host.ts';
import { loopItems } from './invocation.ts';
import { isSelected, type Placed } from './select.ts';

/**
 * The loop variables that the includes around a task will set, once for each time that it is yet done, as far as that can be told now.
 * @throws what cannot be told yet.
 */
export function framesOf(run: RunContext, host: HostRun, { play, within }: Placed, registered: ReadonlyMap<string, Value>): readonly Vars[] {
  let frames: readonly Vars[] = [{}];
  for (const { include, choice } of within) {
    if (!isSelected(include.tags, run.selection)) return [];
    frames = frames.flatMap((frame) => {
      const all = loopItems(include, host.scope(play, include, registered, frame));
      const items = host.rounds?.include === include ? all.slice(host.rounds.index) : all;
      return items.flatMap((item) => {
        const vars = { ...frame, ...item.vars };
        const scope = host.scope(play, include, registered, vars);
        if (include.when.some((condition) => isKnownFalse(() => condition.evaluate(scope)))) return [];
        return include.choose(include.wanted.evaluate(scope)) === choice ? [vars] : [];
      });
    });
  }
  return frames;
}

/** Whether a condition is false; one that cannot be told yet is not. */
export function isKnownFalse(evaluate: () => boolean): boolean {
  try {
    return !evaluate();
  } catch {
    return false;
  }
}
