import type { Play } from '../language/play.ts';
import { type Facts, facts, factVars } from '../questions/facts.ts';
import { TaskError, UnreachableError } from '../values/errors.ts';
import type { PlayRun, RunContext, Walk } from './context.ts';
import { journalPending, notify } from './handlers.ts';
import type { HostRun } from './host.ts';
import { lookAhead } from './lookahead.ts';
import type { PlannedPlay } from './select.ts';
import { batches } from './serial.ts';
import { identityOf, type Target } from './target.ts';
import { flushHandlers, walkItems } from './walk.ts';

/** Runs plays one after another; within a play the hosts of a batch side by side, at most `forks` at once. */
export async function runPlays(run: RunContext, plays: readonly PlannedPlay[], forks: number): Promise<void> {
  for (const { play, hosts } of plays) {
    const taking = hosts.flatMap((name) => run.hosts.get(name) ?? []).filter((host) => !host.out);
    if (taking.length === 0) continue;
    run.emit({ event: 'play_start', play: play.name, hosts: taking.map((host) => host.host.name) });
    for (const batch of batches(taking, play.serial)) {
      const goesOn = await runBatch(run, play, batch, forks);
      if (!goesOn || run.signal.aborted) break;
    }
    if (run.signal.aborted) return;
  }
}

/** Asks for the facts, once a run, in one trip with all that can be asked already. */
async function gatherFacts(run: RunContext, host: HostRun, target: Target): Promise<void> {
  if (host.facts !== undefined) return;
  const identity = identityOf(undefined, {});
  await target.ask([{ identity, question: facts() }, ...lookAhead(run, host, target)]);
  const known = target.answers.get(identity.key, facts());
  if (!known || 'error' in known) throw new TaskError(known?.error ?? 'the host did not say what it is');
  host.facts = factVars(known.answer as Facts);
}

/** Whether the next batch of the play may start: not if every host of this one fell out, or too many. */
async function runBatch(run: RunContext, play: Play, hosts: readonly HostRun[], forks: number): Promise<boolean> {
  const playRun: PlayRun = { play, hosts, stop: false, once: new Map() };
  await sideBySide(hosts, forks, async (host) => {
    await runHost({ run, playRun, host });
    const lost = hosts.filter((one) => one.out).length;
    const isTooMany = play.maxFailPercentage !== undefined && (100 * lost) / hosts.length > play.maxFailPercentage;
    if (lost > 0 && (play.anyErrorsFatal || isTooMany)) playRun.stop = true;
  });
  return !playRun.stop && hosts.some((host) => !host.out);
}

async function runHost(walk: Walk): Promise<void> {
  const { run, playRun, host } = walk;
  const { play } = playRun;
  host.pending.clear();
  try {
    const target = await run.connect(host.host.name);
    if (play.gatherFacts !== false) await gatherFacts(run, host, target);
  } catch (error) {
    lost(walk, error);
    return;
  }
  notify(walk, run.journal.pending(host.host.name, play.name));
  const ended = await walkItems(walk, play.tasks);
  if (ended === 'done' && !run.signal.aborted) await flushHandlers(walk);
  if (!host.out || host.pending.size > 0) journalPending(walk);
}

/** Tells that a host did not get as far as its first task. What the host itself refuses (sudo) is a failure, as in Ansible. */
function lost({ run, playRun: { play }, host }: Walk, error: unknown): void {
  if (!(error instanceof UnreachableError || error instanceof TaskError)) throw error;
  const said = { host: host.host.name, message: error.message, ...(error.hint && { hint: error.hint }) };
  host.out = error instanceof TaskError ? 'failed' : 'unreachable';
  host.count(host.out);
  if (error instanceof UnreachableError) run.emit({ event: 'host_unreachable', ...said });
  else
    run.emit({
      event: 'task',
      play: play.name,
      task: 'Gathering Facts',
      source: play.source,
      module: 'setup',
      check: run.check,
      status: 'failed',
      changes: [],
      durationMs: 0,
      ...said,
    });
}

async function sideBySide<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
}

/** The exit code of a finished run: the first that applies of 130, 2, 4, 3 (contract, "Exit codes"). */
export function exitCodeOf(run: Pick<RunContext, 'hosts' | 'check' | 'signal'>): number {
  const recaps = [...run.hosts.values()].map((host) => host.recap());
  if (run.signal.aborted) return 130;
  if (recaps.some((one) => one.failed > 0)) return 2;
  if (recaps.some((one) => one.unreachable > 0)) return 4;
  return run.check && recaps.some((one) => one.changed > 0) ? 3 : 0;
}
