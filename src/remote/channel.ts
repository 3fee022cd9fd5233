import type { Traffic } from './session.ts';

/** How a channel ended. Neither code nor signal: the link under it was lost. */
export interface ChannelEnd {
  readonly code?: number;
  readonly signal?: string;
}

/** Takes what a channel brings. Called in the order of arrival; must not throw. */
export interface ChannelListener {
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
  readonly closed: (end: ChannelEnd) => void;
}

/** A running program's three streams, of a local process or at the far end of an SSH connection. */
export interface Channel {
  /** Sets who listens from now on; what came before the first call is kept for it. */
  readonly listen: (listener: ChannelListener) => void;
  /** Queues bytes for the program's standard input; resolves once they are on their way (never, if the channel closes before). */
  readonly write: (data: string | Uint8Array) => Promise<void>;
  /** Ends the program's standard input. */
  readonly end: () => void;
  /** Drops the channel at once. */
  readonly destroy: () => void;
}

/** Something that programs can be started on: a connected host, or this machine. */
export interface Link {
  /** Milliseconds that one round trip took while connecting; 0 for this machine. */
  readonly rttMs: number;
  /** See `Connection.traffic`. */
  readonly traffic: () => Traffic;
  /** Starts a program through the login shell. `command` is a constant: data goes to standard input. @throws UnreachableError */
  exec(command: string): Promise<Channel>;
  /** The same on a terminal of its own, which shows nothing of what is written to it: both its outputs come as one. Absent where there is none. @throws UnreachableError */
  readonly execOnTerminal?: (command: string) => Promise<Channel>;
  /** Why the link was lost, once it is. */
  readonly lost: () => string | undefined;
  /** Ends everything. Never throws. */
  close(): Promise<void>;
}

/**
 * The listening half of a channel: keeps what arrives until somebody listens, then passes it on.
 * `closed` is passed on once.
 */
export function createRelay(): ChannelListener & Pick<Channel, 'listen'> {
  let listener: ChannelListener | undefined;
  let ended = false;
  const early: ((listener: ChannelListener) => void)[] = [];
  const pass = (event: (listener: ChannelListener) => void): void => {
    if (listener) event(listener);
    else early.push(event);
  };
  return {
    listen(next) {
      listener = next;
      for (const event of early.splice(0)) event(next);
    },
    stdout: (chunk) => pass((to) => to.stdout(chunk)),
    stderr: (chunk) => pass((to) => to.stderr(chunk)),
    closed(end) {
      if (ended) return;
      ended = true;
      pass((to) => to.closed(end));
    },
  };
}
