import type { Duplex } from 'node:stream';
import type { Traffic } from './session.ts';

/** Counts what goes through a connected socket from now on, without holding it up. Whoever reads from it must begin in the same turn: it flows from here on. */
export function meter(socket: Duplex): () => Traffic {
  let trips = 0;
  let bytesSent = 0;
  let bytesReceived = 0;
  let isAnswered = true;
  const write = socket.write.bind(socket) as (chunk: Uint8Array | string, ...rest: unknown[]) => boolean;
  // A stream tells nobody of what is written to it, and one more in between would copy every byte.
  socket.write = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
    if (isAnswered) trips += 1;
    isAnswered = false;
    bytesSent += Buffer.byteLength(chunk);
    return write(chunk, ...rest);
  };
  socket.on('data', (chunk: Buffer) => {
    isAnswered = true;
    bytesReceived += chunk.length;
  });
  return () => ({ trips, bytesSent, bytesReceived });
}
