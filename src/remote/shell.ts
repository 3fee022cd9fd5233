import { randomBytes } from 'node:crypto';
import { TaskError, UnreachableError } from '../values/errors.ts';
import { isStream, type Stream } from '../values/stream.ts';
import type { Channel, ChannelEnd, ChannelListener } from './channel.ts';
import { frameTrip } from './frame.ts';
import { plainText } from './plain-text.ts';
import { sendStream } from './pump.ts';
import { createKept } from './scan.ts';
import type { Session, Step, StepResult } from './session.ts';
import { noBuiltinPrintf, shellPrelude, startLine } from './start.ts';
import { followTrip, type Trip } from './trip.ts';

/** What a session's shell needs to know of its surroundings. */
export interface ShellOptions {
  /** The user that the channel's program runs as. */
  readonly user: string;
  /** `root@web1 port 22`, for messages. */
  readonly target: string;
  /** Seconds within which the shell must begin with the first trip, once that was sent: the login shell's start-up files run before. */
  readonly startSeconds: number;
  /** Ends the step that the shell `pid` is at and that began at least `seconds` ago, with all it started, from outside this channel. */
  kill(pid: number, seconds: number): Promise<void>;
  /** Why the link under the channel was lost, once it is. */
  lost(): string | undefined;
}

/** Seconds within which an idle shell must begin with a later trip: a host that swaps may be slow. */
const answerSeconds = 60;

/** Bytes of a trip that the host must take within that time. */
const pieceSize = 65_536;

/** Seconds that a step's processes have to go away after they were told to. */
const dyingSeconds = 15;

const defaultTimeoutSeconds = 300;

const lostHint = 'What was being done there may have been done or not; run again.';

/** A session on a channel whose program waits for a line (`waitForLine`). Nothing is sent before the first trip. */
export function openShell(channel: Channel, options: ShellOptions): Session & { close(): void } {
  let listener: ChannelListener | undefined;
  let dead: UnreachableError | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  // What arrives while no trip is under way: a login shell that has something to say before it ends.
  const idle = createKept(0, 4096);
  let prelude = `${startLine}${shellPrelude}`;
  let hasBegun = false;
  let begin = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });

  channel.listen({
    stdout(chunk) {
      if (listener) listener.stdout(chunk);
      else idle.push(chunk);
    },
    stderr(chunk) {
      if (listener) listener.stderr(chunk);
      else idle.push(chunk);
    },
    closed(end) {
      if (listener) listener.closed(end);
      else dead ??= closedError(end, options, hasBegun, idle.text());
    },
  });

  const send = async (text: string, taken: () => void): Promise<void> => {
    const bytes = Buffer.from(prelude + text, 'latin1');
    prelude = '';
    for (let at = 0; at < bytes.length && !dead; at += pieceSize) {
      taken();
      await channel.write(bytes.subarray(at, at + pieceSize));
    }
  };

  const travel = (steps: readonly Step[]): Promise<readonly (StepResult | undefined)[]> =>
    new Promise((resolve, reject) => {
      if (dead) return reject(dead);
      const nonce = randomBytes(16).toString('hex');
      const text = frame(nonce, steps);
      const patience = prelude === '' ? answerSeconds : options.startSeconds;
      let timer: NodeJS.Timeout | undefined;
      let shell: number | undefined;
      let finished = false;
      let tellOver: () => void = () => undefined;
      const over = new Promise<void>((resolve) => {
        tellOver = resolve;
      });
      // Nothing of a step that was ended may be left when the trip is told to have ended.
      let stopped: Promise<void> = Promise.resolve();
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        if (finished) return;
        finished = true;
        tellOver();
        listener = undefined;
        settle();
      };
      const lose = (error: UnreachableError): void => {
        dead ??= error;
        channel.destroy();
        finish(() => reject(dead));
      };
      const after = (seconds: number, act: () => void): void => {
        clearTimeout(timer);
        timer = setTimeout(act, seconds * 1000);
      };
      let turnAt = 0;
      let isSending = false;
      const restart = (index: number): void =>
        after(steps[index]?.timeoutSeconds ?? defaultTimeoutSeconds, () => {
          trip.timeOut(index);
          stop();
        });
      const transmit = async (index: number, stdin: Stream): Promise<void> => {
        const write = async (piece: Uint8Array): Promise<void> => {
          await Promise.race([channel.write(piece), over]);
          if (!finished) restart(index);
        };
        isSending = true;
        try {
          await sendStream(stdin, write, () => finished);
          isSending = false;
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          lose(new UnreachableError(`${options.target}: what was to be sent there cannot be read: ${why}`));
        }
      };
      const stop = (): void => {
        if (isSending)
          return lose(
            new UnreachableError(
              `${options.target}: a step was ended while its input was being sent: it took longer than allowed, or printed too much`,
              'Is the link very slow, or a disk there? Set the timeout of the task.',
            ),
          );
        const seconds = (performance.now() - turnAt) / 1000;
        after(dyingSeconds, () =>
          lose(
            new UnreachableError(
              `${options.target}: a step whose time was up cannot be ended there`,
              "See what it hangs on (ps, dmesg): a dead disk or network file system? What it started by sudo is another user's: use become instead.",
            ),
          ),
        );
        if (shell === undefined) return;
        const killed = options.kill(shell, seconds).catch(() => undefined);
        stopped = stopped.then(() => killed);
      };
      const trip: Trip = followTrip(nonce, steps, {
        begun: (pid) => {
          shell = pid;
          hasBegun = true;
          begin();
        },
        turn: (index) => {
          turnAt = performance.now();
          restart(index);
        },
        send: (index) => {
          const { stdin } = steps[index] ?? {};
          if (isStream(stdin)) transmit(index, stdin).catch(() => undefined);
        },
        flood: stop,
        done: (results) => finish(() => resolve(stopped.then(() => results))),
        broken: (why) => lose(new UnreachableError(`${options.target}: the shell there cannot be understood: ${why}`, startUpHint(trip.noise()))),
      });
      listener = {
        stdout: trip.stdout,
        stderr: trip.stderr,
        closed: (end) => lose(closedError(end, options, hasBegun, idle.text() + trip.noise())),
      };
      const silence = (): void =>
        lose(new UnreachableError(`${options.target}: the shell there did not answer within ${patience} s`, startUpHint(trip.noise())));
      const stalled = (): void =>
        lose(new UnreachableError(`${options.target}: the host takes nothing of what is sent to it, for ${patience} s`, startUpHint(trip.noise())));
      const wait = (what: () => void): void => {
        if (shell === undefined && !finished) after(patience, what);
      };
      // Counted from when the last byte is on its way, so that a large file may take as long as it needs.
      send(text, () => wait(stalled)).then(
        () => wait(silence),
        () => undefined,
      );
    });

  return {
    user: options.user,
    started,
    run(steps) {
      const answer = turn.then(() => travel(steps));
      turn = answer.catch(() => undefined);
      return answer;
    },
    close() {
      dead ??= new UnreachableError(`${options.target}: the connection was closed`, lostHint);
      // Whoever waits for a trip waits no longer.
      if (listener) return listener.closed({});
      channel.write('exit\n').catch(() => undefined);
      channel.end();
    },
  };
}

