import { setMaxListeners } from 'node:events';

/** Milliseconds that what is in hand when a run is interrupted has to come to its end. */
const graceMs = 1500;

/**
 * Calls `cut` a moment after the run is interrupted. What is in hand is mostly done by then; the rest ends with its connection, but for what is detached:
 * a link may break at any time, and the next run finds its way from there.
 * @returns ends the watch
 */
export function cutAfterInterruption(signal: AbortSignal, cut: () => void): () => void {
  // Every connection listens while it is being made.
  setMaxListeners(0, signal);
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(cut, graceMs);
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
  };
}
