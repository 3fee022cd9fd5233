import { setTimeout as sleep } from 'node:timers/promises';
import type { Question } from '../questions/question.ts';
import type { Step } from '../remote/session.ts';
import { type Change, isWait } from '../values/change.ts';
import type { Command, Output } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { overlaps, type Resource } from '../values/resource.ts';
import type { Vars } from '../values/vars.ts';
import type { Known } from './answers.ts';
import { guardFailed, guardStep } from './batch.ts';
import { bring } from './bring.ts';
import type { RunContext } from './context.ts';
import { type Driven, drive } from './drive.ts';
import type { HostRun } from './host.ts';
import type { Invocation } from './invocation.ts';
import { lookAhead } from './lookahead.ts';
import { reconnect } from './reconnect.ts';
import type { Asked, Identity, Target } from './target.ts';

/** What bringing one invocation to its wanted state came to. */
export interface Converged {
  /** All changes, made or (in check mode) only found. */
  readonly changes: readonly Change[];
  readonly outputs: readonly Output[];
  /** What the module adds to `register`. */
  readonly result: Vars;
  /** The command that ended badly, if one did. */
  readonly failure?: { readonly change: Change; readonly output: Output; readonly timedOut: boolean };
  /** Check mode cannot tell: it depends on a change that was not made. The reason. */
  readonly unknown?: string;
}

const mostRounds = 8;

type Done = Extract<Driven, { state: 'done' }>;

/**
 * Asks, plans, applies and asks again, until the plan is empty. Prefetched answers are used where they are still true.
 * @param check find the changes, make none.
 * @throws TaskError when the module refuses, when the host keeps changing, or when a change did not have its effect; UnreachableError.
 */
export async function converge(run: RunContext, host: HostRun, target: Target, invocation: Invocation, check: boolean): Promise<Converged> {
  const { identity } = invocation;
  const changes: Change[] = [];
  const outputs: Output[] = [];
  let mayDiffer = true;
  let moving = '';
  if (!run.prefetch) target.answers.clear();
  let isSure = false;
  for (let round = 0; round < mostRounds; round++) {
    const old: Question[] = [];
    let known: Done;
    let plan: Plan;
    try {
      known = await askFor(run, host, target, invocation, old);
      plan = planOf(invocation, known, check ? target.predicted : []);
    } catch (error) {
      // Before it refuses by what was seen earlier, it looks again: the work of a run that was cut may have gone on meanwhile.
      if (!(error instanceof TaskError) || isSure || old.length === 0) throw error;
      isSure = true;
      target.answers.clear();
      continue;
    }
    const finish = (more: Partial<Converged> = {}): Converged => ({ changes, outputs, result: resultOf(invocation, known, outputs), ...more });
    if ('unknown' in plan) return finish(plan);
    if (plan.changes.length === 0) return finish();
    if (plan.changes.every((one) => one.adds)) {
      for (const { adds } of plan.changes) if (adds) run.site.add(adds);
      return finish({ changes: plan.changes });
    }
    if (!mayDiffer)
      throw new TaskError(
        `after the change there is still a difference: ${plan.changes.map((one) => one.summary).join(', ')}`,
        'Something on the host undoes it, or the command did not do what it says.',
      );
    if (target.isHere && plan.changes.some((one) => one.reconnects && !isWait(one)))
      throw new TaskError('the run is on this machine: it cannot go away and come back', 'Leave this host out, with when or in hosts.');
    const uncounted = plan.changes.find((one) => one.uncounted !== undefined)?.uncounted;
    if (check && uncounted !== undefined) return finish({ unknown: uncounted });
    if (check) {
      target.predicted.push(...plan.changes.flatMap((one) => one.writes));
      return finish({ changes: plan.changes.filter((one) => !isWait(one)) });
    }
    if (plan.changes.every(isWait)) {
      for (const change of plan.changes) await waitFor(run, target, identity, change);
      return finish();
    }
    const writes = plan.changes.flatMap((one) => one.writes);
    const guard = guardStep(known.seen, identity.environment);
    const commands = plan.changes.flatMap((change) => change.commands.map((command) => ({ change, command })));
    // Who is about to leave is asked nothing more.
    const again = plan.changes.some((one) => one.reconnects) ? [] : questionsAgain(identity.key, known, lookAhead(run, host, target, writes));
    const steps = [...(guard ? [guard] : []), ...commands.map(({ command }) => stepOf(command, invocation))];
    const results = await host.does(target, () => target.apply(identity, steps, again, () => target.answers.invalidate(writes)));
    if (guard && results[0]?.rc === guardFailed) {
      moving = results[0].stderr.trim();
      continue;
    }
    for (const [index, { change, command }] of commands.entries()) {
      const output = results[index + (guard ? 1 : 0)];
      if (!output) continue;
      if (!changes.includes(change)) changes.push(change);
      outputs.push(output);
      if (!(command.okCodes ?? [0]).includes(output.rc)) return finish({ failure: { change, output, timedOut: output.timedOut ?? false } });
    }
    if (guard && results[0]?.rc !== 0)
      throw new TaskError(`the host could not be looked at again before the change: ${results[0]?.stderr.trim() ?? ''}`);
    for (const change of plan.changes) {
      for (const brought of change.brings ?? []) await bring(brought, (step) => target.run(identity, step));
      if (change.brings && !changes.includes(change)) changes.push(change);
      await waitFor(run, target, identity, change);
    }
    if (plan.changes.some((one) => one.opaque)) {
      const result = resultOf(invocation, await askFor(run, host, target, invocation), outputs);
      const hadEffect = invocation.module.hadEffect?.(invocation.params as never, outputs) ?? true;
      return { changes: hadEffect ? changes.filter((one) => one.uncounted === undefined) : [], outputs, result };
    }
    mayDiffer = plan.changes.some((one) => one.staged);
  }
  throw new TaskError(
    `the host kept changing under the task (${moving || 'its state'}): after ${mostRounds} tries it is still not as planned`,
    'Find out what else is changing it at the same time.',
  );
}

