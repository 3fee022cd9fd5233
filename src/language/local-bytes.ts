import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { LocalBytes } from '../values/stream.ts';

/** Large enough that a piece costs little, small enough that hundreds of hosts can be sent to at once. */
const pieceSize = 2 ** 18;

/** Nanoseconds after which a file that was changed again must have another time: file systems count in steps of up to two seconds. */
const settled = 2_000_000_000n;

/** Digests of files that are known, by what tells the one state of a file from another. */
export type Digests = Map<string, string>;

/**
 * The content of a regular file, as it is now: it is looked at here, and read later.
 * @param attempt gives the errors of the system their words.
 */
export function localBytes(path: string, found: BigIntStats, digests: Digests, attempt: <T>(work: () => T) => T): LocalBytes {
  const state = stateOf(path, found);
  let known: string | undefined;
  const keep = (digest: string): string => {
    known = digest;
    if (BigInt(Date.now()) * 1_000_000n - found.ctimeNs > settled) digests.set(state, digest);
    return digest;
  };
  const size = Number(found.size);
  return {
    size,
    sha256: () => known ?? digests.get(state) ?? attempt(() => keep(digestOf(path, size))),
    bytes: () => attempt(() => readFileSync(path)),
    async *pieces() {
      const digest = yield* size <= pieceSize ? shortOf(path, found) : piecesOf(path, found);
      return digest === undefined ? undefined : keep(digest);
    },
  };
}

function stateOf(path: string, { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [path, dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** @param size bytes that it is expected to have. */
function digestOf(path: string, size: number): string {
  const hash = createHash('sha256');
  const descriptor = openSync(path, 'r');
  try {
    const piece = Buffer.allocUnsafe(size < pieceSize ? size + 1 : pieceSize);
    for (let length = readSync(descriptor, piece); length > 0; length = readSync(descriptor, piece)) hash.update(piece.subarray(0, length));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

/** All of a short file at once. Thousands of them are read faster without a turn of the event loop for each. */
function* shortOf(path: string, found: BigIntStats): Generator<Uint8Array, string | undefined> {
  const size = Number(found.size);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    bytes = Buffer.alloc(0);
  }
  const isWhole = bytes.length === size && isStill(path, found);
  yield bytes.length === size ? bytes : Buffer.concat([bytes.subarray(0, size)], size);
  return isWhole ? createHash('sha256').update(bytes).digest('hex') : undefined;
}

function isStill(path: string, found: BigIntStats): boolean {
  const now = statSync(path, { bigint: true, throwIfNoEntry: false });
  return now !== undefined && stateOf(path, now) === stateOf(path, found);
}

/** What is missing of the promised size is made up for with zeros. */
async function* piecesOf(path: string, found: BigIntStats): AsyncGenerator<Uint8Array, string | undefined> {
  const hash = createHash('sha256');
  let left = Number(found.size);
  let isWhole = false;
  let file: FileHandle | undefined;
  try {
    file = await open(path).catch(() => undefined);
    // In turn, and not new ones: what a large file takes does not depend on when garbage is collected.
    const buffers = [Buffer.allocUnsafe(pieceSize), Buffer.allocUnsafe(pieceSize)] as const;
    for (let turn = 0; file && left > 0; turn += 1) {
      const piece = await filled(file, (turn % 2 === 0 ? buffers[0] : buffers[1]).subarray(0, left));
      if (piece.length === 0) break;
      left -= piece.length;
      hash.update(piece);
      yield piece;
    }
    isWhole = left === 0 && file !== undefined && isStill(path, found);
  } catch {
    isWhole = false;
  } finally {
    await file?.close().catch(() => undefined);
  }
  for (; left > 0; left -= pieceSize) yield Buffer.alloc(Math.min(pieceSize, left));
  return isWhole ? hash.digest('hex') : undefined;
}

/** The next bytes of a file, as many as fit; fewer only where it ends, or can be read no further. */
async function filled(file: FileHandle, buffer: Buffer): Promise<Buffer> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length).catch(() => ({ bytesRead: 0 }));
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
