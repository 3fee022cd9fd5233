import { setTimeout as sleep } from 'node:timers/promises';
import type { Question } from '../questions/question.ts';
import { type Change, isWait } from '../values/change.ts';
import type { Output } from '../values/command.ts';
import { TaskError, UnreachableError } from '../values/errors.ts';
import { overlaps, type Resource } from '../values/resource.ts';
import type { Vars } from '../values/vars.ts';
import type { Known } from './answers.ts';
import { guardFailed, guardLacksDigest, strangeHint } from './batch.ts';
import { bring } from './bring.ts';
import type { RunContext } from './context.ts';
import { drive } from './drive.ts';
import type { HostRun } from './host.ts';
import type { Invocation } from './invocation.ts';
import { lookAhead } from './lookahead.ts';
import { reconnect } from './reconnect.ts';
import type { Asked, Identity, Target } from './target.ts';
import { type Applied, type Companions, companionsOf, type Done, prepare, type Work } from './together.ts';

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

/** Where an invocation is brought to its wanted state: for a host, on a machine. */
interface Place {
  readonly run: RunContext;
  readonly host: HostRun;
  readonly target: Target;
  /** Called before commands are sent. @throws TaskError if they must not be. */
  readonly beforeChange: () => void;
  /** What it does is not to be shown. */
  readonly isHidden: boolean;
  /** Where it is an item of a loop of which others may be done in the same trip. */
  readonly companions?: Companions;
  /** What was done in the trip of an item before. */
  readonly applied?: Applied;
}

const mostRounds = 8;

/**
 * Asks, plans, applies and asks again, until the plan is empty. Prefetched answers are used where they are still true.
 * @param check find the changes, make none.
 * @throws TaskError when the module refuses, when the host keeps changing, or when a change did not have its effect; UnreachableError.
 */
export async function converge(place: Place, invocation: Invocation, check: boolean): Promise<Converged> {
  const { run, host, target } = place;
  const { identity } = invocation;
  const changes: Change[] = [];
  const outputs: Output[] = [];
  const finish = (known: Done, more: Partial<Converged> = {}): Converged => ({
    changes,
    outputs,
    result: resultOf(invocation, known, outputs),
    ...more,
  });
  let mayDiffer = true;
  let moving = '';
  let isSure = false;
  let applied = place.applied;
  if (!run.prefetch) target.answers.clear();
  for (let round = 0; round < mostRounds; round++) {
    if (!applied) {
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
      if ('unknown' in plan) return finish(known, plan);
      if (plan.changes.length === 0) return finish(known);
      if (plan.changes.every((one) => one.adds)) {
        for (const { adds } of plan.changes) if (adds) run.site.add(adds);
        return finish(known, { changes: plan.changes });
      }
      if (!mayDiffer)
        throw new TaskError(
          `after the change there is still a difference: ${plan.changes.map((one) => one.summary).join(', ')}`,
          'Something on the host undoes it, or the command did not do what it says.',
        );
      if (target.isHere && plan.changes.some((one) => one.reconnects && !isWait(one)))
        throw new TaskError('the run is on this machine: it cannot go away and come back', 'Leave this host out, with when or in hosts.');
      const uncounted = plan.changes.find((one) => one.uncounted !== undefined)?.uncounted;
      if (check && uncounted !== undefined) return finish(known, { unknown: uncounted });
      if (check) {
        target.predicted.push(...plan.changes.flatMap((one) => one.writes));
        return finish(known, { changes: plan.changes.filter((one) => !isWait(one)) });
      }
      if (plan.changes.every(isWait)) {
        for (const change of plan.changes) await waitFor(run, target, identity, change);
        return finish(known);
      }
      applied = await apply(place, { invocation, known, changes: plan.changes });
    }
    const { known, changes: planned, hasGuard, commands, results } = applied;
    applied = undefined;
    if (hasGuard && results[0]?.rc === guardFailed) {
      moving = results[0].stderr.trim();
      // Then no digest is as it was, and nothing has changed.
      if (guardLacksDigest.test(moving)) throw new TaskError('the host has no program sha256sum', strangeHint);
      continue;
    }
    for (const [index, { change, command }] of commands.entries()) {
      const output = results[index + (hasGuard ? 1 : 0)];
      if (!output) continue;
      if (!changes.includes(change)) changes.push(change);
      outputs.push(output);
      if (!(command.okCodes ?? [0]).includes(output.rc)) return finish(known, { failure: { change, output, timedOut: output.timedOut ?? false } });
    }
    if (hasGuard && results[0]?.rc !== 0)
      throw new TaskError(`the host could not be looked at again before the change: ${results[0]?.stderr.trim() ?? ''}`);
    for (const change of planned) {
      for (const brought of change.brings ?? []) await bring(brought, (step) => target.run(identity, step));
      if (change.brings && !changes.includes(change)) changes.push(change);
      await waitFor(run, target, identity, change);
    }
    if (planned.some((one) => one.opaque)) {
      const result = resultOf(invocation, await askFor(run, host, target, invocation), outputs);
      const hadEffect = invocation.module.hadEffect?.(invocation.params as never, outputs) ?? true;
      return { changes: hadEffect ? changes.filter((one) => one.uncounted === undefined) : [], outputs, result };
    }
    mayDiffer = planned.some((one) => one.staged);
  }
  throw new TaskError(
    `the host kept changing under the task (${moving || 'its state'}): after ${mostRounds} tries it is still not as planned`,
    'Find out what else is changing it at the same time.',
  );
}