/** Lets the time of a change pass, and the host come back. What is waited for comes about by itself: nothing that was seen before counts. */
async function waitFor({ signal }: RunContext, target: Target, identity: Identity, { waitsSeconds = 0, reconnects }: Change): Promise<void> {
  if (waitsSeconds === 0 && !reconnects) return;
  await sleep(waitsSeconds * 1000, undefined, { signal }).catch(() => undefined);
  target.answers.clear();
  if (reconnects) await reconnect(target, identity, reconnects, signal);
}

/**
 * Drives the module's questions to their end, asking what is missing together with all that the rest of the run will want.
 * @param old gets the questions that were answered earlier, also when the module refuses.
 */
async function askFor(run: RunContext, host: HostRun, target: Target, { module, params, identity }: Invocation, old: Question[] = []): Promise<Done> {
  const thisTurn = new Map<string, Known>();
  const knownOf = (question: Question): Known | undefined =>
    thisTurn.get(question.id) ?? (question.kind.atTurn ? undefined : target.answers.get(identity.key, question));
  let hasAsked = false;
  const isSpoilt = (known: Known | undefined) => known !== undefined && 'error' in known && known.isShared === true;
  for (;;) {
    const driven = drive(module, params, (question) => {
      const known = knownOf(question);
      if (known && !hasAsked) old.push(question);
      return isSpoilt(known) ? undefined : known;
    });
    if (driven.state === 'done') return driven;
    hasAsked = true;
    const spoilt = driven.questions.filter((question) => isSpoilt(knownOf(question)));
    for (const question of spoilt) await host.asks(target, () => target.ask([{ identity, question }]));
    if (spoilt.length === 0)
      await host.asks(target, () =>
        target.ask(
          driven.questions.map((question): Asked => ({ identity, question })),
          lookAhead(run, host, target),
        ),
      );
    for (const question of driven.questions) {
      const known = target.answers.get(identity.key, question);
      if (!known || !question.kind.atTurn) continue;
      thisTurn.set(question.id, known);
      // What took its time to answer is not asked twice.
      old.length = 0;
    }
  }
}

type Plan = { readonly changes: readonly Change[] } | { readonly unknown: string };

function planOf({ module, params, here }: Invocation, known: Done, predicted: readonly Resource[]): Plan {
  try {
    return { changes: module.plan(params as never, known.answers as never, here) };
  } catch (error) {
    const isUncertain = known.seen.some(({ known: { reads } }) => predicted.some((written) => reads.some((read) => overlaps(written, read))));
    if (error instanceof TaskError && isUncertain) return { unknown: `known only once the changes before it are made (now: ${error.message})` };
    throw error;
  }
}

/** The task's own questions and those of the tasks to come, as far as the same shell can answer them in the trip of the change. */
function questionsAgain(identity: string, known: Done, ahead: readonly Asked[]): readonly Question[] {
  const own = known.seen.map(({ question }) => question).filter((question) => !question.kind.atTurn);
  return [...own, ...ahead.filter((one) => one.identity.key === identity).map((one) => one.question)];
}

function stepOf(command: Command, { identity, timeoutSeconds = command.timeoutSeconds }: Invocation): Step {
  return {
    script: command.script,
    environment: identity.environment,
    ...(command.stdin !== undefined && { stdin: command.stdin }),
    ...(command.okCodes && { okCodes: command.okCodes }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(command.detached && { detached: command.detached }),
  };
}

function resultOf({ module, params, here }: Invocation, known: Done, outputs: readonly Output[]): Vars {
  return module.result?.(params as never, known.answers as never, outputs, here) ?? {};
}
