import type { BecomeMethod } from '../values/become-method.ts';
import { TaskError, UnreachableError } from '../values/errors.ts';
import type { ChannelEnd } from './channel.ts';
import { plainText } from './plain-text.ts';

/** Who is to become whom, and how: for messages. */
export interface Becoming {
  /** `deploy@web1 port 22`. */
  readonly target: string;
  readonly user: string;
  readonly method: BecomeMethod;
}

/** A host did not take the password that it was shown. */
export class PasswordRefused extends TaskError {
  readonly #becoming: Becoming;

  constructor(becoming: Becoming, message: string, hint: string) {
    super(message, hint);
    this.#becoming = becoming;
  }

  /** For whoever would have shown it again. */
  again(): PasswordRefused {
    const { target, user } = this.#becoming;
    return new PasswordRefused(
      this.#becoming,
      `${target}: the password was refused there when it was tried for ${user}, and is not tried again in this run`,
      'Correct become_password (or what -K was given), and run again.',
    );
  }
}

/** What a host said, for the end of a hint. */
export function quoted(said: string): string {
  const text = plainText(said);
  return text === '' ? '' : ` The host says: ${text}`;
}

/** Whose password it is that one is asked for. */
function whose({ method, user }: Becoming): string {
  if (method === 'su') return `It is that of ${user} there, not that of the user who logs in.`;
  if (method === 'doas') return 'It is that of the user who logs in.';
  return 'It is that of the user who logs in, unless sudoers there says targetpw or rootpw.';
}

/** How `method` lets somebody in without one. */
const without: Readonly<Record<BecomeMethod, string>> = {
  sudo: 'allow it without one in sudoers there (NOPASSWD)',
  su: 'log in as that user',
  doas: 'allow it without one in doas.conf there (nopass)',
};

/** What shows whether somebody may become whom. */
const whoMay: Readonly<Record<BecomeMethod, string>> = {
  sudo: 'See `sudo -l` there: a rule must let this user run ALL, or /bin/sh, as that one.',
  su: 'See /etc/pam.d/su and /etc/shells there, and whether that account is locked, has expired, or has a shell.',
  doas: 'See /etc/doas.conf there: a rule must permit this user to become that one, for any command.',
};

export function wantsPassword(becoming: Becoming, said: string): TaskError {
  const { target, method, user } = becoming;
  return new TaskError(
    `${target}: ${method} wants a password to become ${user}`,
    `Give it (become_password, or -K), or ${without[method]}. ${whose(becoming)}${quoted(said)}`,
  );
}

/** It was shown, and asked for again. */
export function askedAgain(becoming: Becoming, said: string): PasswordRefused {
  const { target, method, user } = becoming;
  return new PasswordRefused(
    becoming,
    `${target}: ${method} does not take the password for becoming ${user}: it asks again`,
    `It was tried once, and is not again in this run. Check become_password. ${whose(becoming)} A second question (a one-time code) is not answered.${quoted(said)}`,
  );
}

/** It was shown, and that was the end. */
export function notTaken(becoming: Becoming, said: string): TaskError {
  const { target, method, user } = becoming;
  // sudo judges whom it lets do what when it knows who that is: then the password was right. It speaks English, as it is told to.
  if (method === 'sudo' && /not in the sudoers|is not allowed to|may not run/.test(said))
    return new TaskError(`${target}: sudo does not let this user become ${user}`, `The password is right. ${whoMay.sudo}${quoted(said)}`);
  return new PasswordRefused(
    becoming,
    `${target}: ${method} does not take the password, or does not let this user become ${user}`,
    `It was tried once, and is not again in this run. Check become_password. ${whose(becoming)} ${whoMay[method]}${quoted(said)}`,
  );
}

/** It ended without a question. */
export function notLet(becoming: Becoming, said: string, password: string | undefined): TaskError {
  const { target, method, user } = becoming;
  if (password === undefined && /required/i.test(said)) return wantsPassword(becoming, said);
  return new TaskError(`${target}: ${method} does not let this user become ${user}`, `${whoMay[method]}${quoted(said)}`);
}

export function absent({ target, method, user }: Becoming): TaskError {
  const others = { sudo: 'doas or su', doas: 'sudo or su', su: 'sudo or doas' };
  return new TaskError(
    `${target}: there is no ${method}, so this user cannot become ${user}`,
    `Install ${method} there, set become_method to ${others[method]} if that is there, or log in as root (ssh_user: root).`,
  );
}

/** Without it a password might be written to a terminal that shows it. */
export function noStty({ target, method, user }: Becoming): TaskError {
  return new TaskError(
    `${target}: there is no stty, so it cannot be seen when ${method} asks for the password to become ${user}`,
    `Install it there (coreutils or BusyBox), or ${without[method]}.`,
  );
}

export function noSuchUser({ target, user }: Becoming): TaskError {
  return new TaskError(`${target}: there is no user ${user}`, 'Create it first, or check become_user.');
}

/** A question on the terminal that is not sudo's own. */
export function otherQuestion({ target, user }: Becoming, said: string): TaskError {
  return new TaskError(
    `${target}: sudo asks for something else than the password to become ${user}, and gets no answer`,
    `If it is the password that is asked for, set "Defaults passprompt_override" in sudoers there; a one-time code cannot be given.${quoted(said)}`,
  );
}

/** @param wasShown the password was */
export function tooLong(becoming: Becoming, seconds: number, wasShown: boolean, said: string): TaskError {
  const { target, user, method } = becoming;
  const message = `${target}: becoming ${user} took longer than ${seconds} s`;
  const hint = `${method} may be asking for something that is no password (a one-time code cannot be given), or be waiting for a server of accounts; more time: ssh_timeout.${quoted(said)}`;
  return wasShown ? new PasswordRefused(becoming, message, hint) : new TaskError(message, hint);
}

/** What was to be the new user's shell ended before it was of use. */
export function endedEarly({ target, user }: Becoming, end: ChannelEnd, lost: string | undefined, said: string): Error {
  if (lost !== undefined) return new UnreachableError(`${target}: the connection was lost: ${lost}`);
  const how = end.code === undefined ? 'the channel was closed' : `exit code ${end.code}`;
  return new TaskError(`${target}: cannot become ${user} (${how})`, `Can ${user} run a shell there?${quoted(said)}`);
}

/** Neither pipes nor a terminal do. */
export function noTerminal({ target, user, method }: Becoming, why: string, said: string): TaskError {
  return new TaskError(
    `${target}: ${method} there wants a terminal to become ${user}, and there is none: ${why}`,
    `Allow one (PermitTTY in sshd_config, no "no-pty" in authorized_keys), or ${without[method]}${method === 'sudo' ? ', and take "Defaults requiretty" out' : ''}.${quoted(said)}`,
  );
}
