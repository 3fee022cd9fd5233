import { randomBytes } from 'node:crypto';
import { TaskError } from '../values/errors.ts';
import {
  absent,
  askedAgain,
  type Becoming,
  endedEarly,
  noStty,
  noSuchUser,
  noTerminal,
  notLet,
  notTaken,
  otherQuestion,
  tooLong,
  wantsPassword,
} from './become-errors.ts';
import { relayLine, terminalLine, words } from './become-lines.ts';
import type { Channel, ChannelEnd } from './channel.ts';
import { follow } from './follow.ts';

/** How one becomes somebody on a terminal. */
export interface TerminalOptions {
  readonly becoming: Becoming;
  readonly password: string | undefined;
  /** Seconds for the whole dialogue. */
  readonly seconds: number;
  /** What was said on pipes, when that did not do. */
  readonly saidOnPipes: string;
  lost(): string | undefined;
}

/** Milliseconds that a question may be without its prompt: they go out together. */
const promptMs = 2000;

/**
 * Becomes another user by a program that wants a terminal (doas, su, sudo with requiretty). The terminal is for the question alone: the session goes through
 * `relay`, a waiting program on pipes, as a terminal would mix its streams.
 *
 * A question is known by the echo, which whoever reads a password switches off; only then the password is written, and once. The second time that it
 * is off the host wants something else, or the password was wrong.
 * @returns the channel, its program waiting for a line again
 * @throws TaskError when the host does not let us; UnreachableError when the link is lost
 */
export function becomeOnTerminal(relay: Channel, terminal: Channel, options: TerminalOptions): Promise<Channel> {
  const { becoming, password } = options;
  const { method, user } = becoming;
  const nonce = randomBytes(16).toString('hex');
  const folder = `/tmp/homerun.${randomBytes(16).toString('hex')}`;
  return new Promise((resolve, reject) => {
    let isOver = false;
    let isHidden = false;
    let isPrompted = method !== 'sudo' || password === undefined;
    let isSent = false;
    let ended: ChannelEnd | undefined;
    let patience: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => fail(tooLong(becoming, options.seconds, isSent, said())), options.seconds * 1000);
    const finish = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      clearTimeout(patience);
      settle();
    };
    const fail = (error: Error): void =>
      finish(() => {
        // The terminal first: what still waits there is hung up on.
        terminal.destroy();
        relay.end();
        relay.destroy();
        reject(error);
      });
    const said = (): string => `${onRelay()}\n${onTerminal()}`;
    const failLater = (error: () => Error): void => {
      clearTimeout(patience);
      patience = setTimeout(() => fail(error()), promptMs);
    };
    const tell = (): void => {
      if (!isHidden || isSent) return;
      if (!isPrompted) return failLater(() => otherQuestion(becoming, said()));
      clearTimeout(patience);
      if (password === undefined) return fail(wantsPassword(becoming, said()));
      isSent = true;
      terminal.write(`${password}\n`).catch(() => undefined);
    };
    const refusal = (): Error => {
      const lost = options.lost();
      if (lost !== undefined || ended?.code !== 1) return endedEarly(becoming, ended ?? {}, lost, said());
      return isSent ? notTaken(becoming, said()) : notLet(becoming, said(), password);
    };
    const onRelay = follow(relay, nonce, {
      word: (word) => {
        if (word === words.ready)
          terminal.write(terminalLine({ method, user, nonce, hasPassword: password !== undefined }, folder)).catch(() => undefined);
        else if (word === words.noPipes)
          fail(
            new TaskError(
              `${becoming.target}: no folder with named pipes can be made in /tmp there, to become ${user}`,
              `Is it full, or read-only? ${said()}`,
            ),
          );
        else if (word === words.up)
          finish(() => {
            terminal.listen({ stdout: () => undefined, stderr: () => undefined, closed: () => undefined });
            relay.write('\n').catch(() => undefined);
            resolve(both(relay, terminal));
          });
      },
      closed: () => fail(refusal()),
    });
    const onTerminal = follow(terminal, nonce, {
      word: (word) => {
        if (word === words.noUser) return fail(noSuchUser(becoming));
        if (word === words.absent) return fail(absent(becoming));
        if (word === words.noEcho) return fail(noStty(becoming));
        if (word === words.noTerminal) return fail(noTerminal(becoming, 'the host gives none', options.saidOnPipes));
        if ((word === words.hidden || word === words.ask) && isSent) return fail(askedAgain(becoming, said()));
        if (word === words.ask) isPrompted = true;
        if (word === words.hidden) isHidden = true;
        if (word === words.shown) isHidden = false;
        if (word === words.shown && isSent) clearTimeout(patience);
        tell();
      },
      text: (text) => {
        // Echo may have been on for too short a time to be seen.
        if (isSent && isHidden && text.trim() !== '') failLater(() => askedAgain(becoming, said()));
      },
      closed: (end) => {
        ended = end;
        // What its program said goes through the relay, which then ends.
        relay.end();
        failLater(refusal);
      },
    });
    relay.write(relayLine(nonce, folder)).catch(() => undefined);
  });
}

/** The relay as a channel, with which the terminal goes too. */
function both(relay: Channel, terminal: Channel): Channel {
  return {
    listen: relay.listen,
    write: relay.write,
    end: relay.end,
    destroy: () => {
      relay.destroy();
      terminal.destroy();
    },
  };
}
