import type { Item, Play, Task } from '../language/play.ts';

/** Which tasks a run is about. */
export interface Selection {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

/**
 * Whether a task with these tags runs, as in Ansible: `always` unless skipped by name, `never` only if one of its tags is asked for;
 * `all`, `tagged` and `untagged` may stand among the asked and the skipped.
 */
export function isSelected(tags: readonly string[], { tags: asked, skipTags }: Selection): boolean {
  const own = tags.filter((tag) => tag !== 'always' && tag !== 'never');
  const matches = (wanted: readonly string[]) =>
    wanted.some(
      (tag) =>
        tags.includes(tag) ||
        (tag === 'all' && !tags.includes('never')) ||
        (tag === 'tagged' && own.length > 0) ||
        (tag === 'untagged' && own.length === 0),
    );
  if (skipTags.length > 0 && (tags.includes('always') ? tags.some((tag) => skipTags.includes(tag)) : matches(skipTags))) return false;
  if (tags.includes('always')) return true;
  if (tags.includes('never') && !asked.some((tag) => tags.includes(tag))) return false;
  return asked.length === 0 || matches(asked);
}

/** A play with the names of the hosts that it is for. */
export interface PlannedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
}

/** A task with the play it stands in. */
export interface Placed {
  readonly play: Play;
  readonly hosts: ReadonlySet<string>;
  readonly task: Task;
}

/** Every task of the plays in the order of the walk: blocks, then their `always`; a `rescue` is not on the way. Handlers are not in it. */
export function tasksInOrder(plays: readonly PlannedPlay[]): readonly Placed[] {
  return plays.flatMap(({ play, hosts }) => {
    const names = new Set(hosts);
    return tasksOf(play.tasks).map((task) => ({ play, hosts: names, task }));
  });
}

function tasksOf(items: readonly Item[]): readonly Task[] {
  return items.flatMap((item) => {
    if (item.kind === 'task') return [item];
    return item.kind === 'block' ? [...tasksOf(item.block), ...tasksOf(item.always)] : [];
  });
}
