import type { Expression } from './expression.ts';
import { tasksIn } from './handlers.ts';
import type { Play, Task } from './play.ts';
import type { Problems } from './problems.ts';

/** Warns of tasks that are changed in every run. One that depends on a result is left alone: whoever looks first knows what he does. */
export function adviceOnRerun(play: Play, problems: Problems): void {
  const tasks = tasksIn(play.tasks);
  const registered = new Set(tasks.map(({ register }) => register));
  for (const task of tasks) {
    if (task.changedWhen || task.when.some(({ variables }) => [...variables].some((name) => registered.has(name)))) continue;
    const cure = cureFor(task);
    if (cure !== undefined) problems.warning(`this ${task.module} is done, and counts as changed, in every run`, task.source, cure);
  }
}

/** Modules that run what they are given, and cannot know what that changes. */
const runAnything: readonly string[] = ['command', 'shell', 'script', 'raw'];

/** What always acts, by module and parameter, and what to do instead. */
const alwaysActs: readonly (readonly [modules: readonly string[], param: string, values: readonly unknown[], cure: string])[] = [
  [['file'], 'state', ['touch'], 'Make an empty file that then stays as it is with copy: {content: "", force: false}.'],
  [
    ['systemd', 'systemd_service', 'service'],
    'state',
    ['restarted', 'reloaded'],
    'Make it a handler, and let the tasks notify it whose changes it is to see; state: started is what a task says.',
  ],
];

/** What to do about a task that can never be ok; undefined where it can. */
function cureFor({ module, params, makes }: Task): string | undefined {
  if (makes) return 'Give changed_when: false, as nothing on the host changes, or changed_when: true if that is meant.';
  if (module === 'reboot') return 'Make it a handler, or let it depend on what an earlier task has registered (when).';
  if (runAnything.includes(module)) {
    if (['creates', 'removes'].some((param) => params.entries?.has(param))) return undefined;
    const files = module === 'raw' ? '' : 'creates (or removes) with a path that it makes (or takes away), or ';
    return `Give ${files}changed_when: false if it only looks, or changed_when: true if that is meant.`;
  }
  return alwaysActs.find(([modules, param, values]) => modules.includes(module) && values.includes(constantOf(params.entries?.get(param))))?.[3];
}

/** The value of what holds no template. */
function constantOf(expression: Expression | undefined): unknown {
  return expression?.variables.size === 0 ? expression.evaluate({ get: () => undefined, names: () => [] }) : undefined;
}
