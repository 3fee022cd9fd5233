import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition, Scope } from '../language/expression.ts';
import type { Play, Task } from '../language/play.ts';
import { InputError, TaskError, UnreachableError } from '../values/errors.ts';
import type { Value, Vars } from '../values/vars.ts';
import type { RunContext } from './context.ts';
import { type Converged, converge } from './converge.ts';
import type { Status, TaskOutcome } from './event.ts';
import type { HostRun } from './host.ts';
import { invocationOf, type LoopItem, scopeFor } from './invocation.ts';
import { registeredResult } from './result.ts';
import { type ShownWords, shown } from './shown.ts';
import type { Target } from './target.ts';

/** One item of a task done on one host: what is shown, and what is registered. */
export interface ItemResult {
  readonly outcome: TaskOutcome;
  readonly registered: Vars;
}

const defaultRetries = 3;
const defaultDelaySeconds = 5;

/**
 * Runs one item of a task on a host: its conditions, its tries, its own word on what counts as changed and failed.
 * Never throws for what goes wrong on the host: that is an outcome.
 */
export async function runItem(
  run: RunContext,
  host: HostRun,
  target: () => Promise<Target>,
  play: Play,
  task: Task,
  item: LoopItem,
): Promise<ItemResult> {
  const started = performance.now();
  const words: ShownWords = { isHidden: false, showDiff: run.diff, durationMs: () => Math.round(performance.now() - started) };
  try {
    const scope = scopeFor(host, play, task, item);
    const falseCondition = task.when.find((condition) => !condition.evaluate(scope));
    if (falseCondition) return skipped(words, 'the condition is false');
    const settled: ShownWords = { ...words, isHidden: task.noLog?.evaluate(scope) ?? false, showDiff: task.diff?.evaluate(scope) ?? run.diff };
    return await tries(run, host, await target(), play, task, item, scope, settled);
  } catch (error) {
    return refused(words, error);
  }
}

async function tries(
  run: RunContext,
  host: HostRun,
  target: Target,
  play: Play,
  task: Task,
  item: LoopItem,
  scope: Scope,
  words: ShownWords,
): Promise<ItemResult> {
  const check = task.checkMode?.evaluate(scope) ?? run.check;
  const retries = task.until ? (task.retries?.evaluate(scope) ?? defaultRetries) : 0;
  for (let attempt = 1; ; attempt++) {
    const { module, params, identity } = invocationOf(run, host, task, scope);
    let result: ItemResult;
    try {
      const converged = await converge(run, host, target, { module, params, identity }, check);
      result = await judged(run, host, play, task, item, converged, check, words);
    } catch (error) {
      if (!task.until) throw error;
      result = refused(words, error);
    }
    if (!task.until || result.outcome.status === 'unreachable') return result;
    const after = resultScope(host, play, task, item, result.registered);
    if (task.until.every((condition) => holds(condition, after))) return result;
    if (attempt > retries || check || run.signal.aborted)
      return {
        ...result,
        outcome: { ...result.outcome, status: 'failed', message: result.outcome.message ?? `still not so after ${attempt} tries` },
      };
    run.emit({ event: 'retry', host: host.host.name, task: nameOf(task, scope), message: result.outcome.message ?? '', attempt, retries });
    target.answers.invalidate(['*']);
    await sleep((task.delay?.evaluate(scope) ?? defaultDelaySeconds) * 1000, undefined, { signal: run.signal }).catch(() => undefined);
  }
}

/** A condition on a result that lacks what it names (a command that failed early) is not fulfilled. */
function holds(condition: Condition, scope: Scope): boolean {
  try {
    return condition.evaluate(scope);
  } catch {
    return false;
  }
}