function frame(nonce: string, steps: readonly Step[]): string {
  try {
    return frameTrip(nonce, steps);
  } catch (error) {
    throw new TaskError(error instanceof Error ? error.message : String(error), 'Take the NUL character out of the script or variable.');
  }
}

/** @param hasBegun the shell has answered already */
function closedError(end: ChannelEnd, options: ShellOptions, hasBegun: boolean, noise: string): UnreachableError {
  const lost = options.lost();
  if (lost !== undefined) return new UnreachableError(`${options.target}: the connection was lost: ${lost}`, lostHint);
  if (end.code === noBuiltinPrintf)
    return new UnreachableError(
      `${options.target}: /bin/sh there has no builtin printf`,
      'dash, bash and BusyBox have one: make /bin/sh one of them.',
    );
  // SIGTERM, also as 128 + 15, is how `startLine` ends after its shell, whatever that died of.
  const plain = end.code === 0 || end.code === 143 || end.signal === 'SIGTERM';
  const how = plain
    ? 'ended'
    : end.signal !== undefined
      ? `was ended by ${plainText(end.signal.slice(0, 20))}`
      : end.code !== undefined
        ? `ended with code ${end.code}`
        : 'was closed';
  return new UnreachableError(
    `${options.target}: the shell there ${how}${noise.trim() === '' ? '' : `; it said: ${plainText(noise)}`}`,
    hasBegun
      ? 'Is the host out of memory or processes? What was being done there may have been done or not; run again.'
      : 'Can this user run a shell there? nologin and ForceCommand do not let it, nor start-up files (.bashrc, .profile) that end the shell or start another. Is the host out of memory or processes?',
  );
}

function startUpHint(noise: string): string {
  const said = noise.trim() === '' ? '' : ` It said: ${plainText(noise)}`;
  return `Do start-up files of the login shell (.bashrc, .profile) read input or print without end?${said}`;
}
