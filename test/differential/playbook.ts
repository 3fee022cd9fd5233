// A file of cases as one playbook, in which a failing task ends its case and not the run; and what came of it, case by case again.

import type { TaskCase } from './cases.ts';
import type { Outcome } from './outcome.ts';

type Task = Readonly<Record<string, unknown>>;

const blockWords = ['block', 'rescue', 'always'];

/** One play over the host `one` or `two` with a block for each case; `{{ dir }}` is the case's folder. */
export function playbookOf(cases: readonly TaskCase[], host: string, directoryOf: (index: number) => string): unknown {
  const tasks = cases.map((one, index) => ({
    name: `[${index}] case`,
    vars: { dir: directoryOf(index) },
    block: one.tasks.map((task, place) => named(task, `[${index}] task ${place + 1}`)),
    rescue: [{ name: `[${index}] ended`, debug: { msg: 'ended' } }],
  }));
  return [{ hosts: host, gather_facts: false, tasks }];
}

function named(task: Task, name: string): Task {
  const own = typeof task['name'] === 'string' ? `${name} ${task['name']}` : name;
  const blocks = blockWords.flatMap((word) => {
    const inner = task[word];
    return Array.isArray(inner) ? [[word, inner.map((one: Task, place) => named(one, `${name} ${word} ${place + 1}`))]] : [];
  });
  return { ...task, name: own, ...Object.fromEntries(blocks) };
}

/** What each case came to; a task of a file that a case includes has no number, and belongs to the case before it. */
export function byCase(outcomes: readonly Outcome[], count: number): readonly (readonly Outcome[])[] {
  const found: Outcome[][] = Array.from({ length: count }, () => []);
  let index = 0;
  for (const outcome of outcomes) {
    const [, digits, rest] = /\[(\d+)\] (.*)/s.exec(outcome.task) ?? [];
    if (digits !== undefined) index = Number(digits);
    found[index]?.push({ ...outcome, task: rest ?? outcome.task });
  }
  return found;
}
