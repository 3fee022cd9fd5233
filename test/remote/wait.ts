import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` gives something else than undefined or false; fails after `seconds`. */
export async function until<Result>(
  what: string,
  condition: () => Result | undefined | false | Promise<Result | undefined | false>,
  seconds = 20,
): Promise<Result> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(20);
  }
}

/** Waits until something listens on `port` of loopback; `died` gives the log of what should, once that has ended. */
export async function connectsTo(port: number, died: () => string | undefined): Promise<void> {
  await until(`port ${port} listens`, async () => {
    const log = died();
    if (log !== undefined) throw new Error(`it ended:\n${log}`);
    return await answers(port);
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
