import type { Item } from '../language/play.ts';
import type { Ended, Walk } from './context.ts';
import { journalPending } from './handlers.ts';
import { isSelected } from './select.ts';
import { runWholeTask } from './whole-task.ts';

/**
 * Runs the items strictly in order on one host.
 * @param isRescuable a `rescue` waits further out, so that a failure here is not the host's.
 */
export async function walkItems(walk: Walk, items: readonly Item[], isRescuable = false): Promise<Ended> {
  for (const item of items) {
    if (walk.host.out || walk.playRun.stop || walk.run.signal.aborted) return 'stopped';
    const ended = await walkItem(walk, item, isRescuable);
    if (ended !== 'done') return ended;
  }
  return 'done';
}

async function walkItem(walk: Walk, item: Item, isRescuable: boolean): Promise<Ended> {
  const { run, host, playRun } = walk;
  if (item.kind === 'task') {
    const position = run.positions.get(item.id);
    if (!isSelected(item.tags, run.selection) || (position !== undefined && position < run.startAt)) return 'done';
    host.position = Math.max(host.position, position ?? -1);
    return runWholeTask(walk, item, { isRescuable, isHandler: false });
  }
  if (item.kind === 'meta') {
    if (!isSelected(item.tags, run.selection)) return 'done';
    const scope = host.scope(playRun.play, item);
    if (!item.when.every((condition) => condition.evaluate(scope))) return 'done';
    if (item.action === 'flush_handlers') return flushHandlers(walk);
    if (item.action === 'end_play') playRun.stop = true;
    return item.action === 'noop' ? 'done' : 'stopped';
  }
  const hasRescue = item.rescue.length > 0;
  let ended = await walkItems(walk, item.block, isRescuable || hasRescue);
  if (ended === 'failed' && hasRescue && !host.out) {
    host.count('rescued');
    ended = await walkItems(walk, item.rescue, isRescuable);
  }
  const after = host.out === 'unreachable' ? 'done' : await walkAlways(walk, item.always, isRescuable);
  return after === 'done' ? ended : after;
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

/** Runs the pending handlers in the order they are defined, each once, until none is pending. */
export async function flushHandlers(walk: Walk): Promise<Ended> {
  const { host, playRun } = walk;
  for (;;) {
    const next = playRun.play.handlers.find((handler) => host.pending.has(handler));
    if (!next || walk.run.signal.aborted) return 'done';
    host.pending.delete(next);
    const ended = await runWholeTask(walk, next.task, { isRescuable: false, isHandler: true });
    if (ended !== 'done') {
      host.pending.add(next);
      return ended;
    }
    journalPending(walk);
  }
}
