import type { Scope } from '../language/expression.ts';
import type { Task } from '../language/play.ts';
import type { Source } from '../values/errors.ts';
import type { Value, Vars } from '../values/vars.ts';
import { type Ended, scopeIn, type Walk } from './context.ts';
import type { Status, TaskOutcome } from './event.ts';
import { journalPending, notify } from './handlers.ts';
import type { HostRun } from './host.ts';
import { type LoopItem, loopItems } from './invocation.ts';
import { loopOutcome, loopRegistered } from './loop.ts';
import { keep } from './result.ts';
import type { Target } from './target.ts';
import { type ItemResult, isHidden, nameOf, refused, runItem } from './task.ts';

/** In what position a task runs. */
export interface TaskRole {
  /** A `rescue` waits further out, so that a failure here is not the host's. */
  readonly isRescuable: boolean;
  readonly isHandler: boolean;
}

/** A task done on one host, item by item. */
export interface WholeResult {
  readonly outcome: TaskOutcome;
  readonly items: readonly ItemDone[];
  readonly isIgnored: boolean;
}

interface ItemDone {
  readonly item: LoopItem;
  readonly result: ItemResult;
  readonly label: string;
}

/** What is told of, by name and place. */
interface Told {
  readonly name: string;
  readonly source: Source;
  readonly module: string;
}

/** Runs a task with all items of its loop on the walk's host: tells of it, registers, notifies, counts. */
export async function runWholeTask(walk: Walk, task: Task, role: TaskRole): Promise<Ended> {
  const { host } = walk;
  const scope = scopeIn(walk, task);
  const name = nameOf(task, scope);
  try {
    const notified = task.notify.map((one) => one.evaluate(scope));
    if (notified.length > 0) journalPending(walk, notified);
    const { result, isMine } = turnOf(walk, task, scope, () => allItems(walk, task, name, role, scope));
    const { outcome, items, isIgnored } = await result;
    remember(host.registered, task, items);
    // A link lost meanwhile: the change may have been made.
    if (outcome.status === 'changed' || outcome.status === 'unreachable') notify(walk, notified);
    if (notified.length > 0) journalPending(walk);
    const ended = settle(walk, outcome.status, isIgnored, role, isMine);
    if (ended === 'failed') rememberFailure(host, plainName(task, scope), task.module, wholeRegistered(task, items));
    return ended;
  } catch (error) {
    return tellRefusal(walk, { name, source: task.source, module: task.module }, role, error, task);
  }
}

/** Tells of what could not even be begun, and counts it. @param task whose words on hiding and ignoring count, if it is one. */
export function tellRefusal(walk: Walk, told: Told, role: TaskRole, error: unknown, task?: Task): Ended {
  const { host } = walk;
  const isNotShown = task !== undefined && isHidden(task, scopeIn(walk, task));
  const { outcome, registered } = refused({ isHidden: isNotShown, showDiff: false, durationMs: () => 0 }, error);
  const isIgnored = task !== undefined && isIgnoredBy(walk, task, outcome.status);
  if (task) keep(host.registered, task.register, registered);
  tell(walk, told, role, outcome, isIgnored, task?.loop && []);
  const ended = settle(walk, outcome.status, isIgnored, role, true);
  if (ended === 'failed') rememberFailure(host, task ? plainName(task, scopeIn(walk, task)) : told.name, told.module, registered);
  return ended;
}

/** What a `rescue` finds: `ansible_failed_task` and `ansible_failed_result`, as in Ansible. */
function rememberFailure(host: HostRun, name: string, module: string, result: Vars | undefined): void {
  host.registered.set('ansible_failed_task', { name, action: module });
  host.registered.set('ansible_failed_result', result ?? {});
}

/** A task's name without its role. */
function plainName({ name, module }: Task, scope: Scope): string {
  return nameOf({ name, module }, scope);
}

/** Begins the task, or takes over what another host's turn at a `run_once` task gives. */
function turnOf({ run, host, playRun, round }: Walk, task: Task, scope: Scope, begin: () => Promise<WholeResult>) {
  const isOnce = task.runOnce?.evaluate(scope) || run.modules.get(task.module)?.once;
  if (!isOnce) return { result: begin(), isMine: true };
  const key = `${task.id}${round}`;
  const earlier = playRun.once.get(key);
  if (earlier && !earlier.takers.has(host)) {
    earlier.takers.add(host);
    return { result: earlier.result, isMine: false };
  }
  const result = begin();
  playRun.once.set(key, { result, takers: new Set([host]) });
  return { result, isMine: true };
}

