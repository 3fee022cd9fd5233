import { setTimeout as sleep } from 'node:timers/promises';
import type { Reconnect } from '../values/change.ts';
import { TaskError, UnreachableError } from '../values/errors.ts';
import type { Identity, Target } from './target.ts';

/** Why a try was in vain. */
type Why = Pick<TaskError, 'message' | 'hint'>;

/**
 * Lets go of the host and connects to it anew, its key checked as ever, again and again until it shows all signs of being back.
 * @throws TaskError when that takes longer than it may, with what the last try came to.
 */
export async function reconnect(target: Target, identity: Identity, wanted: Reconnect, signal: AbortSignal): Promise<void> {
  const end = performance.now() + wanted.timeoutSeconds * 1000;
  for (;;) {
    const why = await tryOnce(target, identity, wanted, Math.max(1, (end - performance.now()) / 1000));
    if (!why) {
      // Signs are those of a restart.
      if (wanted.signs.length > 0) await target.restarted();
      return;
    }
    if (signal.aborted || performance.now() + wanted.sleepSeconds * 1000 > end)
      throw new TaskError(
        signal.aborted ? `interrupted while waiting for the host: ${why.message}` : `waited ${wanted.timeoutSeconds} seconds, and ${why.message}`,
        why.hint,
      );
    await sleep(wanted.sleepSeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}

async function tryOnce(target: Target, identity: Identity, { connectSeconds, signs }: Reconnect, seconds: number): Promise<Why | undefined> {
  try {
    await target.reconnect(connectSeconds);
    for (const { command, otherwise } of signs) {
      // A sign that does not come to its end must not keep the task longer than it may take.
      const result = await target.run(identity, { ...command, timeoutSeconds: Math.min(command.timeoutSeconds ?? seconds, seconds) });
      if (result?.rc === 0) continue;
      const said = result?.timedOut ? 'it took too long' : result?.stderr.trim().split('\n').at(-1);
      return { message: `${otherwise}${said ? ` (${said})` : ''}`, hint: undefined };
    }
    return undefined;
  } catch (error) {
    // To become another user may fail as well while a host is coming up.
    if (error instanceof UnreachableError || error instanceof TaskError) return error;
    throw error;
  }
}