/** Applies `changed_when` and `failed_when`, and gives the result its form. */
async function judged(
  run: RunContext,
  host: HostRun,
  play: Play,
  task: Task,
  item: LoopItem,
  converged: Converged,
  check: boolean,
  words: ShownWords,
): Promise<ItemResult> {
  if (converged.unknown !== undefined) return skipped(words, converged.unknown);
  const { failure } = converged;
  const isForeseen = check && converged.changes.some((change) => change.opaque);
  const message = failure && explain(run, failure);
  const bare = {
    changed: converged.changes.length > 0,
    failed: failure !== undefined,
    outputs: converged.outputs,
    ...(message && { msg: message.text }),
  };
  const first = registeredResult(bare, converged.result);
  const scope = resultScope(host, play, task, item, first);
  const evaluate = (conditions: readonly Condition[] | undefined, otherwise: boolean): boolean => {
    if (!conditions) return otherwise;
    // What a command would have said is not known in check mode; then its own word stands.
    const test = (condition: Condition) => (isForeseen ? tryEvaluate(condition, scope, otherwise) : condition.evaluate(scope));
    return conditions.every(test);
  };
  const failed = evaluate(task.failedWhen, failure !== undefined);
  const changed = evaluate(task.changedWhen, bare.changed);
  const registered = { ...first, failed, changed };
  const status: Status = failed ? 'failed' : changed ? 'changed' : 'ok';
  const text = failed ? (message?.text ?? 'failed_when holds') : typeof first['msg'] === 'string' ? first['msg'] : undefined;
  return {
    registered,
    outcome: await shown(words, {
      status,
      changes: changed || failed ? converged.changes : [],
      outputs: converged.outputs,
      ...(text !== undefined && { message: text }),
      ...(message?.hint && failed && { hint: message.hint }),
    }),
  };
}

function tryEvaluate(condition: Condition, scope: Scope, otherwise: boolean): boolean {
  try {
    return condition.evaluate(scope);
  } catch {
    return otherwise;
  }
}

/** What a failed command is shown as: the cause where it is known, else its own last lines. */
function explain(
  run: RunContext,
  { change: { summary }, output, timedOut }: NonNullable<Converged['failure']>,
): { readonly text: string; readonly hint?: string } {
  if (timedOut) return { text: `${summary}: took longer than allowed and was stopped` };
  const explained = run.explain(output);
  if (explained) return { text: `${summary}: ${explained.message}`, ...(explained.hint && { hint: explained.hint }) };
  const said = (output.stderr.trim() || output.stdout.trim()).split('\n').slice(-3).join('\n');
  return { text: `${summary}: exit code ${output.rc}${said ? `: ${said}` : ''}` };
}

function resultScope(host: HostRun, play: Play, task: Task, item: LoopItem, result: Vars): Scope {
  if (task.register === undefined) return scopeFor(host, play, task, item);
  return scopeFor(host, play, task, item, new Map<string, Value>([...host.registered, [task.register, result]]));
}

/** The task's name for the screen; as it is written where a name in it has no value. */
export function nameOf(task: Task, scope: Scope): string {
  try {
    return task.name.evaluate(scope);
  } catch {
    return task.module;
  }
}

function skipped(words: ShownWords, why: string): ItemResult {
  return {
    outcome: { status: 'skipped', message: why, changes: [], durationMs: words.durationMs() },
    registered: { changed: false, failed: false, skipped: true, skip_reason: why },
  };
}

/** The outcome of something that the language, the module or the host refused. @throws what is none of these: a bug. */
export function refused(words: ShownWords, error: unknown): ItemResult {
  const status: Status = error instanceof UnreachableError ? 'unreachable' : 'failed';
  if (!(error instanceof UnreachableError || error instanceof TaskError || error instanceof InputError)) throw error;
  const hint = error instanceof InputError ? undefined : error.hint;
  const message = words.isHidden ? 'not shown, as no_log is set' : error.message;
  return {
    outcome: { status, message, changes: [], durationMs: words.durationMs(), ...(hint && { hint }) },
    registered: { changed: false, failed: true, skipped: false, unreachable: status === 'unreachable', msg: error.message },
  };
}
