import type { Choice, Include, Item } from '../language/play.ts';
import type { Value } from '../values/vars.ts';
import { type Ended, type RunContext, scopeIn, type Walk } from './context.ts';
import type { TaskOutcome } from './event.ts';
import { type LoopItem, loopItems } from './invocation.ts';
import { isSelected } from './select.ts';
import { nameOf } from './task.ts';
import { type TaskRole, tell, tellRefusal } from './whole-task.ts';

/** What an item of an include's loop came to. */
interface Included {
  readonly item: LoopItem;
  /** Absent where a condition is false. */
  readonly choice: Choice | undefined;
}

/**
 * Does what an include comes to on one host. As in Ansible, what it is is found out for the whole loop first, and then done.
 * @param walkItems does the included tasks.
 */
export async function walkInclude(
  walk: Walk,
  include: Include,
  role: TaskRole,
  walkItems: (walk: Walk, items: readonly Item[], isRescuable: boolean) => Promise<Ended>,
): Promise<Ended> {
  const { run, host, frame } = walk;
  if (!isSelected(include.tags, run.selection) || isBeforeStart(run, include)) return 'done';
  const scope = scopeIn(walk, include);
  const name = nameOf(include, scope);
  let all: readonly Included[];
  try {
    all = loopItems(include, scope).map((item) => ({ item, choice: choiceOf(walk, include, item) }));
  } catch (error) {
    return tellRefusal(walk, { name, source: include.source, module: include.module }, role, error);
  }
  tellIncluded(walk, include, name, role, all);
  const before = host.rounds;
  const from = firstOf(run, include);
  try {
    for (const [index, { item, choice }] of all.entries()) {
      if (!choice) continue;
      for (const [variable, binding] of choice.vars?.bindings ?? []) host.included.set(variable, binding);
      host.rounds = before ?? { include, index, from };
      // The tasks come again: the place in the walk is before the first of them.
      host.position = Math.min(host.position, from - 1);
      const ended = await walkItems(
        { ...walk, frame: { ...frame, ...item.vars }, rounds: [...walk.rounds, from, index] },
        choice.items,
        role.isRescuable,
      );
      if (ended !== 'done') return ended;
    }
    return 'done';
  } finally {
    host.rounds = before;
  }
}

/** Where the tasks of an include begin in the run's order; beyond its end where there are none. */
function firstOf({ order }: RunContext, include: Include): number {
  const first = order.findIndex(({ within }) => within.some((one) => one.include === include));
  return first < 0 ? order.length : first;
}

function choiceOf(walk: Walk, { when, wanted, choose, vars, around }: Include, item: LoopItem): Choice | undefined {
  const scope = scopeIn(walk, { vars, ...(around && { around }) }, item.vars);
  return when.every((condition) => condition.evaluate(scope)) ? choose(wanted.evaluate(scope)) : undefined;
}

function tellIncluded(walk: Walk, include: Include, name: string, role: TaskRole, all: readonly Included[]): void {
  const outcomes = all.map(({ item, choice }) => ({ ...outcomeOf(choice), item: labelOf(walk, include, item) }));
  const isDone = outcomes.some(({ status }) => status === 'ok');
  const only = include.loop ? undefined : outcomes[0];
  const outcome: TaskOutcome = {
    status: isDone ? 'ok' : 'skipped',
    changes: [],
    durationMs: 0,
    ...(only?.message !== undefined && { message: only.message }),
  };
  tell(walk, { name, source: include.source, module: include.module }, role, outcome, false, include.loop && outcomes);
  for (const { status } of include.loop && isDone ? outcomes.filter((one) => one.status === 'ok') : [outcome])
    walk.host.count(status === 'ok' ? 'ok' : 'skipped');
}

function outcomeOf(choice: Choice | undefined): TaskOutcome {
  const base = { changes: [], durationMs: 0 };
  return choice ? { ...base, status: 'ok', message: choice.shown } : { ...base, status: 'skipped', message: 'the condition is false' };
}

function labelOf(walk: Walk, include: Include, item: LoopItem): string {
  let label: Value | undefined = item.vars[include.loopControl.loopVar];
  try {
    label = include.loopControl.label?.evaluate(scopeIn(walk, include, item.vars)) ?? label;
  } catch {
    // A label is not worth a failure.
  }
  return typeof label === 'string' ? label : JSON.stringify(label ?? null);
}

/** Whether the task that the run starts at comes after all that may be included. */
function isBeforeStart({ order, startAt }: RunContext, include: Include): boolean {
  if (startAt === 0) return false;
  const last = order.findLastIndex(({ within }) => within.some((one) => one.include === include));
  // What includes no task is done whenever it stands, as its variables may be read later.
  return last >= 0 && last < startAt;
}
