import type { Scope } from '../language/expression.ts';
import type { Task } from '../language/play.ts';
import type { Value, Vars } from '../values/vars.ts';
import type { Ended, Walk } from './context.ts';
import type { Status, TaskOutcome } from './event.ts';
import { journalPending, notify } from './handlers.ts';
import { type LoopItem, loopItems, scopeFor } from './invocation.ts';
import { loopOutcome, loopRegistered } from './loop.ts';
import { keep } from './result.ts';
import type { Target } from './target.ts';
import { type ItemResult, nameOf, refused, runItem } from './task.ts';

/** In what position a task runs. */
export interface TaskRole {
  /** A `rescue` waits further out, so that a failure here is not the host's. */
  readonly isRescuable: boolean;
  readonly isHandler: boolean;
}

/** A task done on one host, item by item. */
export interface WholeResult {
  readonly outcome: TaskOutcome;
  readonly items: readonly { readonly item: LoopItem; readonly result: ItemResult }[];
}

/** Runs a task with all items of its loop on the walk's host: tells of it, registers, notifies, counts. */
export async function runWholeTask(walk: Walk, task: Task, role: TaskRole): Promise<Ended> {
  const { host, playRun } = walk;
  const scope = host.scope(playRun.play, task);
  const name = nameOf(task, scope);
  try {
    const notified = task.notify.map((one) => one.evaluate(scope));
    if (notified.length > 0) journalPending(walk, notified);
    const isOnce = task.runOnce?.evaluate(scope) ?? false;
    const mine = isOnce ? playRun.once.get(task.id) : undefined;
    const running = mine ?? allItems(walk, task, name, role, scope);
    if (isOnce) playRun.once.set(task.id, running);
    const { outcome, items } = await running;
    remember(host.registered, task, items);
    if (outcome.status === 'changed') notify(walk, notified);
    if (notified.length > 0) journalPending(walk);
    return settle(walk, task, outcome.status, role, mine === undefined);
  } catch (error) {
    const { outcome } = refused({ isHidden: false, showDiff: false, durationMs: () => 0 }, error);
    tell(walk, task, name, role, { outcome, items: [] }, false);
    return settle(walk, task, outcome.status, role, true);
  }
}

async function allItems(walk: Walk, task: Task, name: string, role: TaskRole, scope: Scope): Promise<WholeResult> {
  const { run, host, playRun } = walk;
  run.emit({ event: 'task_start', host: host.host.name, play: playRun.play.name, task: name, handler: role.isHandler });
  const started = performance.now();
  const items: { readonly item: LoopItem; readonly result: ItemResult }[] = [];
  for (const item of loopItems(task, scope)) {
    const result = await runItem({ run, host, play: playRun.play, task, item }, () => targetOf(walk, task, scope));
    items.push({ item, result });
    if (result.outcome.status === 'unreachable' || run.signal.aborted) break;
  }
  const outcome = task.loop ? loopOutcome(items.map((one) => one.result.outcome)) : items[0]?.result.outcome;
  if (!outcome) throw new Error('a task without a loop has one item');
  const whole = { outcome: { ...outcome, durationMs: Math.round(performance.now() - started) }, items };
  tell(walk, task, name, role, whole, isIgnored(walk, task, outcome.status));
  return whole;
}

function targetOf({ run, host }: Walk, task: Task, scope: Scope): Promise<Target> {
  return run.connect(task.delegateTo?.evaluate(scope) ?? host.host.name);
}

function tell(walk: Walk, task: Task, name: string, role: TaskRole, { outcome, items }: WholeResult, ignored: boolean): void {
  const { run, host, playRun } = walk;
  run.emit({
    event: role.isHandler ? 'handler' : 'task',
    host: host.host.name,
    play: playRun.play.name,
    task: name,
    source: task.source,
    module: task.module,
    check: run.check,
    ...outcome,
    ...(ignored && { ignored }),
    ...(task.loop && { items: items.map(({ item, result }) => ({ ...result.outcome, item: labelOf(walk, task, item) })) }),
  });
}

function labelOf({ host, playRun: { play } }: Walk, task: Task, item: LoopItem): string {
  const label: Value | undefined = task.loopControl.label?.evaluate(scopeFor(host, play, task, item)) ?? item.vars[task.loopControl.loopVar];
  return typeof label === 'string' ? label : JSON.stringify(label ?? null);
}

function remember(registered: Map<string, Value>, task: Task, items: WholeResult['items']): void {
  const results: readonly Vars[] = items.map(({ result }) => result.registered);
  for (const result of results) keep(registered, undefined, result);
  const whole = task.loop ? loopRegistered(items.map(({ item, result }) => ({ vars: item.vars, result }))) : results[0];
  if (whole) keep(registered, task.register, whole);
}

function isIgnored({ host, playRun }: Walk, task: Task, status: Status): boolean {
  if (status !== 'failed' && status !== 'unreachable') return false;
  const word = status === 'failed' ? task.ignoreErrors : task.ignoreUnreachable;
  return word?.evaluate(host.scope(playRun.play, task)) ?? false;
}

/**
 * Counts the task for the recap, as Ansible does (an ignored failure is ok and ignored), and says whether the host goes on.
 * @param isCounted false for a host that took over another's result of a `run_once` task.
 */
function settle(walk: Walk, task: Task, status: Status, { isRescuable }: TaskRole, isCounted: boolean): Ended {
  const { host } = walk;
  if (status === 'failed' || status === 'unreachable') {
    if (isIgnored(walk, task, status)) {
      if (status === 'failed' && isCounted) host.count('ok');
      if (isCounted) host.count('ignored');
      return 'done';
    }
    if (status === 'failed' && isRescuable) return 'failed';
    host.count(status);
    host.out = status;
    return 'failed';
  }
  if (isCounted) {
    host.count(status === 'skipped' ? 'skipped' : 'ok');
    if (status === 'changed') host.count('changed');
  }
  return 'done';
}
