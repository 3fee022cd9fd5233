import type { Scope } from './expression.ts';
import { importEntry, openImport } from './import-tasks.ts';
import { includeEntry } from './include.ts';
import { textsOf } from './inherit.ts';
import { didYouMean } from './nearest.ts';
import { child, type Node } from './node.ts';
import type { Handler, Inherited, Item, Play, Task } from './play.ts';
import type { PlaybookReader } from './playbook.ts';
import type { Problems } from './problems.ts';
import { listOf, mappingOf } from './reader.ts';
import { readTask } from './task.ts';
import { isTemplate } from './template.ts';

/** Reads a play's handlers. */
export function readHandlers(node: Node | undefined, inherited: Inherited, reader: PlaybookReader): readonly Handler[] {
  const { problems } = reader;
  const list = node && listOf(node, 'handlers', problems, 'Begin each handler with "- name: …".');
  return (list?.items ?? []).flatMap((item) => {
    const mapping = mappingOf(item, 'a handler', problems, 'Begin each handler with "- name: …".');
    const block = mapping && child(mapping, 'block');
    if (block)
      problems.error('a handler cannot be a block', block.source, 'Make each task of it a handler, and let them listen to one name: listen: NAME.');
    const include = mapping && includeEntry(mapping);
    if (include) {
      problems.error(`a handler cannot be an ${include.key}`, include.keyNode.source, 'Write import_tasks: FILE.');
      return [];
    }
    const imported = mapping && importEntry(mapping);
    if (imported) {
      const file = openImport(mapping, imported, inherited, reader);
      return file ? readHandlers(file.node, file.inherited, file.reader) : [];
    }
    const task = mapping && !block && readTask(mapping, 'handler', inherited, reader);
    if (!task) return [];
    const listen = child(mapping, 'listen');
    if (!child(mapping, 'name') && !listen)
      problems.error('a handler needs a name', mapping.source, 'Tasks notify it by its name, or by what it listens to.');
    return [{ task, listen: listen ? textsOf(listen, 'listen', problems).map(({ text }) => text) : [] }];
  });
}

/** The names that a handler has: its own, and with its role before it. */
export function handlerNames(task: Pick<Task, 'name' | 'around'>, scope: Scope): readonly string[] {
  const name = task.name.evaluate(scope);
  return task.around?.role === undefined ? [name] : [name, `${task.around.role} : ${name}`];
}

/** All tasks of a list, those in blocks and of includes too. */
export function tasksIn(items: readonly Item[]): readonly Task[] {
  return items.flatMap((item) => {
    if (item.kind === 'task') return [item];
    if (item.kind === 'include') return item.choices.flatMap((choice) => tasksIn(choice.items));
    return item.kind === 'block' ? tasksIn([...item.block, ...item.rescue, ...item.always]) : [];
  });
}

/** Notes tasks that notify a handler that there is not, and two handlers of one name. */
export function checkHandlers(play: Play, problems: Problems): void {
  const nothing = { get: () => undefined, names: () => [] };
  const names = new Set<string>();
  let hasOpenNames = false;
  for (const { task, listen } of play.handlers) {
    const name = task.name.evaluate(nothing);
    hasOpenNames ||= isTemplate(name);
    // Handlers of roles may well have the same name: each role is written for itself.
    if (names.has(name) && task.name.source !== task.source && !task.around?.role)
      problems.warning(`two handlers are called "${name}"`, task.name.source, 'Only the first one of them is notified.');
    const isNameless = task.name.source === task.source;
    for (const known of [...(isNameless ? [] : handlerNames(task, nothing)), ...listen]) names.add(known);
  }
  if (hasOpenNames) return;
  for (const task of tasksIn([...play.tasks, ...play.handlers.map((handler) => handler.task)])) {
    for (const notified of task.notify) {
      if (notified.variables.size > 0) continue;
      const name = notified.evaluate(nothing);
      if (names.has(name) || problems.lostNames.has(name)) continue;
      const hint = didYouMean(name, names) ?? `Write it below "handlers:" of the play "${play.name}".`;
      problems.error(`there is no handler "${name}"`, notified.source, hint);
    }
  }
}
