import type { BatchSize } from '../language/batch-size.ts';
import type { Play } from '../language/play.ts';
import { clock } from '../questions/clock.ts';
import { type Facts, facts, factVars } from '../questions/facts.ts';
import { TaskError } from '../values/errors.ts';
import { clockWarning } from './clock.ts';
import type { PlayRun, RunContext, Walk } from './context.ts';
import { journalPending, notify } from './handlers.ts';
import type { HostRun } from './host.ts';
import { lookAhead } from './lookahead.ts';
import { wake } from './once.ts';
import { Places } from './places.ts';
import { batches } from './serial.ts';
import { identityOf, type Target } from './target.ts';
import { refused } from './task.ts';
import { Throttle } from './throttle.ts';
import { turnsOf } from './turns.ts';
import { flushHandlers, walkItems } from './walk.ts';

/**
 * Runs plays one after another; within a play the hosts of a batch side by side, at most `forks` at once.
 * @param serial cuts all hosts into batches each of which goes through all plays before the next one begins; none begins after one with a failure.
 */
export async function runPlays(run: RunContext, forks: number, serial: readonly BatchSize[] = []): Promise<void> {
  const waiting = batches([...new Set(run.site.plays.flatMap(({ names }) => names))], serial);
  for (const index of (waiting.length > 0 ? waiting : [[]]).keys()) {
    // What tasks have added belongs to the batch that they ran in.
    const before = [...run.hosts.values()].filter((host) => host.hasPlayed).map(({ host }) => host.name);
    const later = waiting.slice(index + 1).flat();
    const isOver = await runThrough(run, forks, new Set([...before, ...later]));
    if (run.signal.aborted || later.length === 0) return;
    if (!isOver && ![...run.hosts.values()].some((host) => host.out)) continue;
    run.emit({
      event: 'warning',
      message: `stopped after a failure; not begun: ${later.join(', ')}`,
      hint: 'With --serial no batch begins after one with a failure. Mend it, and run again: what is done stays as it is.',
    });
    return;
  }
}

/** All plays, over all hosts but some. @returns whether the run is over with that. */
async function runThrough(run: RunContext, forks: number, without: ReadonlySet<string>): Promise<boolean> {
  for (const [index, { play, hosts }] of run.site.plays.entries()) {
    const why = run.site.settle(index);
    if (why !== undefined) run.emit({ event: 'warning', message: `the play "${play.name}" has no hosts: ${why}`, source: play.hosts.source });
    const all = [...hosts].flatMap((name) => (without.has(name) ? [] : (run.hosts.get(name) ?? [])));
    const taking = all.filter((host) => !host.out);
    if (taking.length === 0) continue;
    run.emit({ event: 'play_start', play: play.name, hosts: taking.map((host) => host.host.name) });
    for (const host of taking) host.hasPlayed = true;
    for (const batch of batches(all, play.serial)) {
      const left = batch.filter((host) => !host.out);
      const { isFatal, endedAt } = await runBatch(run, play, left, forks);
      // As in Ansible the run ends where a whole batch has fallen out: what later plays build on is not there.
      const haveAllFallen = left.length === batch.length && left.every((host) => host.out);
      if (isFatal || haveAllFallen || run.signal.aborted) return true;
      if (endedAt) break;
    }
  }
  return false;
}

/** Asks for the facts and the time, once a run, in one trip with all that can be asked already. */
async function gatherFacts(run: RunContext, host: HostRun, target: Target): Promise<void> {
  if (host.facts !== undefined) return;
  const identity = identityOf(undefined, {});
  const from = Date.now();
  const questions = [clock(), facts()];
  await host.asks(target, () =>
    target.ask(
      questions.map((question) => ({ identity, question })),
      lookAhead(run, host, target),
    ),
  );
  const shown = target.answers.get(identity.key, clock());
  const warning = shown && 'answer' in shown && clockWarning(host.host.name, shown.answer as number, { from, until: Date.now() });
  if (warning) run.emit({ event: 'warning', host: host.host.name, ...warning });
  const known = target.answers.get(identity.key, facts());
  if (!known || 'error' in known) throw new TaskError(known?.error ?? 'the host did not say what it is', known?.hint);
  host.facts = factVars(known.answer as Facts);
}

