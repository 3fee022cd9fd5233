import type { Block, Handler, Item, Meta, RoleMention, Task } from '../language/play.ts';
import { type Ended, scopeIn, type Walk } from './context.ts';
import { journalPending } from './handlers.ts';
import { walkInclude } from './include.ts';
import { awaitFirst, isOnce, wake } from './once.ts';
import { isSelected } from './select.ts';
import { runWholeTask, type TaskRole, tellRefusal } from './whole-task.ts';

/**
 * Runs the items strictly in order on one host.
 * @param isRescuable a `rescue` waits further out, so that a failure here is not the host's.
 */
export async function walkItems(walk: Walk, items: readonly Item[], isRescuable = false): Promise<Ended> {
  for (const item of items) {
    if (isOver(walk)) return 'stopped';
    const ended = await walkItem(walk, item, isRescuable);
    if (ended !== 'done') return ended;
  }
  return 'done';
}

function isOver({ run, playRun, host, passed }: Walk): boolean {
  return host.out !== undefined || playRun.isFatal || run.signal.aborted || (playRun.endedAt !== undefined && passed.has(playRun.endedAt));
}

async function walkItem(walk: Walk, item: Item, isRescuable: boolean): Promise<Ended> {
  const { run, host } = walk;
  if (item.kind === 'task') {
    const position = run.positions.get(item.id);
    if (!isSelected(item.tags, run.selection) || (position !== undefined && position < run.startAt)) return 'done';
    if (position !== undefined && position > host.position) {
      host.position = position;
      host.nextItem = 0;
      host.reached = [...walk.rounds, position];
      wake(walk.playRun);
    }
    return runInTurn(walk, item, { isRescuable, isHandler: false });
  }
  if (item.kind === 'meta') return isSelected(item.tags, run.selection) ? walkMeta(walk, item, isRescuable) : 'done';
  if (item.kind === 'include') return walkInclude(walk, item, { isRescuable, isHandler: false }, walkItems);
  return item.role ? walkRole(walk, item, item.role, isRescuable) : walkBlock(walk, item, isRescuable);
}

/** Runs a task once `throttle` lets the host; not at all where the run has ended meanwhile. */
async function runInTurn(walk: Walk, task: Task, role: TaskRole): Promise<Ended> {
  const most = throttleOf(walk, task);
  // At a task that is done once, one host waits for another: none may keep a place meanwhile.
  if (isKnownOnce(walk, task)) {
    await awaitFirst(walk, task);
    return isOver(walk) && !role.isHandler ? 'stopped' : runWholeTask(walk, task, role);
  }
  if (most === 0) return runWholeTask(walk, task, role);
  return walk.playRun.throttle.run(
    task.id,
    most,
    async () => (isOver(walk) && !role.isHandler ? 'stopped' : runWholeTask(walk, task, role)),
    (wait) => walk.host.aside(wait),
  );
}

/** Not where it cannot be told, which the task itself then says. */
function isKnownOnce(walk: Walk, task: Task): boolean {
  try {
    return isOnce(walk, task, scopeIn(walk, task));
  } catch {
    return false;
  }
}

/** 0 for no limit; also where it cannot be told, which the task itself then says of whatever else it cannot tell. */
function throttleOf(walk: Walk, { throttle, ...task }: Task): number {
  try {
    return throttle?.evaluate(scopeIn(walk, task)) ?? 0;
  } catch {
    return 0;
  }
}

/** A role, unless it is to be done once and the host has had something to do in it before. */
async function walkRole(walk: Walk, role: Block, { key, isOnce }: RoleMention, isRescuable: boolean): Promise<Ended> {
  const { host } = walk;
  if (isOnce && host.rolesDone.has(key)) return 'done';
  const before = host.done;
  const ended = await walkBlock(walk, role, isRescuable);
  if (host.done > before) host.rolesDone.add(key);
  return ended;
}

async function walkBlock(walk: Walk, item: Block, isRescuable: boolean): Promise<Ended> {
  const { host } = walk;
  const hasRescue = item.rescue.length > 0;
  let ended = await walkItems(walk, item.block, isRescuable || hasRescue);
  if (ended === 'failed' && hasRescue && !host.out) {
    if (isOver(walk)) return giveUp(walk, isRescuable);
    host.count('rescued');
    ended = await walkItems(walk, item.rescue, isRescuable);
  }
  if (ended === 'stopped' || host.out === 'unreachable') return ended;
  const after = await walkAlways(walk, item.always, isRescuable);
  return after === 'done' || (after === 'stopped' && ended === 'failed') ? ended : after;
}

/** A failure whose rescue does not come any more is the host's. */
function giveUp({ host }: Walk, isRescuable: boolean): Ended {
  if (isRescuable) return 'failed';
  host.count('failed');
  host.out = 'failed';
  return 'failed';
}

async function walkMeta(walk: Walk, meta: Meta, isRescuable: boolean): Promise<Ended> {
  const { playRun, passed } = walk;
  const role: TaskRole = { isRescuable, isHandler: false };
  try {
    const scope = scopeIn(walk, meta);
    const holds = meta.when.every((condition) => condition.evaluate(scope));
    if (meta.action === 'end_play') {
      passed.add(meta);
      if (holds) playRun.endedAt ??= meta;
      return isOver(walk) ? 'stopped' : 'done';
    }
    if (!holds || meta.action === 'noop') return 'done';
  } catch (error) {
    return tellRefusal(walk, { name: `meta ${meta.action}`, source: meta.source, module: 'meta' }, role, error);
  }
  return meta.action === 'flush_handlers' ? flushHandlers(walk) : 'stopped';
}

/** `always` also runs on a host that has just failed; it stays failed. */
async function walkAlways(walk: Walk, items: readonly Item[], isRescuable: boolean): Promise<Ended> {
  const { host } = walk;
  const before = host.out;
  host.out = undefined;
  const ended = await walkItems(walk, items, isRescuable);
  host.out ??= before;
  return ended;
}

/**
 * Runs the pending handlers in the order they are defined. One that a later one notifies waits for the next time, as in Ansible, and nothing
 * waits for itself.
 */
export async function flushHandlers(walk: Walk): Promise<Ended> {
  const { host, playRun, run } = walk;
  for (const handler of playRun.play.handlers) {
    if (!host.pending.has(handler)) continue;
    if (run.signal.aborted) return 'done';
    const ended = await runHandler(walk, handler);
    if (ended === 'failed') walk.failedHandlers.add(handler);
    if (ended !== 'done') return ended;
    host.pending.delete(handler);
    journalPending(walk);
  }
  return 'done';
}

async function runHandler(walk: Walk, { task }: Handler): Promise<Ended> {
  const { target } = walk.host;
  if (target) target.isAtHandlers = true;
  try {
    return await runInTurn({ ...walk, frame: {} }, task, { isRescuable: false, isHandler: true });
  } finally {
    if (target) target.isAtHandlers = false;
  }
}
