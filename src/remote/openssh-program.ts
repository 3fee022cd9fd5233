import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type ChannelEnd, createRelay } from './channel.ts';
import type { RunningSsh } from './system-ssh.ts';

/** What is heard of an ssh. */
export interface SshWords {
  /** Its own sentences. Some have words of the host in them. */
  readonly own: string;
  /** What it shows of others: the banner of the host, and programs that it has started. */
  readonly others: string;
}

/** An ssh that logs in and waits. */
export interface Master {
  readonly ssh: RunningSsh;
  readonly said: () => SshWords;
  /** Of that: whatever comes later is about something else. */
  readonly forget: () => void;
  readonly isOver: () => boolean;
  readonly over: Promise<void>;
}

/** Exit code of ssh for an end that was not the program's own. */
const sshFailed = 255;

/** A program that was started over the login of another ssh. */
export interface Program {
  readonly channel: Channel;
  /** Once its end was told. */
  readonly over: Promise<void>;
}

interface Counter {
  readonly sent: (bytes: number) => void;
  readonly received: (bytes: number) => void;
}

/** The channel of a running ssh. @param master the ssh that has logged in */
export function openProgram(ssh: RunningSsh, master: Pick<Master, 'isOver' | 'over'>, { sent, received }: Counter): Program {
  const relay = createRelay();
  let gone = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    gone = resolve;
  });
  ssh.stdout.on('data', (chunk: Buffer) => {
    received(chunk.length);
    relay.stdout(chunk);
  });
  ssh.stderr.on('data', (chunk: Buffer) => {
    received(chunk.length);
    relay.stderr(chunk);
  });
  for (const stream of [ssh.stdin, ssh.stdout, ssh.stderr]) stream.on('error', () => undefined);
  const closed = (end: ChannelEnd): void => {
    gone();
    relay.closed(end);
  };
  ssh.on('error', () => closed({ code: 127 }));
  // What it left running may hold the streams open; what is still on its way has a second to arrive.
  ssh.on('exit', (code, signal) => setTimeout(() => closed(endOf(code, signal)), 1000).unref());
  ssh.on('close', (code, signal) => {
    // The ssh that logged in may have a moment more to live, and then it is it that tells why.
    if (code === sshFailed && !master.isOver()) void Promise.race([master.over, sleep(500)]).then(() => closed(endOf(code, signal)));
    else closed(endOf(code, signal));
  });
  const channel: Channel = {
    listen: relay.listen,
    write: (data) => {
      sent(Buffer.byteLength(data));
      return new Promise((resolve) => ssh.stdin.write(data, () => resolve()));
    },
    end: () => void ssh.stdin.end(),
    destroy: () => {
      ssh.kill('SIGTERM');
      for (const stream of [ssh.stdin, ssh.stdout, ssh.stderr]) stream.destroy();
      closed({});
    },
  };
  return { channel, over };
}

function endOf(code: number | null, signal: string | null): ChannelEnd {
  return { ...(code !== null && { code }), ...(signal !== null && { signal }) };
}