async function allItems(walk: Walk, task: Task, name: string, role: TaskRole, scope: Scope): Promise<WholeResult> {
  const { run, host, playRun } = walk;
  run.emit({ event: 'task_start', host: host.host.name, play: playRun.play.name, task: name, handler: role.isHandler });
  const started = performance.now();
  const isOnTheWay = run.positions.get(task.id) === host.position;
  const items: ItemDone[] = [];
  for (const [index, item] of loopItems(task, scope).entries()) {
    if (isOnTheWay) host.nextItem = index + 1;
    const result = await runItem({ run, host, play: playRun.play, task, item, frame: walk.frame }, () => targetOf(walk, task, scope));
    items.push({ item, result, label: labelOf(walk, task, item) });
    // The next item sees what this one has set, as in Ansible: a list grows item by item.
    keep(host.registered, task.register, result.registered);
    if (result.outcome.status === 'unreachable' || run.signal.aborted) break;
  }
  const outcome = task.loop ? loopOutcome(items.map((one) => one.result.outcome)) : items[0]?.result.outcome;
  if (!outcome) throw new Error('a task without a loop has one item');
  const isIgnored = isIgnoredBy(walk, task, outcome.status);
  const whole = { outcome: { ...outcome, durationMs: Math.round(performance.now() - started) }, items, isIgnored };
  tell(
    walk,
    { name, source: task.source, module: task.module },
    role,
    whole.outcome,
    isIgnored,
    task.loop && items.map(({ result, label }) => ({ ...result.outcome, item: label })),
  );
  return whole;
}

function targetOf({ run, host }: Walk, task: Task, scope: Scope): Target {
  return run.targetOf(task.delegateTo?.evaluate(scope) ?? host.host.name);
}

/** Emits what a task, handler or include came to. */
export function tell(
  { run, host, playRun }: Walk,
  { name, source, module }: Told,
  role: TaskRole,
  outcome: TaskOutcome,
  isIgnored: boolean,
  items?: readonly (TaskOutcome & { readonly item: string })[],
): void {
  run.emit({
    event: role.isHandler ? 'handler' : 'task',
    host: host.host.name,
    play: playRun.play.name,
    task: name,
    source,
    module,
    check: run.check,
    ...outcome,
    ...(isIgnored && { ignored: true }),
    ...(items && { items }),
  });
}

/** What is shown of an item: the `label`, or the item where that has no value; nothing under `no_log`. */
function labelOf(walk: Walk, task: Task, item: LoopItem): string {
  const scope = scopeIn(walk, task, item.vars);
  if (isHidden(task, scope)) return 'not shown, as no_log is set';
  let label: Value | undefined = item.vars[task.loopControl.loopVar];
  try {
    label = task.loopControl.label?.evaluate(scope) ?? label;
  } catch {
    // The work is done by now: a label is not worth a failure.
  }
  return typeof label === 'string' ? label : JSON.stringify(label ?? null);
}

function remember(registered: Map<string, Value>, task: Task, items: WholeResult['items']): void {
  const results: readonly Vars[] = items.map(({ result }) => result.registered);
  for (const result of results) keep(registered, undefined, result);
  const whole = wholeRegistered(task, items);
  if (whole) keep(registered, task.register, whole);
}

function wholeRegistered(task: Task, items: WholeResult['items']): Vars | undefined {
  return task.loop ? loopRegistered(items.map(({ item, result }) => ({ vars: item.vars, result }))) : items[0]?.result.registered;
}

/** Whether `ignore_errors` or `ignore_unreachable` covers the task's end; not where they cannot be told. */
function isIgnoredBy(walk: Walk, task: Task, status: Status): boolean {
  if (status !== 'failed' && status !== 'unreachable') return false;
  const word = status === 'failed' ? task.ignoreErrors : task.ignoreUnreachable;
  try {
    return word?.evaluate(scopeIn(walk, task)) ?? false;
  } catch {
    return false;
  }
}

/**
 * Counts the task for the recap, as Ansible does (an ignored failure is ok and ignored), and says whether the host goes on.
 * @param isCounted false for a host that took over another's result of a `run_once` task.
 */
function settle({ host }: Walk, status: Status, isIgnored: boolean, { isRescuable }: TaskRole, isCounted: boolean): Ended {
  if (status === 'failed' || status === 'unreachable') {
    if (isIgnored) {
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
