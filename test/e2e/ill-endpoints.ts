// Endpoints that are no good: what answers where sshd should, or does not.

import { connect, createServer, type Server, type Socket } from 'node:net';

/** Something that listens on 127.0.0.1. */
export interface Listener {
  readonly port: number;
  readonly close: () => void;
}

/** Takes connections, and does with each what `serve` does. */
export async function listenWith(serve: (socket: Socket) => void): Promise<Listener> {
  const open = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** Never says anything. */
export const silent = (socket: Socket): void => void socket.resume();

/** Says its name, and nothing after that. */
export const named = (socket: Socket): void => {
  socket.resume();
  socket.write('SSH-2.0-OpenSSH_9.2\r\n');
};

/** Not SSH: a web server's answer, noise after a right beginning, noise alone. */
export const garbage: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
  (socket) => socket.end(`SSH-2.0-OpenSSH_9.2\r\n${'\u0001\u0002\u0003 what? '.repeat(400)}`),
  (socket) => socket.end(Buffer.alloc(60_000, 0xa5)),
];

/** Passes what the host says on one byte at a time. @param everyMs between two of them */
export function drop(target: { readonly host: string; readonly port: number }, everyMs: number): (socket: Socket) => void {
  return (client) => {
    const upstream = connect({ ...target, noDelay: true });
    const waiting: number[] = [];
    let from = performance.now();
    // As many as are due, also where this process did not come to it for a while.
    const timer = setInterval(() => {
      if (waiting.length === 0) from = performance.now();
      for (; waiting.length > 0 && performance.now() - from >= everyMs; from += everyMs) client.write(Buffer.from(waiting.splice(0, 1)));
    }, everyMs);
    client.on('data', (chunk: Buffer) => upstream.write(chunk));
    upstream.on('data', (chunk: Buffer) => waiting.push(...chunk));
    upstream.on('error', () => client.destroy());
    const end = (): void => {
      clearInterval(timer);
      client.destroy();
      upstream.destroy();
    };
    client.on('close', end);
    upstream.on('close', end);
  };
}
