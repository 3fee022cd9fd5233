import type { Scope } from '../language/expression.ts';
import type { Task } from '../language/play.ts';
import type { PlayRun, Walk } from './context.ts';
import type { WholeResult } from './whole-task.ts';

/** The result of a task, and whether it is this host that has done it. */
interface Turn {
  readonly result: WholeResult;
  readonly isMine: boolean;
}

/** Whether one host does a task for all: by its own word, or as its module is such. */
export function isOnce({ run }: Pick<Walk, 'run'>, task: Pick<Task, 'module' | 'runOnce'>, scope: Scope): boolean {
  return run.modules.get(task.module)?.once === true || (task.runOnce?.evaluate(scope) ?? false);
}

/** Does the task, or takes over what another host's turn at a `run_once` task gives. */
export async function turnOf(walk: Walk, task: Task, scope: Scope, begin: () => Promise<WholeResult>): Promise<Turn> {
  if (!isOnce(walk, task, scope)) return { result: await begin(), isMine: true };
  const { host, playRun } = walk;
  const key = keyOf(walk, task);
  const earlier = playRun.once.get(key);
  if (earlier && !earlier.takers.has(host)) {
    earlier.takers.add(host);
    return { result: await host.aside(() => earlier.result), isMine: false };
  }
  const result = begin();
  playRun.once.set(key, { result, takers: new Set([host]) });
  wake(playRun);
  return { result: await result, isMine: true };
}

/**
 * Waits where the task is done once, and a host that stands before this one in the batch has yet to come to it: as in Ansible it is the first that
 * does it. A host that does not come to it any more is not waited for.
 */
export async function awaitFirst(walk: Walk, task: Task): Promise<void> {
  const { host, playRun } = walk;
  const key = keyOf(walk, task);
  while (!playRun.once.has(key) && isAnotherToCome(walk, task)) await host.aside(() => new Promise<void>((resolve) => playRun.waiting.add(resolve)));
}

/**
 * Whether a host that stands before this one may yet come to the task: also one that has just failed, as an `always` may be ahead of it. Of what is not
 * on the way (a rescue, a handler) that cannot be told.
 */
function isAnotherToCome({ run, host, playRun, rounds }: Walk, task: Task): boolean {
  const position = run.positions.get(task.id);
  if (position === undefined || run.signal.aborted || playRun.isFatal) return false;
  const before = playRun.hosts.slice(0, playRun.hosts.indexOf(host));
  return before.some((other) => !playRun.done.has(other) && !isBeyond(other.reached, [...rounds, position]));
}

/** Whether one stretch of the walk comes after another: the first number that differs tells, as both count the same includes up to there. */
function isBeyond(reached: readonly number[], other: readonly number[]): boolean {
  const at = reached.findIndex((number, index) => number !== other[index]);
  return at >= 0 && (reached[at] ?? 0) > (other[at] ?? Number.POSITIVE_INFINITY);
}

function keyOf({ rounds }: Walk, task: Task): string {
  return [task.id, ...rounds].join('/');
}

/** Lets the hosts that wait for another look again: one has gone on, or has ended. */
export function wake({ waiting }: PlayRun): void {
  const all = [...waiting];
  waiting.clear();
  for (const one of all) one();
}
