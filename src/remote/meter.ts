import type { Duplex } from 'node:stream';
import type { Traffic } from './session.ts';

/**
 * Counts what goes through a connected socket from now on, without holding it up. What is received counts from when somebody listens.
 * @param received told of each piece, once it is counted
 */
export function meter(socket: Duplex, received: (traffic: Traffic) => void = () => undefined): () => Traffic {
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
  const count = (chunk: Buffer): void => {
    isAnswered = true;
    bytesReceived += chunk.length;
    received(traffic());
  };
  const traffic = (): Traffic => ({ trips, bytesSent, bytesReceived });
  // A first listener sets the data flowing: it must not be this one, or the other would miss the beginning.
  const join = (event: string | symbol): void => {
    if (event !== 'data') return;
    socket.off('newListener', join);
    socket.on('data', count);
  };
  socket.on('newListener', join);
  return traffic;
}
