import { nearest } from '../language/nearest.ts';
import type { Choice, Include, Item, Play, Task } from '../language/play.ts';
import { InputError } from '../values/errors.ts';

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

/** Tags that stand for others, and so may be asked for though no task has them. */
const specialTags = ['all', 'tagged', 'untagged', 'always', 'never'];

/** @throws InputError when a tag is asked for that no task has: nothing would run, in silence. */
export function checkTags({ tags }: Selection, plays: readonly Play[]): void {
  const known = new Set(plays.flatMap((play) => [...play.tags, ...tagsOf(play.tasks)]));
  const strange = tags.find((tag) => !known.has(tag) && !specialTags.includes(tag));
  if (strange === undefined) return;
  const near = nearest(strange, known);
  const all = [...known].sort().join(', ');
  throw InputError.of(
    `--tags: no task has the tag "${strange}"`,
    undefined,
    near === undefined ? `There are: ${all || 'none'}.` : `Did you mean "${near}"?`,
  );
}

function tagsOf(items: readonly Item[]): readonly string[] {
  return items.flatMap((item) => {
    if (item.kind === 'include') return [...item.tags, ...item.choices.flatMap((choice) => tagsOf(choice.items))];
    return item.kind === 'block' ? tagsOf([...item.block, ...item.rescue, ...item.always]) : item.tags;
  });
}

/**
 * The index in `order` of the task to start at: the first whose name is `name`, or matches it where it holds `*` (as `--start-at-task` of Ansible).
 * @param namesOf the names that a task has: as it is shown, and without its role.
 * @throws InputError with the nearest name when there is none.
 */
export function startIndex(name: string, order: readonly Placed[], namesOf: (placed: Placed) => readonly string[]): number {
  const pattern = new RegExp(
    `^${name
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );
  const names = order.map(namesOf);
  const index = names.findIndex((some) => some.some((one) => pattern.test(one)));
  if (index >= 0) return index;
  const near = nearest(name, names.flat());
  throw InputError.of(
    `--start-at-task: no task is called "${name}"`,
    undefined,
    near === undefined ? 'homerun run --list-tasks shows them.' : `Did you mean "${near}"?`,
  );
}

/** A play with the names of the hosts that it is for, as far as they are known: none before that. */
export interface PlannedPlay {
  readonly play: Play;
  readonly hosts: ReadonlySet<string>;
}

/** An include, and what of its choices is meant. */
export interface Within {
  readonly include: Include;
  readonly choice: Choice;
}

/** A task with the play it stands in. */
export interface Placed {
  readonly play: Play;
  readonly hosts: ReadonlySet<string>;
  readonly task: Task;
  /** The includes around it, outermost first; the same list for all tasks of one. */
  readonly within: readonly Within[];
}

/**
 * Every task of the plays in the order of the walk: blocks, then their `always`; a `rescue` is not on the way. Of an include all that it may come to,
 * once. Handlers are not in it.
 */
export function tasksInOrder(plays: readonly PlannedPlay[]): readonly Placed[] {
  return plays.flatMap(({ play, hosts }) => {
    return tasksOf(play.tasks, []).map((placed) => ({ play, hosts, ...placed }));
  });
}

function tasksOf(items: readonly Item[], within: readonly Within[]): readonly Pick<Placed, 'task' | 'within'>[] {
  return items.flatMap((item) => {
    if (item.kind === 'task') return [{ task: item, within }];
    if (item.kind === 'include') return item.choices.flatMap((choice) => tasksOf(choice.items, [...within, { include: item, choice }]));
    return item.kind === 'block' ? [...tasksOf(item.block, within), ...tasksOf(item.always, within)] : [];
  });
}

/** Every task and include that stands in `items`, in the order in which they stand, rescues and what may be included among them. */
export function allTasks(items: readonly Item[]): readonly (Task | Include)[] {
  return items.flatMap((item) => {
    if (item.kind === 'task') return [item];
    if (item.kind === 'include') return [item, ...item.choices.flatMap((choice) => allTasks(choice.items))];
    return item.kind === 'block' ? allTasks([...item.block, ...item.rescue, ...item.always]) : [];
  });
}
