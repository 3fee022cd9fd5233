import type { Stats } from 'node:fs';
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
    const found = await stat(lock).catch(() => undefined);
    if (isStale(found)) await removeStale(lock, found);
    else await sleep(20);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

function isStale(found: Stats | undefined): found is Stats {
  return found !== undefined && Date.now() - found.mtimeMs > staleMs;
}

// Of those that find the same lock stale only one may remove it: another would remove the next one's. Who makes the file that is named after this very lock is the one.
async function removeStale(lock: string, { ino, mtimeMs }: Stats): Promise<void> {
  const claim = `${lock}.${ino}.${Math.trunc(mtimeMs)}`;
  const handle = await open(claim, 'wx', 0o600).catch(() => undefined);
  if (!handle) {
    // So was the one before, if it is as old.
    if (isStale(await stat(claim).catch(() => undefined))) await unlink(claim).catch(() => undefined);
    return await sleep(20);
  }
  await handle.close();
  const now = await stat(lock).catch(() => undefined);
  if (now?.ino === ino && now.mtimeMs === mtimeMs) await unlink(lock).catch(() => undefined);
  await unlink(claim).catch(() => undefined);
}