async function runBatch(run: RunContext, play: Play, hosts: readonly HostRun[], forks: number): Promise<PlayRun> {
  const names = hosts.map((host) => host.host.name);
  for (const host of hosts) host.batch = names;
  const playRun: PlayRun = {
    play,
    hosts,
    isFatal: false,
    endedAt: undefined,
    done: new Set(),
    waiting: new Set(),
    once: new Map(),
    throttle: new Throttle(),
  };
  const places = new Places(forks, run.signal);
  const doHost = (host: HostRun): Promise<void> =>
    places.run(async (place) => {
      host.place = place;
      if (!run.signal.aborted && !playRun.isFatal) await runHost(run, playRun, host);
      if (host.target) host.target.isAtWork = false;
      playRun.done.add(host);
      wake(playRun);
      const lost = hosts.filter((one) => one.out).length;
      const isTooMany = play.maxFailPercentage !== undefined && (100 * lost) / hosts.length > play.maxFailPercentage;
      if (lost > 0 && (play.anyErrorsFatal || isTooMany)) playRun.isFatal = true;
    });
  const doAll = turnsOf(run, play, hosts).map(async (together) => {
    for (const host of together) await doHost(host);
  });
  await Promise.all(doAll);
  places.close();
  return playRun;
}

async function runHost(run: RunContext, playRun: PlayRun, host: HostRun): Promise<void> {
  const { play } = playRun;
  host.pending.clear();
  host.rolesDone.clear();
  try {
    // Without facts it is its first task that needs the host, and may wait for it.
    const target = run.targetOf(host.host.name);
    target.isAtWork = true;
    if (play.gatherFacts !== false) await gatherFacts(run, host, target);
  } catch (error) {
    lost(run, play, host, error);
    return;
  }
  const owedElsewhere = notify({ host, playRun }, run.journal.pending(host.host.name, play.name));
  const walk: Walk = { run, playRun, host, frame: {}, rounds: [], passed: new Set(), failedHandlers: new Set(), owedElsewhere };
  const ended = await walkItems(walk, play.tasks);
  if (ended === 'done' && !run.signal.aborted) await lastFlush(walk);
  else if (play.forceHandlers && host.out === 'failed' && walk.failedHandlers.size === 0) await forceHandlers(walk);
  if (!host.out || host.pending.size > 0) journalPending(walk);
}

/** What a handler notifies at the end of a play that stands before it is not done any more, as in Ansible: two that notify each other would never rest. */
async function lastFlush(walk: Walk): Promise<void> {
  if ((await flushHandlers(walk)) === 'done' && !walk.run.signal.aborted) walk.host.pending.clear();
}

/** `force_handlers`: what is owed is done on a host that has failed too; it stays failed. */
async function forceHandlers(walk: Walk): Promise<void> {
  const { host } = walk;
  const before = host.out;
  host.out = undefined;
  await flushHandlers(walk);
  host.out ??= before;
}

/** Tells that a host did not get as far as its first task. What the host itself refuses (sudo) is a failure, as in Ansible. */
function lost(run: RunContext, play: Play, host: HostRun, error: unknown): void {
  const { outcome } = refused({ isHidden: false, showDiff: false, durationMs: () => 0 }, error);
  const { status, message = '', hint } = outcome;
  host.out = status === 'unreachable' ? status : 'failed';
  host.count(host.out);
  if (status === 'unreachable') run.emit({ event: 'host_unreachable', host: host.host.name, message, ...(hint && { hint }) });
  else
    run.emit({
      event: 'task',
      host: host.host.name,
      play: play.name,
      task: 'Gathering Facts',
      source: play.source,
      module: 'setup',
      check: run.check,
      ...outcome,
    });
}

/** The exit code of a finished run: the first that applies of 130, 2, 4, 3 (contract, "Exit codes"). */
export function exitCodeOf(run: Pick<RunContext, 'hosts' | 'check' | 'signal'>): number {
  const recaps = [...run.hosts.values()].map((host) => host.recap());
  if (run.signal.aborted) return 130;
  if (recaps.some((one) => one.failed > 0)) return 2;
  if (recaps.some((one) => one.unreachable > 0)) return 4;
  return run.check && recaps.some((one) => one.changed > 0) ? 3 : 0;
}
