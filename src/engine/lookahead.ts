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
  const known = new Map<Placed['within'], readonly Round[]>();
  const most = writes ? Math.max(leastAhead, host.credit) : Number.POSITIVE_INFINITY;
  let looked = 0;
  // Tasks that the host will do again, and what they register, come before the one it is at.
  const start = Math.min(host.position, host.rounds?.from ?? host.position);
  for (let position = Math.max(start, run.startAt); looked < most; position++) {
    const placed = run.order[position];
    if (!placed) break;
    if (!placed.hosts.has(host.host.name) || !isSelected(placed.task.tags, run.selection)) continue;
    const rounds = known.get(placed.within) ?? roundsOf(run, host, placed, registered);
    known.set(placed.within, rounds);
    // Which item it is at is known of the only round that a task is done in.
    const first = position === host.position && rounds.length === 1 ? host.nextItem : 0;
    for (const round of rounds) {
      if (looked >= most) break;
      try {
        const items = itemsOf(host, placed, round, first).slice(0, most - looked);
        looked += Math.max(1, items.length);
        for (const item of items) lookInto({ run, host, target, placed, writes: writes ?? [], registered: round.registered, found }, item);
      } catch {
        // What cannot be told yet (a result that is not there, a host's answer that makes no sense) is found out at the task's turn.
      }
    }
  }
  if (writes) host.credit -= looked;
  return [...found.values()];
}

/** One time that tasks are done: once outside of includes, once for each item of the loops of the includes around. */
interface Round {
  readonly frame: Vars;
  /** What is registered so far, and what will be as far as it can be told. */
  readonly registered: Map<string, Value>;
}

/** None where it cannot be told, or where that would help nobody. */
function roundsOf(run: RunContext, host: HostRun, placed: Placed, registered: Map<string, Value>): readonly Round[] {
  try {
    const frames = framesOf(run, host, placed, registered);
    const [only, ...others] = frames;
    if (only && others.length === 0) return [{ frame: only, registered }];
    return frames.length > mostItems ? [] : frames.map((frame) => ({ frame, registered: new Map(registered) }));
  } catch {
    return [];
  }
}

/** What a task's loop goes through from its item `first` on, with the variables of the includes around; nothing where that would help nobody. */
function itemsOf(host: HostRun, { play, task }: Placed, { frame, registered }: Round, first: number): readonly LoopItem[] {
  // What adds to the inventory asks nothing.
  if (task.delegateTo || task.makes) return [];
  const items = loopItems(task, scopeFor(host, play, task, { vars: frame }, registered)).slice(first);
  return items.length > mostItems ? [] : items.map(({ vars }) => ({ vars: { ...frame, ...vars } }));
}

interface Looking {
  readonly run: RunContext;
  readonly host: HostRun;
  readonly target: Target;
  readonly placed: Placed;
  readonly writes: readonly Resource[];
  /** What is registered so far, and what will be as far as it can be told. */
  readonly registered: Map<string, Value>;
  readonly found: Map<string, Asked>;
}

function lookInto({ run, host, target, placed: { play, task }, writes, registered, found }: Looking, item: LoopItem): void {
  const scope = scopeFor(host, play, task, item, registered);
  if (task.when.some((condition) => isKnownFalse(() => condition.evaluate(scope)))) return;
  const { module, params, identity, here } = invocationOf(run, host, task, scope);
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
  else if (!task.loop && module.plan(params as never, driven.answers as never, here).length === 0) {
    keep(registered, task.register, registeredResult({ changed: false }, module.result?.(params as never, driven.answers as never, [], here)));
  }
}
