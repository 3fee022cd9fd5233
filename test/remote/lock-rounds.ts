import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Holder, lockStep, readLock } from '../../src/remote/lock.ts';
import type { StepResult } from '../../src/remote/session.ts';
import { random } from '../random.ts';
import { type HostShell, makeOwner, shellSession } from './shell-channel.ts';

/** What rounds of two contenders came to. */
export interface Rounds {
  /** How often somebody is known to have had the lock. */
  readonly held: number;
  readonly refused: number;
  /** What must not be. */
  readonly wrong: readonly string[];
}

/** How a run lets go: it closes its session, its link breaks while it is at work (which takes no notice for a while), or its shell is killed. */
const ends = ['close', 'close', 'cut', 'kill'] as const;
type End = (typeof ends)[number];

export const holderOf = (run: string): Holder => ({ run, who: `alice@${run}`, pid: 7, since: '2026-01-02T03:04:05.678Z' });

export const idOf = (number: number): string => number.toString(16).padStart(32, '0');

/** Two runs after the same lock, so many times, for each other's end too: whoever gets it does what nobody may do at the same time. */
export async function lockRounds(shell: HostShell, folder: string, seed: number, rounds: number): Promise<Rounds> {
  const owner = makeOwner(folder);
  const draw = random(seed);
  const wrong: string[] = [];
  let held = 0;
  let refused = 0;
  let runs = 0;

  const contend = async (delayMs: number, end: End, waitSeconds: number, cutMs: number): Promise<void> => {
    await sleep(delayMs);
    const run = idOf((runs += 1));
    const { session, channel } = shellSession(shell, owner);
    const script = `trap '' TERM; mkdir within || echo ${run} >>twice; sleep ${end === 'cut' ? 0.1 : 0.01}; rmdir within`;
    const running = session.run([lockStep({ holder: holderOf(run), waitSeconds }), { script }]);
    if (end === 'cut') {
      const cut = sleep(cutMs).then(() => channel.destroy());
      const results = await running.catch(() => undefined);
      await cut;
      if (results) judge(run, results);
      return;
    }
    judge(run, await running);
    if (end === 'close') return session.close();
    process.kill(-channel.pid, 'SIGKILL');
  };

  const judge = (run: string, [lock, step]: readonly (StepResult | undefined)[]): void => {
    const what = readLock(lock?.rc ?? 0, lock?.stdout ?? '');
    if (typeof what === 'string') {
      held += 1;
      if (what !== 'held') wrong.push(`${run} got ${what}`);
      return;
    }
    refused += 1;
    if (step) wrong.push(`${run} was refused the lock, and went on`);
    if (what.holder.who !== `alice@${what.run}`) wrong.push(`${run} was refused by ${JSON.stringify(what)}`);
  };

  for (let round = 0; round < rounds; round += 1)
    await Promise.all([0, 1].map(() => contend(draw.below(30), draw.pick(ends), draw.chance(0.1) ? 1 : 0, draw.below(120))));
  const twice = join(owner.home, 'twice');
  if (existsSync(twice)) wrong.push(`together with another: ${readFileSync(twice, 'utf8')}`);
  return { held, refused, wrong };
}
