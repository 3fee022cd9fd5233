import type { HostRun } from '../../src/engine/host.ts';
import { registeredResult } from '../../src/engine/result.ts';
import type { Site } from '../../src/engine/site.ts';
import type { Condition, Scope } from '../../src/language/expression.ts';
import { nearest } from '../../src/language/nearest.ts';
import type { Task } from '../../src/language/play.ts';
import { checkParams } from '../../src/modules/check-params.ts';
import type { Here, Module } from '../../src/modules/module.ts';
import type { Question } from '../../src/questions/question.ts';
import type { Change } from '../../src/values/change.ts';
import type { Output } from '../../src/values/command.ts';
import { InputError, TaskError } from '../../src/values/errors.ts';
import { overlaps, type Resource } from '../../src/values/resource.ts';
import { isMapping, type Value, type Vars } from '../../src/values/vars.ts';
import type { LawHost } from './host.ts';

export type Status = 'ok' | 'changed' | 'skipped' | 'failed';

export interface Done {
  readonly status: Status;
  readonly changes: readonly string[];
  readonly registered: Vars;
}

/** A machine of a run, whoever has something done on it. */
export interface Machine {
  readonly host: LawHost;
  /** What the changes that check mode did not make would have written. */
  readonly predicted: Resource[];
}

/** One host of a run, as plain as can be: nothing is remembered of what it said. */
export interface ReferenceHost {
  readonly run: HostRun;
  /** On which machine its tasks are done: its own, or that of `delegate_to`. */
  readonly machine: Machine;
  readonly machineOf: (name: string) => Machine;
  readonly check: boolean;
  readonly modules: ReadonlyMap<string, Module>;
  readonly site: Site;
}

type ScopeWith = (result?: Vars) => Scope;

/** Does one item of a task: condition, tries, and what counts as changed and failed. */
export function doItem(host: ReferenceHost, task: Task, scopeWith: ScopeWith): Done {
  const scope = scopeWith();
  try {
    if (!task.when.every((condition) => condition.evaluate(scope))) return skipped();
    const on = task.delegateTo ? { ...host, machine: host.machineOf(task.delegateTo.evaluate(scope)) } : host;
    return task.until ? tries(on, task, scopeWith, task.until) : attempt(on, task, scopeWith);
  } catch (error) {
    return failed(error);
  }
}

function skipped(): Done {
  return { status: 'skipped', changes: [], registered: { changed: false, failed: false, skipped: true } };
}

function failed(error: unknown): Done {
  if (!(error instanceof TaskError) && !(error instanceof InputError)) throw error;
  return { status: 'failed', changes: [], registered: { changed: false, failed: true, skipped: false, msg: error.message } };
}

function tries(on: ReferenceHost, task: Task, scopeWith: ScopeWith, until: readonly Condition[]): Done {
  const scope = scopeWith();
  const retries = task.retries?.evaluate(scope) ?? 3;
  for (let count = 0; ; count++) {
    let done: Done;
    try {
      done = attempt(on, task, scopeWith);
    } catch (error) {
      done = failed(error);
    }
    const after = scopeWith(done.registered);
    if (until.every((condition) => holds(condition, after, false))) return done;
    if (isCheck(on, task, scope)) {
      if (done.status === 'changed' || done.status === 'skipped') return done;
      return on.machine.predicted.length > 0 ? skipped() : givenUp(done);
    }
    if (count >= retries) return givenUp(done);
  }
}

function givenUp(done: Done): Done {
  return { ...done, status: 'failed', registered: { ...done.registered, failed: true } };
}

function isCheck(on: ReferenceHost, task: Task, scope: Scope): boolean {
  return task.checkMode?.evaluate(scope) ?? on.check;
}

function holds(condition: Condition, scope: Scope, otherwise: boolean): boolean {
  try {
    return condition.evaluate(scope);
  } catch {
    return otherwise;
  }
}

interface Converged {
  readonly changes: readonly Change[];
  readonly outputs: readonly Output[];
  readonly result: Vars;
  readonly hasFailed?: boolean;
}

