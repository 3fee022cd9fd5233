import { createBlocks } from './blocks.ts';
import { leftOut, sendNow } from './frame.ts';

/** What one stream of a trip said next. */
export type Marker =
  | { readonly kind: 'begin'; readonly pid: number }
  /** The step waits for its input; on standard output alone. */
  | { readonly kind: 'send'; readonly index: number }
  | { readonly kind: 'end'; readonly index: number; readonly rc: number | undefined };

/** Cuts one stream of a trip at its markers. */
export interface Scanner {
  /** Takes the next bytes; calls back in the order of the stream. */
  readonly push: (chunk: Buffer) => void;
  /** What might still become a marker and was told to nobody. */
  readonly pending: () => Buffer;
}

/** Who is told what a stream holds. `noise` is what came before the begin marker. */
export interface ScanListener {
  noise(bytes: Buffer): void;
  output(index: number, bytes: Buffer): void;
  marker(marker: Marker): void;
  /** A marker that is none: the far end does not keep to the protocol. The scanner stops. */
  broken(): void;
}

const lineFeed = 0x0a;
/** Longest text of a marker after its nonce: ` 4294967295 4294967295`. */
const longestMarker = 32;

/** A scanner for the markers of `nonce`, see `frameTrip`. */
export function createScanner(nonce: string, listener: ScanListener): Scanner {
  const needle = Buffer.from(nonce, 'latin1');
  let rest: Buffer = Buffer.alloc(0);
  let next = -1;
  let stopped = false;

  const give = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    if (next < 0) listener.noise(bytes);
    else listener.output(next, bytes);
  };

  const take = (text: string): boolean => {
    const marker = readMarker(text, next);
    if (!marker) return false;
    if (marker.kind !== 'send') next += 1;
    listener.marker(marker);
    return true;
  };

  return {
    pending: () => rest,
    push(chunk) {
      if (stopped) return;
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (;;) {
        const at = rest.indexOf(needle);
        if (at < 0) {
          const sure = Math.max(0, rest.length - needle.length + 1);
          give(rest.subarray(0, sure));
          rest = rest.subarray(sure);
          return;
        }
        const from = at + needle.length;
        const end = rest.indexOf(lineFeed, from);
        if (end < 0 && rest.length - from <= longestMarker) return;
        give(rest.subarray(0, at));
        if (end < 0 || !take(rest.toString('latin1', from, end))) {
          stopped = true;
          listener.broken();
          return;
        }
        rest = rest.subarray(end + 1);
      }
    },
  };
}

function readMarker(text: string, next: number): Marker | undefined {
  const [, word, value] = /^ ([a-z]+|\d{1,9}) ([a-z]+|\d{1,9})$/.exec(text) ?? [];
  if (word === undefined || value === undefined) return undefined;
  if (next < 0) return word === 'begin' && /^\d+$/.test(value) ? { kind: 'begin', pid: Number(value) } : undefined;
  if (Number(word) !== next) return undefined;
  if (value === sendNow) return { kind: 'send', index: next };
  if (value === leftOut) return { kind: 'end', index: next, rc: undefined };
  return /^\d{1,3}$/.test(value) ? { kind: 'end', index: next, rc: Number(value) } : undefined;
}

/** Keeps the head and the tail of a stream, so that no host can fill this machine's memory. */
export interface Kept {
  readonly push: (bytes: Buffer) => void;
  /** Bytes taken so far, kept or not. */
  readonly total: () => number;
  readonly truncated: () => boolean;
  /** What was kept, as UTF-8 (a wrong byte becomes U+FFFD); where bytes were left out, a line says how many. */
  text(): string;
}

/** Sizes in bytes of what is kept of one stream of one step, and where a step is stopped. */
export const limits = { head: 2 ** 20, tail: 7 * 2 ** 20, stop: 256 * 2 ** 20 } as const;

/** A buffer for one stream of one step. */
export function createKept(head: number = limits.head, tail: number = limits.tail): Kept {
  const first = createBlocks();
  const last = createBlocks();
  let total = 0;
  return {
    push(bytes) {
      total += bytes.length;
      const room = Math.max(0, head - first.size());
      // Copies: a slice would keep the whole chunk that it came in.
      first.add(bytes.subarray(0, room));
      last.add(bytes.subarray(room));
      if (last.size() > 2 * tail) last.keepLast(tail);
    },
    total: () => total,
    truncated: () => total > head + tail,
    text() {
      last.keepLast(tail);
      if (total <= head + tail) return Buffer.concat([first.all(), last.all()]).toString('utf8');
      return `${first.all().toString('utf8')}\n[${total - head - tail} bytes left out]\n${last.all().toString('utf8')}`;
    },
  };
}