/**
 * Does the work in one trip, and with it that of the items after it, as far as that comes to the same; then asks again, also what the rest of the run will want.
 * Each has its own questions asked right after its commands: what comes after it does not count against it.
 */
async function apply({ run, host, target, beforeChange, isHidden, companions }: Place, work: Work): Promise<Applied> {
  const { identity } = work.invocation;
  const first = prepare(work);
  const others = companions ? companionsOf(work, companions, target) : [];
  const all = [first, ...others];
  const writes = all.flatMap(({ changes }) => changes.flatMap((one) => one.writes));
  // Who is about to leave is asked nothing more.
  const isLeaving = work.changes.some((one) => one.reconnects);
  const own = new Set(all.flatMap(({ known }) => known.seen.map(({ question }) => question.id)));
  const ahead = isLeaving ? [] : lookAhead(run, host, target, target.answers.spread(writes));
  const later = ahead.filter(({ identity: { key }, question: { id } }) => key === identity.key && !own.has(id)).map(({ question }) => question);
  beforeChange();
  const parts = all.map(({ steps, known }, index) => ({
    steps,
    questions: [
      ...(isLeaving ? [] : known.seen.map(({ question }) => question).filter((question) => !question.kind.atTurn)),
      ...(index === all.length - 1 ? later : []),
    ],
  }));
  const what = isHidden
    ? 'a task that is not shown (no_log)'
    : run.masker.text(all.flatMap(({ changes }) => changes.map((one) => one.summary)).join(', '));
  let isSent = false;
  const sending = (): void => {
    isSent = true;
    run.record.begins(host.host.name, what);
  };
  const forget = (): void => target.invalidate(writes);
  const [mine = [], ...theirs] = await host.does(target, () =>
    target.apply(identity, parts, { sending, forget }).catch((error: unknown) => {
      if (error instanceof UnreachableError && isSent) throw unknownOutcome(error, what);
      run.record.ends(host.host.name);
      throw error;
    }),
  );
  run.record.ends(host.host.name);
  for (const [index, other] of others.entries()) {
    const results = theirs[index] ?? [];
    // What was not begun has its turn as ever.
    if (results[0] && !(other.hasGuard && results[0].rc !== 0)) companions?.keep(other.index, { ...other, results });
  }
  return { ...first, results: mine };
}

/** Where the link was lost while a change was under way. */
function unknownOutcome({ message }: UnreachableError, what: string): UnreachableError {
  return new UnreachableError(message, `It is unknown whether this was done: ${what}. Run again: the next run finds out, and goes on from there.`);
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

function resultOf({ module, params, here }: Invocation, known: Done, outputs: readonly Output[]): Vars {
  return module.result?.(params as never, known.answers as never, outputs, here) ?? {};
}