function attempt(on: ReferenceHost, task: Task, scopeWith: ScopeWith): Done {
  const check = isCheck(on, task, scopeWith());
  const converged = converge(on, task, scopeWith(), check);
  if (converged === 'unknown') return skipped();
  const { changes, outputs, result, hasFailed = false } = converged;
  const bare = registeredResult({ changed: changes.length > 0, failed: hasFailed, outputs }, result);
  const scope = scopeWith(bare);
  const isForeseen = check && changes.some((change) => change.opaque);
  const judge = (conditions: readonly Condition[] | undefined, otherwise: boolean) =>
    conditions?.every((condition) => (isForeseen ? holds(condition, scope, otherwise) : condition.evaluate(scope))) ?? otherwise;
  const isFailed = judge(task.failedWhen, hasFailed);
  const isChanged = judge(task.changedWhen, changes.length > 0);
  return {
    status: isFailed ? 'failed' : isChanged ? 'changed' : 'ok',
    changes: isFailed || isChanged ? changes.map((change) => change.summary) : [],
    registered: { ...bare, failed: isFailed, changed: isChanged },
  };
}

/** Asks, plans, and does it, until nothing is left; each answer is used once. */
function converge(on: ReferenceHost, task: Task, scope: Scope, check: boolean): Converged | 'unknown' {
  const module = on.modules.get(task.module);
  if (!module) throw new Error(`no module ${task.module}`);
  const given: Value = task.params.evaluate(scope);
  const checked = checkParams(task.module, module, isMapping(given) ? given : {}, nearest);
  if ('problems' in checked) throw InputError.of(checked.problems.map((one) => one.message).join());
  const params = checked.params as never;
  const here: Here = { host: on.run.host.name, resolve: (path) => path, look: () => undefined, knows: (addition) => on.site.knows(addition) };
  const user = task.become?.evaluate(scope) ? (task.becomeUser?.evaluate(scope) ?? 'root') : 'root';
  const changes: Change[] = [];
  const outputs: Output[] = [];
  let mayDiffer = true;
  for (;;) {
    const reads: Resource[] = [];
    const answers = askAll(on, module, params, user, reads);
    let plan: readonly Change[];
    try {
      plan = module.plan(params, answers as never, here);
    } catch (error) {
      const isUncertain = reads.some((read) => on.machine.predicted.some((one) => overlaps(one, read)));
      if (check && isUncertain && error instanceof TaskError) return 'unknown';
      throw error;
    }
    const resultOf = (of: unknown) => module.result?.(params, of as never, outputs, here) ?? {};
    if (plan.length === 0) return { changes, outputs, result: resultOf(answers) };
    if (plan.every((change) => change.adds)) {
      for (const { adds } of plan) if (adds) on.site.add(adds);
      return { changes: plan, outputs, result: resultOf(answers) };
    }
    if (!mayDiffer) throw new TaskError('after the change there is still a difference');
    if (check) {
      on.machine.predicted.push(...plan.flatMap((change) => change.writes));
      return { changes: plan, outputs, result: resultOf(answers) };
    }
    needUser(on, user);
    for (const change of plan) {
      changes.push(change);
      for (const { script } of change.commands) {
        const output = on.machine.host.execute(script, user);
        outputs.push(output);
        if (output.rc !== 0) return { changes, outputs, result: resultOf(answers), hasFailed: true };
      }
    }
    if (plan.some((change) => change.opaque)) return { changes, outputs, result: resultOf(askAll(on, module, params, user, [])) };
    mayDiffer = plan.some((change) => change.staged);
  }
}

function askAll(on: ReferenceHost, module: Module, params: never, user: string, reads: Resource[]): unknown {
  const asking = module.ask(params);
  let step = asking.next();
  while (!step.done) {
    const answers: Record<string, unknown> = {};
    for (const [name, question] of Object.entries(step.value)) answers[name] = answerOf(on, question, user, reads);
    step = asking.next(answers);
  }
  return step.value;
}

function answerOf(on: ReferenceHost, { kind, params }: Question, user: string, reads: Resource[]): unknown {
  needUser(on, user);
  const { stdout } = on.machine.host.execute(kind.script([params]), user);
  reads.push(...kind.reads(params));
  try {
    const answer = kind.parse(kind.split(stdout, [params])[0] ?? '', params);
    reads.push(...(kind.aliases?.(answer) ?? []));
    return answer;
  } catch {
    throw new TaskError(`the answer about ${kind.kind} cannot be understood`);
  }
}

function needUser({ machine: { host } }: ReferenceHost, user: string): void {
  if (user !== 'root' && host.refuses(user)) throw new TaskError(`there is no user ${user}`);
}
