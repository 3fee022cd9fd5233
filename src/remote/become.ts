import { randomBytes } from 'node:crypto';
import { TaskError } from '../values/errors.ts';
import { revealed } from '../values/secret.ts';
import { absent, askedAgain, type Becoming, endedEarly, noSuchUser, noTerminal, notLet, notTaken, tooLong, wantsPassword } from './become-errors.ts';
import { pipeLine, words } from './become-lines.ts';
import { becomeOnTerminal } from './become-terminal.ts';
import type { Channel, ChannelEnd, Link } from './channel.ts';
import { follow } from './follow.ts';
import type { PasswordTries } from './password-tries.ts';
import type { Become } from './session.ts';
import { execCommand } from './start.ts';

/** Where and with whom a dialogue about becoming goes on. */
export interface BecomeOptions {
  /** `deploy@web1 port 22`, for messages. */
  readonly target: string;
  /** Who logged in. */
  readonly login: string;
  /** Whom a password is shown to: the same for all connections to one host. */
  readonly host: string;
  /** Seconds for each dialogue. */
  readonly seconds: number;
  readonly tries: PasswordTries;
}

/**
 * Starts a waiting program (`waitForLine`) at the far end that is `become.user`'s.
 * @throws TaskError when the host does not let us; UnreachableError when the link is lost
 */
export async function startAs(link: Link, become: Become, options: BecomeOptions): Promise<Channel> {
  const becoming = { target: options.target, user: become.user, method: become.method ?? 'sudo' };
  const password = become.password === undefined ? undefined : revealed(become.password);
  if (!isUserName(become.user))
    throw new TaskError(`${JSON.stringify(become.user)} is not the name of a user`, 'Set become_user to a name as in /etc/passwd.');
  if (password === undefined) return await start(link, becoming, undefined, options);
  // On a terminal they would do something: end the input, delete what stands before.
  if (/[\u0000-\u001f\u007f]/.test(password))
    throw new TaskError(
      `the password for becoming ${become.user} holds a line break or another control character`,
      'It is read as one line: check become_password.',
    );
  return await options.tries.one(options.host, password, (shown) => {
    // sudo and doas can be told not to ask; su cannot.
    if (shown === undefined && becoming.method === 'su') return Promise.reject(wantsPassword(becoming, ''));
    return start(link, becoming, shown, options);
  });
}

/** On pipes, and where that does not do on a terminal. */
async function start(link: Link, becoming: Becoming, password: string | undefined, options: BecomeOptions): Promise<Channel> {
  // su asks everybody but root, and nowhere else.
  if (becoming.method === 'su' && options.login !== 'root') return await startOnTerminal(link, becoming, password, options, '');
  const onPipes = await becomeOnPipes(await link.exec(execCommand), becoming, password, link, options.seconds);
  if (!('refusal' in onPipes)) return onPipes;
  const { refusal } = onPipes;
  // Without a password doas would only ask for it; what sudo says (it speaks English, as it is told to) may spare us to try.
  if (password === undefined && (becoming.method === 'doas' || /password is required|authentication is required/i.test(refusal)))
    throw notLet(becoming, refusal, password);
  return await startOnTerminal(link, becoming, password, options, refusal);
}

/** @param said what was said on pipes, when that did not do */
async function startOnTerminal(link: Link, becoming: Becoming, password: string | undefined, options: BecomeOptions, said: string): Promise<Channel> {
  if (!link.execOnTerminal) throw noTerminal(becoming, 'this machine is reached without SSH', said);
  const [relay, terminal] = await Promise.allSettled([link.exec(execCommand), link.execOnTerminal(execCommand)]);
  if (relay.status === 'rejected') {
    if (terminal.status === 'fulfilled') terminal.value.destroy();
    throw relay.reason;
  }
  if (terminal.status === 'rejected') {
    relay.value.destroy();
    const lost = link.lost();
    if (lost !== undefined) throw endedEarly(becoming, {}, lost, '');
    throw noTerminal(becoming, terminal.reason instanceof Error ? terminal.reason.message : String(terminal.reason), said);
  }
  return await becomeOnTerminal(relay.value, terminal.value, {
    becoming,
    password,
    seconds: options.seconds,
    saidOnPipes: said,
    lost: link.lost,
  });
}

/** Becomes another user on pipes. @returns the channel, its program waiting again; or what was said when that did not do, where a terminal may. */
function becomeOnPipes(
  channel: Channel,
  becoming: Becoming,
  password: string | undefined,
  link: Link,
  seconds: number,
): Promise<Channel | { readonly refusal: string }> {
  const nonce = randomBytes(16).toString('hex');
  return new Promise((resolve, reject) => {
    let isOver = false;
    let isSent = false;
    // What the program itself says of it comes on another stream, maybe later: it is there when the program has ended.
    let refusedWith: (() => TaskError) | undefined;
    const timer = setTimeout(() => fail(refusedWith?.() ?? tooLong(becoming, seconds, isSent, said())), seconds * 1000);
    const finish = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      settle();
    };
    const fail = (error: Error): void =>
      finish(() => {
        channel.destroy();
        reject(error);
      });
    const refuse = (error: () => TaskError): void => {
      refusedWith ??= error;
      channel.end();
    };
    const closed = (end: ChannelEnd): void => {
      const lost = link.lost();
      if (lost !== undefined) return fail(endedEarly(becoming, end, lost, said()));
      if (refusedWith) return fail(refusedWith());
      if (end.code !== 1) return fail(endedEarly(becoming, end, undefined, said()));
      if (isSent) return fail(notTaken(becoming, said()));
      if (becoming.method === 'su') return fail(notLet(becoming, said(), password));
      finish(() => resolve({ refusal: said() }));
    };
    const said = follow(channel, nonce, {
      word: (word) => {
        if (isOver || refusedWith) return;
        if (word === words.up) finish(() => resolve(channel));
        else if (word === words.absent) refuse(() => absent(becoming));
        else if (word === words.noUser) refuse(() => noSuchUser(becoming));
        else if (word === words.ask) {
          if (password === undefined) return refuse(() => wantsPassword(becoming, said()));
          if (isSent) return refuse(() => askedAgain(becoming, said()));
          isSent = true;
          channel.write(`${password}\n`).catch(() => undefined);
        }
      },
      closed,
    });
    channel.write(pipeLine({ ...becoming, nonce, hasPassword: password !== undefined })).catch(() => undefined);
  });
}

/** Whether `name` can be a user's: no option of a command, no word of a shell. */
export function isUserName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,255}\$?$/.test(name);
}
