import type { Walk } from './context.ts';
import { nameOf } from './task.ts';

/** Marks the handlers of these names, or listening to them, as pending on the walk's host. */
export function notify({ host, playRun: { play } }: Walk, names: readonly string[]): void {
  if (names.length === 0) return;
  for (const handler of play.handlers) {
    const own = nameOf(handler.task, host.scope(play, handler.task));
    if (names.includes(own) || handler.listen.some((topic) => names.includes(topic))) host.pending.add(handler);
  }
}

/** Writes down what is owed now, and what will be owed (`also`) if a change that is about to be made succeeds. */
export function journalPending({ run, host, playRun: { play } }: Walk, also: readonly string[] = []): void {
  const pending = [...host.pending].map(({ task }) => nameOf(task, host.scope(play, task)));
  run.journal.save(host.host.name, play.name, [...new Set([...pending, ...also])]);
}
