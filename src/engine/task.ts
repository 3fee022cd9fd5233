import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition, Scope } from '../language/expression.ts';
import type { Play, Task } from '../language/play.ts';
import { InputError, TaskError, UnreachableError } from '../values/errors.ts';
import { sourceStack } from '../values/source-map.ts';
import type { Value, Vars } from '../values/vars.ts';
import type { RunContext } from './context.ts';
import { type Converged, converge } from './converge.ts';
import type { Status, TaskOutcome } from './event.ts';
import type { HostRun } from './host.ts';
import { invocationOf, type LoopItem, scopeFor } from './invocation.ts';
import { registeredResult } from './result.ts';
import { type ShownWords, shown } from './shown.ts';
import type { Target } from './target.ts';
import type { Applied, Companions } from './together.ts';

/** One item of a task whose turn has come on a host. */
export interface Turn {
  readonly run: RunContext;
  readonly host: HostRun;
  readonly play: Play;
  readonly task: Task;
  readonly item: LoopItem;
  /** The loop variables of the includes around. */
  readonly frame: Vars;
  /** Called before the host is changed. @throws TaskError if it must not be. */
  readonly beforeChange: () => void;
  /** The items after it, where they may be done in its trip. */
  readonly companions?: Companions;
}

/** What a turn came to: what is shown, and what is registered. */
export interface ItemResult {
  readonly outcome: TaskOutcome;
  readonly registered: Vars;
}

const defaultRetries = 3;
const defaultDelaySeconds = 5;

/**
 * Runs one item of a task on a host: its conditions, its tries, its own word on what counts as changed and failed.
 * Never throws for what goes wrong on the host: that is an outcome.
 * @param target how the host that the task is done on is reached; called only if it is to be done.
 */
export async function runItem(turn: Turn, target: () => Target): Promise<ItemResult> {
  const { run, task } = turn;
  const started = performance.now();
  let words: ShownWords = { isHidden: false, showDiff: run.diff, durationMs: () => Math.round(performance.now() - started) };
  try {
    const scope = scopeOfTurn(turn);
    words = { ...words, isHidden: isHidden(task, scope) };
    const applied = turn.companions?.take();
    if (!applied && task.when.some((condition) => !condition.evaluate(scope))) return skipped(words, 'the condition is false');
    words = { ...words, showDiff: task.diff?.evaluate(scope) ?? run.diff };
    return applied ? await attempt(turn, target(), scope, words, applied) : await tries(turn, target(), scope, words);
  } catch (error) {
    return refused(words, error);
  }
}

async function tries(turn: Turn, target: Target, scope: Scope, words: ShownWords): Promise<ItemResult> {
  const { run, host, task } = turn;
  if (!task.until && !task.retries) return attempt(turn, target, scope, words);
  const retries = task.retries?.evaluate(scope) ?? defaultRetries;
  const delaySeconds = task.delay?.evaluate(scope) ?? defaultDelaySeconds;
  for (let count = 1; ; count++) {
    const result = await attempt(turn, target, scope, words).catch((error: unknown) => refused(words, error));
    if (result.outcome.status === 'unreachable') return result;
    const after = scopeOfTurn(turn, result.registered);
    const isDone = task.until?.every((condition) => evaluated(condition, after, false)) ?? result.outcome.status !== 'failed';
    if (isDone) return attempted(result, count);
    const message = result.outcome.message ?? `still not so after ${count} tries`;
    if (isCheck(turn, scope)) {
      if (result.outcome.status === 'changed' || result.outcome.status === 'skipped') return result;
      if (target.predicted.length > 0) return skipped(words, `known only once the changes before it are made (now: ${message})`);
    }
    if (count > retries || isCheck(turn, scope) || run.signal.aborted) return attempted(failedBy(result, message), retries);
    run.emit({ event: 'retry', host: host.host.name, task: nameOf(task, scope), message, attempt: count, retries });
    // What is waited for comes about by itself: nothing that was seen before counts.
    target.answers.clear();
    if (delaySeconds > 0) await sleep(delaySeconds * 1000, undefined, { signal: run.signal }).catch(() => undefined);
  }
}

/** A result that did not come to what was waited for. */
function failedBy({ outcome, registered }: ItemResult, message: string): ItemResult {
  return { outcome: { ...outcome, status: 'failed', message }, registered: { ...registered, failed: true } };
}

/** As in Ansible the result of a task that is tried again says how often that was. */
function attempted({ outcome, registered }: ItemResult, attempts: number): ItemResult {
  return { outcome, registered: { ...registered, attempts } };
}

async function attempt(turn: Turn, target: Target, scope: Scope, words: ShownWords, applied?: Applied): Promise<ItemResult> {
  const { run, host, task, beforeChange, companions } = turn;
  const check = isCheck(turn, scope);
  const place = { run, host, target, beforeChange, isHidden: words.isHidden, ...(companions && { companions }), ...(applied && { applied }) };
  const invocation = applied?.invocation ?? invocationOf(run, host, task, scope);
  try {
    return await judged(turn, await converge(place, invocation, check), check, words);
  } catch (error) {
    // What a module found before it refused is a result, and failed_when has a word on it, as with Ansible.
    const hasResult = error instanceof TaskError && Object.keys(error.result).length > 0;
    if (!hasResult || !task.failedWhen) throw error;
    return forgiven(task.failedWhen, turn, refused(words, error));
  }
}

