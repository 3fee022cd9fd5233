import type { Stream } from '../values/stream.ts';

/**
 * Writes all of a stream; the next piece is read while one is on its way, so that two are held at most: a piece is not asked for before the last but one is on its way.
 * @param write resolves once the piece is on its way.
 * @param isOver nobody waits for it any more.
 * @throws Error when it does not give what it promised, or what reading it throws.
 */
export async function sendStream(stream: Stream, write: (piece: Uint8Array) => Promise<void>, isOver: () => boolean): Promise<void> {
  let left = stream.length;
  let writing = Promise.resolve();
  for await (const piece of stream.pieces()) {
    left -= piece.length;
    if (left < 0) break;
    await writing;
    if (isOver()) return;
    writing = write(piece);
  }
  await writing;
  if (left !== 0) throw new Error(`${stream.length} bytes were promised, and ${left < 0 ? 'more' : 'fewer'} came`);
}
