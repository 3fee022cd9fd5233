import type { Duplex } from 'node:stream';

/** More than this before its name is no greeting: whoever reads it shall judge. */
const mostBytes = 65_536;

/**
 * Lets whoever will listen on `socket` get all up to the end of the line in which the server names itself in one piece. ssh2 1.17 loses bytes of a line
 * that comes in three or more, and then takes the server's signature for a wrong one.
 */
export function inOnePiece(socket: Duplex): void {
  const listens = (event: string | symbol): void => {
    if (event !== 'data') return;
    socket.off('newListener', listens);
    // It is told of before it is there.
    queueMicrotask(() => gatherFor(socket, socket.listeners('data') as ((chunk: Buffer) => void)[]));
  };
  socket.on('newListener', listens);
}

function gatherFor(socket: Duplex, listeners: readonly ((chunk: Buffer) => void)[]): void {
  let greeting = Buffer.alloc(0);
  const pass = (): void => {
    socket.off('data', gather);
    socket.off('end', pass);
    for (const listener of listeners) socket.on('data', listener);
    if (greeting.length > 0) for (const listener of listeners) listener(greeting);
  };
  const gather = (chunk: Buffer): void => {
    greeting = Buffer.concat([greeting, chunk]);
    if (greeting.length >= mostBytes || /^SSH-[^\n]*\n/m.test(greeting.toString('latin1'))) pass();
  };
  for (const listener of listeners) socket.off('data', listener);
  socket.on('data', gather);
  socket.prependListener('end', pass);
}
