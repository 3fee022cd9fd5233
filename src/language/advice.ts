import type { Problem } from '../values/errors.ts';
import { adviceOnSecrets } from './advice-secrets.ts';
import { tasksIn } from './handlers.ts';
import type { Loaded } from './load.ts';
import type { Play, Task } from './play.ts';
import { Problems } from './problems.ts';
import { isTemplate } from './template.ts';

/** What works and most likely is not meant so: warnings of `homerun lint`, beside those of every run. */
export function adviceOn({ plays, inventory }: Pick<Loaded, 'plays' | 'inventory'>): readonly Problem[] {
  const problems = new Problems();
  for (const play of plays) for (const task of tasksIn(play.tasks)) adviseOnRerun(task, play, problems);
  adviseOnHandlers(plays, problems);
  adviceOnSecrets(plays, inventory, problems);
  return problems.warnings;
}

/** Modules that run what they are given, and cannot know what that changes. */
const runAnything: readonly string[] = ['command', 'shell', 'script', 'raw'];

/** A task that is changed in every run. One that depends on a result is left alone: whoever looks first knows what he does. */
function adviseOnRerun({ module, params, changedWhen, when, makes, source }: Task, play: Play, problems: Problems): void {
  if (makes && !changedWhen)
    problems.warning(
      `this ${module} counts as changed in every run, also for homerun check`,
      source,
      'Give changed_when: false, as nothing on the host changes, or changed_when: true if that is meant.',
    );
  if (!runAnything.includes(module) || changedWhen || ['creates', 'removes'].some((param) => params.entries?.has(param))) return;
  const registered = new Set(tasksIn(play.tasks).map(({ register }) => register));
  if (when.some(({ variables }) => [...variables].some((name) => registered.has(name)))) return;
  const files = module === 'raw' ? '' : 'creates (or removes) with a path that it makes (or takes away), or ';
  problems.warning(
    `this ${module} is done, and counts as changed, in every run`,
    source,
    `Give ${files}changed_when: false if it only looks, or changed_when: true if that is meant.`,
  );
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
