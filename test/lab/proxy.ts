// A TCP proxy for tests: makes a link slow, counts what passes over it, and breaks it at a chosen byte.

import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'up' | 'down';

export interface ProxyOptions {
  /** Where connections are passed on to. */
  readonly target: { readonly host: string; readonly port: number };
  /** Milliseconds by which each chunk is held back, each way: 15 makes a round trip of 30 ms. Default 0. */
  readonly delay?: number;
  /** What goes wrong; default nothing. Each connection counts its own bytes. */
  readonly fault?: Fault;
}

export interface Fault {
  /** `up`: from client to server; `down`: from server to client. */
  readonly direction: Direction;
  /** How many bytes pass unharmed in this direction. */
  readonly afterBytes: number;
  /**
   * `cut`: both ends are reset. `stall`: nothing passes any more, in either direction, and nothing is closed. `corrupt`: the bits
   * of the next byte are turned round, and all others pass.
   */
  readonly kind: 'cut' | 'stall' | 'corrupt';
}

export interface Counts {
  /** Connections so far. */
  readonly connections: number;
  /**
   * Trips so far: bursts of the client that come after the server said something (or first of all). What is sent without
   * waiting for an answer is one trip, however many chunks it has.
   */
  readonly trips: number;
  /** Bytes from client to server in each of the trips; what several connections send side by side counts for the last one. */
  readonly bursts: readonly number[];
  /** Bytes from client to server. */
  readonly up: number;
  /** Bytes from server to client. */
  readonly down: number;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** What has passed since the start, or since the last `reset`. */
  readonly counts: () => Counts;
  /** Begins to count anew; connections go on. */
  readonly reset: () => void;
  /** Resets all connections, as when a cable is pulled; new ones are accepted. */
  readonly cut: () => void;
  /** Ends all connections and stops listening. */
  readonly close: () => Promise<void>;
}

interface Tally {
  connections: number;
  bursts: number[];
  up: number;
  down: number;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const none = (): Tally => ({ connections: 0, bursts: [], up: 0, down: 0 });
  const tally = none();
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    tally.connections += 1;
    const upstream = connect({ ...options.target, noDelay: true, allowHalfOpen: true });
    open.add(client).add(upstream);
    link(client, upstream, options, tally);
    for (const socket of [client, upstream]) socket.on('close', () => open.delete(socket));
  });
  const port = await listen(server);
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    host: '127.0.0.1',
    port,
    counts: () => ({ ...tally, bursts: [...tally.bursts], trips: tally.bursts.length }),
    reset: () => void Object.assign(tally, none()),
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function link(client: Socket, upstream: Socket, { delay = 0, fault }: ProxyOptions, tally: Tally): void {
  let last: Direction = 'down';
  let stalled = false;
  const passed = { up: 0, down: 0 };
  const reset = (): void => {
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  };
  // Timers of one length fire in the order in which they were set, so chunks keep their order.
  const later = (work: () => void): void => {
    if (delay === 0) work();
    else setTimeout(() => (stalled ? undefined : work()), delay);
  };

  const pass = (direction: Direction, target: Socket, chunk: Buffer): void => {
    if (stalled) return;
    if (direction === 'up') {
      if (last === 'down' || tally.bursts.length === 0) tally.bursts.push(0);
      tally.bursts.push((tally.bursts.pop() ?? 0) + chunk.length);
      last = 'up';
    } else {
      // Only what has arrived can have been waited for.
      later(() => {
        last = 'down';
      });
    }
    tally[direction] += chunk.length;
    const before = passed[direction];
    passed[direction] += chunk.length;
    const place = fault === undefined || fault.direction !== direction ? undefined : fault.afterBytes - before;
    if (fault === undefined || place === undefined || place < 0 || place >= chunk.length) {
      later(() => void target.write(chunk));
    } else if (fault.kind === 'corrupt') {
      const wrong = Buffer.from(chunk);
      wrong.writeUInt8(~wrong.readUInt8(place) & 0xff, place);
      later(() => target.write(wrong));
    } else {
      if (place > 0) later(() => target.write(chunk.subarray(0, place)));
      later(() => {
        if (fault.kind === 'cut') reset();
        else stalled = true;
      });
    }
  };

  client.on('data', (chunk: Buffer) => pass('up', upstream, chunk));
  upstream.on('data', (chunk: Buffer) => pass('down', client, chunk));
  client.on('end', () => later(() => upstream.end()));
  upstream.on('end', () => later(() => client.end()));
  client.on('error', reset);
  upstream.on('error', reset);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}
