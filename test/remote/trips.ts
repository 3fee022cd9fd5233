// A server of this process as the far end of a session: it reads trips, and answers them as it likes; or it has a real shell do it.

import { spawn, spawnSync } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';

/** A trip as it arrives. */
export interface SeenTrip {
  readonly nonce: string;
  /** The text of each step, as it was framed. */
  readonly steps: readonly string[];
}

/** How a step is answered; absent: nothing printed, code 0. */
export interface Said {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly rc?: number | string;
}

/** Calls `answer` with each trip, once all of it is there. */
export function onTrips(channel: ServerChannel, answer: (trip: SeenTrip) => void): void {
  let text = '';
  channel.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (;;) {
      const start = /homerun_go (\d+)\n/.exec(text);
      const from = (start?.index ?? 0) + (start?.[0].length ?? 0);
      const length = Number(start?.[1]);
      if (!start || text.length < from + length) return;
      answer(readTrip(text.slice(from, from + length)));
      text = text.slice(from + length);
    }
  });
}

function readTrip(text: string): SeenTrip {
  const nonce = /printf '([0-9a-f]{32}) begin/.exec(text)?.[1] ?? '';
  const marker = new RegExp(`printf '${nonce} \\d+ %s[^;]*; printf '${nonce} \\d+ %s`);
  return { nonce, steps: text.split(marker).slice(0, -1) };
}

/** The same on both streams, as markers are. */
export function both(channel: ServerChannel, text: string): void {
  channel.write(text);
  channel.stderr.write(text);
}

/** Answers each step of each trip with what `say` makes of it. */
export function answering(say: (script: string) => Said): (channel: ServerChannel) => void {
  return (channel) =>
    onTrips(channel, ({ nonce, steps }) => {
      both(channel, `${nonce} begin 7\n`);
      for (const [index, script] of steps.entries()) {
        const { stdout = '', stderr = '', rc = 0 } = say(script);
        channel.write(Buffer.from(stdout, 'latin1'));
        channel.stderr.write(Buffer.from(stderr, 'latin1'));
        both(channel, `${nonce} ${index} ${rc}\n`);
      }
    });
}

/** Has a shell of this machine do what it is asked, with `folder` as its home, and what is in its `bin` before all other programs. */
export function honest(folder: string): (channel: ServerChannel, client: unknown, command: string) => void {
  const [program, ...words] = ownName(folder);
  return (channel, _client, command) => {
    const child = spawn(program, [...words, command], { cwd: folder, env: { HOME: folder, PATH: `${folder}/bin:/usr/bin:/bin` } });
    // One after another: where both streams wait for the client's window, ssh2's server forgets one of them.
    let said = Promise.resolve();
    const say = (stream: Writable, chunk: Buffer): void => {
      said = said.then(() => new Promise((resolve) => stream.write(chunk, () => resolve())));
    };
    child.stdout.on('data', (chunk: Buffer) => say(channel, chunk));
    child.stderr.on('data', (chunk: Buffer) => say(channel.stderr, chunk));
    channel.on('data', (chunk: Buffer) => child.stdin.write(chunk));
    channel.on('end', () => child.stdin.end());
    channel.on('close', () => child.stdin.end());
    // Whoever hangs up first leaves the other with something to say.
    for (const stream of [child.stdin, channel, channel.stderr]) stream.on('error', () => undefined);
    const end = async (code: number | null): Promise<void> => {
      await said;
      channel.exit(code ?? 255);
      channel.end();
    };
    child.on('close', (code) => void end(code));
  };
}

/**
 * A shell on a host of another name: the lock of this machine is not its own, which all root's shells here would share. Where no such name can be
 * given, it is that of this machine: other users have a lock for each home.
 */
function ownName(folder: string): readonly [program: string, ...words: string[]] {
  const name = folder.split('/').slice(-3).join('-').slice(-60);
  if (spawnSync('unshare', ['--uts', '/bin/hostname', name]).status !== 0) return ['/bin/sh', '-c'];
  return ['unshare', '--uts', '/bin/sh', '-c', '/bin/hostname "$1" && exec /bin/sh -c "$2"', 'sh', name];
}
