import type { Question } from '../questions/question.ts';
import { overlaps, type Resource } from '../values/resource.ts';
import type { Value, Vars } from '../values/vars.ts';
import type { RunContext } from './context.ts';
import { drive } from './drive.ts';
import { framesOf, isKnownFalse } from './frames.ts';
import type { HostRun } from './host.ts';
import { invocationOf, type LoopItem, loopItems, scopeFor } from './invocation.ts';
import { keep, registeredResult } from './result.ts';
import { isSelected, type Placed } from './select.ts';
import type { Asked, Target } from './target.ts';

/** A loop of more items than this is not looked into: it costs more to render ahead than it saves. */
const mostItems = 500;

/** Items of tasks that are looked at ahead of a change whatever it costs, so that what follows is asked in the same trip. */
const leastAhead = 50;

/**
 * The questions that the rest of the run will ask on this host and that are not known (or will not be, once `writes` are done), as far as
 * they can be told now. Guessing wrong costs a question, never a wrong result: each task asks again for what it then finds missing.
 * None while the host does a task for another one: those questions are not for that host.
 * @param writes what a change is about to write. Then not all the rest is looked at if there have been very many changes.
 */
export function lookAhead(run: RunContext, host: HostRun, target: Target, writes?: readonly Resource[]): readonly Asked[] {
  if (!run.prefetch || target !== host.target) return [];
  const found = new Map<string, Asked>();
  const registered = new Map(host.registered);
  const frames = new Map<Placed['within'], readonly Vars[]>();
  const most = writes ? Math.max(leastAhead, host.credit) : Number.POSITIVE_INFINITY;
  let looked = 0;
  for (let position = Math.max(host.position, run.startAt); looked < most; position++) {
    const placed = run.order[position];
    if (!placed) break;
    if (!placed.hosts.has(host.host.name) || !isSelected(placed.task.tags, run.selection)) continue;
    try {
      const around = frames.get(placed.within) ?? framesOf(run, host, placed, registered);
      frames.set(placed.within, around);
      // Which item it is at is known of the only time that a task is done.
      const first = position === host.position && around.length === 1 ? host.nextItem : 0;
      const items = around.length > mostItems ? [] : around.flatMap((frame) => itemsOf(host, placed, frame, first, registered));
      const within = items.slice(0, most - looked);
      looked += Math.max(1, within.length);
      for (const item of within) lookInto({ run, host, target, placed, isOnce: around.length === 1, writes: writes ?? [], registered, found }, item);
    } catch {
      // What cannot be told yet (a result that is not there, a host's answer that makes no sense) is found out at the task's turn.
    }
  }
  if (writes) host.credit -= looked;
  return [...found.values()];
}

/** What a task's loop goes through from its item `first` on, with the variables of `frame`; nothing where that would help nobody. */
function itemsOf(host: HostRun, { play, task }: Placed, frame: Vars, first: number, registered: ReadonlyMap<string, Value>): readonly LoopItem[] {
  if (task.delegateTo) return [];
  const items = loopItems(task, scopeFor(host, play, task, { vars: frame }, registered)).slice(first);
  return items.length > mostItems ? [] : items.map(({ vars }) => ({ vars: { ...frame, ...vars } }));
}

interface Looking {
  readonly run: RunContext;
  readonly host: HostRun;
  readonly target: Target;
  readonly placed: Placed;
  /** The task is done once, unless it has a loop of its own. */
  readonly isOnce: boolean;
  readonly writes: readonly Resource[];
  /** What is registered so far, and what will be as far as it can be told. */
  readonly registered: Map<string, Value>;
  readonly found: Map<string, Asked>;
}

function lookInto({ run, host, target, placed: { play, task }, isOnce, writes, registered, found }: Looking, item: LoopItem): void {
  const scope = scopeFor(host, play, task, item, registered);
  if (task.when.some((condition) => isKnownFalse(() => condition.evaluate(scope)))) return;
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
  else if (isOnce && !task.loop && module.plan(params as never, driven.answers as never).length === 0) {
    keep(registered, task.register, registeredResult({ changed: false }, module.result?.(params as never, driven.answers as never, [])));
  }
}
