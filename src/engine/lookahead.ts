import type { Question } from '../questions/question.ts';
import { overlaps, type Resource } from '../values/resource.ts';
import type { Value } from '../values/vars.ts';
import type { RunContext } from './context.ts';
import { drive } from './drive.ts';
import type { HostRun } from './host.ts';
import { invocationOf, loopItems, scopeFor } from './invocation.ts';
import { keep, registeredResult } from './result.ts';
import { isSelected, type Placed } from './select.ts';
import type { Asked, Target } from './target.ts';

/** A loop of more items than this is not looked into: it costs more to render ahead than it saves. */
const mostItems = 500;

/**
 * The questions that the rest of the run will ask on this host and that are not known (or will not be, once `writes` are done), as far as
 * they can be told now. Guessing wrong costs a question, never a wrong result: each task asks again for what it then finds missing.
 */
export function lookAhead(run: RunContext, host: HostRun, target: Target, writes: readonly Resource[] = []): readonly Asked[] {
  if (!run.prefetch) return [];
  const found = new Map<string, Asked>();
  const registered = new Map(host.registered);
  for (const placed of run.order.slice(Math.max(host.position + 1, run.startAt))) {
    if (!placed.hosts.has(host.host.name) || !isSelected(placed.task.tags, run.selection)) continue;
    try {
      lookInto(run, host, target, placed, writes, registered, found);
    } catch {
      // What cannot be told yet (a result that is not there, a host's answer that makes no sense) is found out at the task's turn.
    }
  }
  return [...found.values()];
}

function lookInto(
  run: RunContext,
  host: HostRun,
  target: Target,
  { play, task }: Placed,
  writes: readonly Resource[],
  registered: Map<string, Value>,
  found: Map<string, Asked>,
): void {
  if (task.delegateTo) return;
  const items = loopItems(task, scopeFor(host, play, task, { vars: {} }, registered));
  if (items.length > mostItems) return;
  for (const item of items) {
    const scope = scopeFor(host, play, task, item, registered);
    if (task.when.some((condition) => isKnownFalse(() => condition.evaluate(scope)))) continue;
    const { module, params, identity } = invocationOf(run, host, task, scope);
    const note = (question: Question) => {
      if (!question.kind.atTurn) found.set(`${identity.key} ${question.id}`, { identity, question });
    };
    const driven = drive(module, params, (question) => {
      const known = target.answers.get(identity.key, question);
      // A stale answer still shows which questions the module will ask next.
      if (known && writes.some((written) => known.reads.some((read) => overlaps(written, read)))) note(question);
      return known;
    });
    if (driven.state === 'missing') driven.questions.forEach(note);
    else if (!task.loop && module.plan(params as never, driven.answers as never).length === 0) {
      keep(registered, task.register, registeredResult({ changed: false }, module.result?.(params as never, driven.answers as never, [])));
    }
  }
}

function isKnownFalse(evaluate: () => boolean): boolean {
  try {
    return !evaluate();
  } catch {
    return false;
  }
}
