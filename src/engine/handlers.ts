import { handlerNames } from '../language/handlers.ts';
import type { Handler } from '../language/play.ts';
import type { Walk } from './context.ts';

/**
 * Marks the handlers of these names, or listening to them, as pending on the walk's host. Of several of one name it is the first of the last
 * list of handlers, as in Ansible.
 * @returns the names that no handler has.
 */
export function notify({ host, playRun: { play } }: Pick<Walk, 'host' | 'playRun'>, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const known = new Set<string>();
  const seen = new Set<string>();
  for (const handler of play.handlers.toSorted((a, b) => (b.list ?? 0) - (a.list ?? 0))) {
    const own = isNameless(handler) ? [] : handlerNames(handler.task, host.scope(play, handler.task));
    const wanted = names.filter((name) => handler.listen.includes(name) || (own.includes(name) && !seen.has(name)));
    const isFirst = own.length === 0 || !own.every((name) => seen.has(name));
    for (const name of own) seen.add(name);
    for (const name of wanted) known.add(name);
    if (wanted.length > 0 && isFirst) host.pending.add(handler);
  }
  return names.filter((name) => !known.has(name));
}

/** Its name is then its module's, for the screen: it only listens. */
function isNameless({ task }: Handler): boolean {
  return task.name.source === task.source;
}

/** Writes down what is owed now, and what will be owed (`also`) if a change that is about to be made succeeds. */
export function journalPending({ run, host, playRun: { play }, owedElsewhere }: Walk, also: readonly string[] = []): void {
  const pending = [...host.pending].flatMap((handler) =>
    isNameless(handler) ? handler.listen : handlerNames(handler.task, host.scope(play, handler.task)).slice(-1),
  );
  run.journal.save(host.host.name, play.name, [...new Set([...pending, ...also, ...owedElsewhere])]);
}
