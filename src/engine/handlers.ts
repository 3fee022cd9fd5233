import type { Walk } from './context.ts';
import { nameOf } from './task.ts';

/** Marks the handlers of these names, or listening to them, as pending on the walk's host. @returns the names that no handler has. */
export function notify({ host, playRun: { play } }: Pick<Walk, 'host' | 'playRun'>, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const known = new Set<string>();
  for (const handler of play.handlers) {
    const own = [nameOf(handler.task, host.scope(play, handler.task)), ...handler.listen];
    if (!own.some((name) => names.includes(name))) continue;
    host.pending.add(handler);
    for (const name of own) known.add(name);
  }
  return names.filter((name) => !known.has(name));
}

/** Writes down what is owed now, and what will be owed (`also`) if a change that is about to be made succeeds. */
export function journalPending({ run, host, playRun: { play }, owedElsewhere }: Walk, also: readonly string[] = []): void {
  const pending = [...host.pending].map(({ task }) => nameOf(task, host.scope(play, task)));
  run.journal.save(host.host.name, play.name, [...new Set([...pending, ...also, ...owedElsewhere])]);
}
