import { allTasks, isSelected, type Selection } from '../engine/select.ts';
import type { Loaded, LoadedPlay } from '../language/load.ts';
import type { Include, Task } from '../language/play.ts';
import { scopeOf } from '../language/variables.ts';
import { oneLine } from '../report/sanitize.ts';
import { InputError } from '../values/errors.ts';
import type { RunArguments } from './options.ts';

/** What `--list-hosts`, `--list-tasks` and `--list-tags` ask for. */
export type Wanted = Pick<RunArguments, 'listHosts' | 'listTasks' | 'listTags'>;

/** The plays of a run with their hosts, tasks or tags, without doing anything. Tasks are those that `--tags` and `--skip-tags` leave. */
export function listing(loaded: Loaded, selection: Selection, wanted: Wanted): string {
  return loaded.planned
    .map((planned, index) => {
      const { play } = planned;
      const tags = play.tags.length > 0 ? tagText(play.tags) : '';
      return [
        `PLAY ${index + 1} [${oneLine(play.name)}]${tags}`,
        ...(wanted.listHosts ? hostLines(planned) : []),
        ...(wanted.listTasks ? ['  tasks:', ...taskLines(planned, selection)] : []),
        ...(wanted.listTags ? [`  tags: ${allTags(planned).map(oneLine).join(', ') || 'none'}`] : []),
        '',
      ].join('\n');
    })
    .join('\n');
}

function hostLines({ hosts, settledAfter }: LoadedPlay): readonly string[] {
  const open = settledAfter === undefined ? [] : ['    (only the run tells: add_host or group_by stands before this play)'];
  return [`  hosts (${settledAfter === undefined ? '' : 'now '}${hosts.length}):`, ...hosts.map((host) => `    ${oneLine(host)}`), ...open];
}

function taskLines({ play }: LoadedPlay, selection: Selection): readonly string[] {
  return allTasks(play.tasks)
    .filter((task) => isSelected(task.tags, selection))
    .map((task) => `    ${oneLine(nameOf(task))}${task.tags.length > 0 ? tagText(task.tags) : ''}`);
}

function allTags({ play }: LoadedPlay): readonly string[] {
  return [...new Set([...play.tags, ...allTasks(play.tasks).flatMap((task) => task.tags)])].toSorted();
}

function tagText(tags: readonly string[]): string {
  return `  TAGS: [${tags.map(oneLine).join(', ')}]`;
}

/** The name as far as it is known without a host: a template that needs one stays as it is written. */
function nameOf(task: Task | Include): string {
  const role = task.around?.role === undefined ? '' : `${task.around.role} : `;
  try {
    return `${role}${task.name.evaluate(scopeOf(task.vars))}`;
  } catch (error) {
    if (error instanceof InputError) return task.module;
    throw error;
  }
}