function forgiven(failedWhen: readonly Condition[], turn: Turn, failure: ItemResult): ItemResult {
  const scope = scopeOfTurn(turn, failure.registered);
  if (failedWhen.every((condition) => condition.evaluate(scope))) return failure;
  const { changes, durationMs } = failure.outcome;
  return { outcome: { status: 'ok', changes, durationMs }, registered: { ...failure.registered, failed: false } };
}

function isCheck({ run, task }: Turn, scope: Scope): boolean {
  return task.checkMode?.evaluate(scope) ?? run.check;
}

/** Applies `changed_when` and `failed_when`, and gives the result its form. */
async function judged(turn: Turn, converged: Converged, check: boolean, words: ShownWords): Promise<ItemResult> {
  const { run, task } = turn;
  const { changes, outputs, failure, result } = converged;
  if (converged.unknown !== undefined) return skipped(words, converged.unknown);
  const said = failure && explain(run, failure);
  const bare = registeredResult({ changed: changes.length > 0, failed: failure !== undefined, outputs, ...(said && { msg: said.text }) }, result);
  const scope = scopeOfTurn(turn, bare);
  // What a command would have said is not known in check mode; then its own word stands.
  const isForeseen = check && changes.some((change) => change.opaque);
  const judge = (conditions: readonly Condition[] | undefined, otherwise: boolean): boolean =>
    conditions?.every((condition) => (isForeseen ? evaluated(condition, scope, otherwise) : condition.evaluate(scope))) ?? otherwise;
  const failed = judge(task.failedWhen, failure !== undefined);
  const changed = judge(task.changedWhen, changes.length > 0);
  const status: Status = failed ? 'failed' : changed ? 'changed' : 'ok';
  const message = failed ? (said?.text ?? 'failed_when holds') : bare['msg'];
  return {
    registered: { ...bare, failed, changed },
    outcome: await shown(words, {
      status,
      changes: changed || failed ? changes : [],
      outputs,
      ...(typeof message === 'string' && { message }),
      ...(failed && said?.hint && { hint: said.hint }),
    }),
  };
}

/** A condition on a result that lacks what it names (a command that was not run, or failed early) has the value `otherwise`. */
function evaluated(condition: Condition, scope: Scope, otherwise: boolean): boolean {
  try {
    return condition.evaluate(scope);
  } catch {
    return otherwise;
  }
}

/** What a failed command is shown as: the cause where it is known, else its own last lines. */
function explain(
  run: RunContext,
  { change: { summary, opaque }, output, timedOut }: NonNullable<Converged['failure']>,
): { readonly text: string; readonly hint?: string } {
  if (timedOut) return { text: `${summary}: took longer than allowed and was stopped` };
  const explained = run.explain(output, !opaque);
  if (explained) return { text: `${summary}: ${explained.message}`, ...(explained.hint && { hint: explained.hint }) };
  const said = (output.stderr.trim() || output.stdout.trim()).split('\n').slice(-3).join('\n');
  return { text: `${summary}: exit code ${output.rc}${said ? `: ${said}` : ''}` };
}

/** The scope of the turn; once it has a `result`, with that under the name of `register`. */
function scopeOfTurn({ host, play, task, item: { vars }, frame }: Turn, result?: Vars): Scope {
  const item = { vars: { ...frame, ...vars } };
  if (task.register === undefined || !result) return scopeFor(host, play, task, item);
  return scopeFor(host, play, task, item, new Map<string, Value>([...host.registered, [task.register, result]]));
}

/** The name of a task or include for the screen, after its role's; the module's where a name in it has no value. */
export function nameOf(task: Pick<Task, 'name' | 'module' | 'around'>, scope: Scope): string {
  const role = task.around?.role === undefined ? '' : `${task.around.role} : `;
  try {
    return `${role}${task.name.evaluate(scope)}`;
  } catch {
    return `${role}${task.module}`;
  }
}

function skipped(words: ShownWords, why: string): ItemResult {
  return {
    outcome: { status: 'skipped', message: why, changes: [], durationMs: words.durationMs() },
    registered: { changed: false, failed: false, skipped: true, skip_reason: why },
  };
}

/** Whether `no_log` hides the task; it does where it cannot be told. */
export function isHidden(task: Pick<Task, 'noLog'>, scope: Scope): boolean {
  try {
    return task.noLog?.evaluate(scope) ?? false;
  } catch {
    return true;
  }
}

/** The outcome of something that the language, the module or the host refused. Anything else is a bug of ours, which fails its host alone too. */
export function refused(words: ShownWords, thrown: unknown): ItemResult {
  const error = thrown instanceof UnreachableError || thrown instanceof TaskError || thrown instanceof InputError ? thrown : bugOf(thrown);
  const status: Status = error instanceof UnreachableError ? 'unreachable' : 'failed';
  const hint = error instanceof InputError ? undefined : error.hint;
  const message = words.isHidden ? 'not shown, as no_log is set' : error.message;
  return {
    outcome: { status, message, changes: [], durationMs: words.durationMs(), ...(hint && !words.isHidden && { hint }) },
    registered: {
      ...(error instanceof TaskError && error.result),
      changed: false,
      failed: true,
      skipped: false,
      unreachable: status === 'unreachable',
      msg: error.message,
    },
  };
}

function bugOf(thrown: unknown): TaskError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const frame = error.stack?.split('\n').find((one) => one.trimStart().startsWith('at ')) ?? '';
  const place = /[^/\\(]+\.[jt]s:\d+/.exec(sourceStack(frame))?.[0];
  return new TaskError(
    `this is a bug in homerun: ${error.name}: ${error.message}${place === undefined ? '' : ` (${place})`}`,
    'Please report it with the task, and with what the host is.',
  );
}
