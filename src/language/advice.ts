import type { Problem } from '../values/errors.ts';
import { adviceOnRerun } from './advice-rerun.ts';
import { adviceOnSecrets } from './advice-secrets.ts';
import { adviceOnUnused } from './advice-unused.ts';
import type { Files } from './files.ts';
import { tasksIn } from './handlers.ts';
import type { Loaded } from './load.ts';
import type { Play, Task } from './play.ts';
import { Problems } from './problems.ts';
import { projectTexts } from './project-texts.ts';
import { isTemplate } from './template.ts';

/**
 * What works and most likely is not meant so: warnings of `homerun lint`, beside those of every run.
 * @param isWhole whether these are all playbooks of the project.
 */
export function adviceOn({ plays, inventory }: Pick<Loaded, 'plays' | 'inventory'>, files: Files, isWhole: boolean): readonly Problem[] {
  const problems = new Problems();
  for (const play of plays) adviceOnRerun(play, problems);
  adviseOnHandlers(plays, problems);
  adviceOnSecrets(plays, inventory, problems);
  const texts = projectTexts(plays, inventory, files);
  if (texts) adviceOnUnused({ plays, inventory, texts, isWhole }, problems);
  return problems.warnings;
}

/** Handlers that no task of any play that has them notifies. Those of roles are left alone: they may be there for others. */
function adviseOnHandlers(plays: readonly Play[], problems: Problems): void {
  const nothing = { get: () => undefined, names: () => [] };
  const used = new Set<string>();
  const unused = new Map<string, { readonly name: string; readonly task: Task }>();
  for (const { tasks, handlers } of plays) {
    const notified = [...tasksIn(tasks), ...handlers.map(({ task }) => task)].flatMap(({ notify }) => notify);
    const isOpen = notified.some(({ variables }) => variables.size > 0);
    const names = new Set(isOpen ? [] : notified.map((one) => one.evaluate(nothing)));
    for (const { task, listen } of handlers) {
      const name = task.name.evaluate(nothing);
      const place = JSON.stringify(task.source);
      // A file of handlers may be imported by several plays.
      if (isOpen || task.around?.role !== undefined || isTemplate(name) || [name, ...listen].some((one) => names.has(one))) used.add(place);
      else unused.set(place, { name, task });
    }
  }
  for (const [place, { name, task }] of unused) {
    if (!used.has(place))
      problems.warning(`nothing notifies the handler "${name}"`, task.source, 'Write notify with its name in the task that it is for, or delete it.');
  }
}
