import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '../language/expression.ts';
import type { Task } from '../language/play.ts';
import type { Source } from '../values/errors.ts';
import type { Value, Vars } from '../values/vars.ts';
import { type Ended, scopeIn, type Walk } from './context.ts';
import type { Status, TaskOutcome } from './event.ts';
import { journalPending, notify } from './handlers.ts';
import type { HostRun } from './host.ts';
import { invocationOf, type LoopItem, loopItems, scopeFor } from './invocation.ts';
import { loopOutcome, loopRegistered } from './loop.ts';
import { turnOf } from './once.ts';
import { keep } from './result.ts';
import type { Target } from './target.ts';
import { type ItemResult, isHidden, nameOf, refused, runItem } from './task.ts';
import { LoopCompanions } from './together.ts';

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
    const notified = notifiedBy(walk, task, scope);
    let isOwed = false;
    const beforeChange = () => {
      if (notified.length > 0 && !isOwed) journalPending(walk, notified);
      isOwed = true;
    };
    const { result, isMine } = await turnOf(walk, task, scope, () => allItems(walk, task, { name, role, scope, beforeChange }));
    const { outcome, items, isIgnored } = result;
    remember(host.registered, task, items);
    // A link lost meanwhile: the change may have been made.
    const isNotifying = outcome.status === 'changed' || outcome.status === 'unreachable';
    if (isNotifying) notify(walk, notified);
    if (notified.length > 0 && (isOwed || isNotifying)) journalPending(walk);
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

/** What a task that is begun has been found to be. */
interface Begun {
  readonly name: string;
  readonly role: TaskRole;
  readonly scope: Scope;
  /** Writes down which handlers it will owe. */
  readonly beforeChange: () => void;
}

async function allItems(walk: Walk, task: Task, { name, role, scope, beforeChange }: Begun): Promise<WholeResult> {
  const { run, host, playRun } = walk;
  run.emit({ event: 'task_start', host: host.host.name, play: playRun.play.name, task: name, handler: role.isHandler });
  const started = performance.now();
  const isOnTheWay = run.positions.get(task.id) === host.position;
  const items: ItemDone[] = [];
  const all = loopItems(task, scope);
  const companions = companionsIn(walk, task, all);
  for (const [index, item] of all.entries()) {
    if (index > 0) await betweenItems(walk, task, scope);
    if (isOnTheWay) host.nextItem = index + 1;
    const turn = {
      run,
      host,
      play: playRun.play,
      task,
      item,
      frame: walk.frame,
      beforeChange,
      ...(companions && { companions: companions.at(index) }),
    };
    const result = await runItem(turn, () => targetOf(walk, task, item));
    items.push({ item, result, label: labelOf(walk, task, item) });
    // The next item sees what this one has set, as in Ansible: a list grows item by item.
    keep(host.registered, task.register, result.registered);
    if (result.outcome.status === 'unreachable' || (run.signal.aborted && !companions?.areWaiting)) break;
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

/** Undefined where an item's turn may depend on what those before it came to, or has to wait for something. */
function companionsIn({ run, host, playRun, frame }: Walk, task: Task, items: readonly LoopItem[]): LoopCompanions | undefined {
  const { register, until, retries, delegateTo, checkMode, loopControl, when } = task;
  const isPlain = (register ?? until ?? retries ?? delegateTo ?? checkMode ?? loopControl.pause) === undefined;
  if (items.length < 2 || !run.prefetch || run.check || !isPlain) return undefined;
  return new LoopCompanions({
    items,
    invocationOf: ({ vars }) => {
      const scope = scopeFor(host, playRun.play, task, { vars: { ...frame, ...vars } });
      return when.every((condition) => condition.evaluate(scope)) ? invocationOf(run, host, task, scope) : undefined;
    },
  });
}

/** `pause` of `loop_control`; check mode waits for nothing. */
async function betweenItems({ run }: Walk, { loopControl: { pause } }: Task, scope: Scope): Promise<void> {
  const seconds = run.check ? 0 : (pause?.evaluate(scope) ?? 0);
  if (seconds > 0) await sleep(seconds * 1000, undefined, { signal: run.signal }).catch(() => undefined);
}

function targetOf(walk: Walk, task: Task, { vars }: LoopItem): Target {
  return walk.run.targetOf(task.delegateTo?.evaluate(scopeIn(walk, task, vars)) ?? walk.host.host.name);
}

/** The handlers that the task notifies: those of all items of its loop, as in Ansible. */
function notifiedBy(walk: Walk, task: Task, scope: Scope): readonly string[] {
  if (task.notify.length === 0) return [];
  const scopes = loopItems(task, scope).map(({ vars }) => scopeIn(walk, task, vars));
  return [...new Set(scopes.flatMap((one) => task.notify.map((name) => name.evaluate(one))))];
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
  run.record.told(host.host.name);
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
