import { open, stat, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock that is older was left by somebody who was killed: what is done under one takes milliseconds. */
const staleMs = 10_000;

/**
 * Does `work` while no other process does what the same lock is for. It must be short: writing a file, not waiting for anybody.
 * @param lock a file that is there meanwhile, and is nothing else. @throws what opening it or `work` throws
 */
export async function locked<Result>(lock: string, work: () => Result | Promise<Result>): Promise<Result> {
  for (;;) {
    const handle = await open(lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return undefined;
    });
    if (handle) {
      await handle.close();
      break;
    }
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > staleMs) await unlink(lock).catch(() => undefined);
    else await sleep(20);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}
