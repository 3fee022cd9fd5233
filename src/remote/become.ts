import { randomBytes } from 'node:crypto';
import { quote } from '../values/command.ts';
import { TaskError, UnreachableError } from '../values/errors.ts';
import { revealed } from '../values/secret.ts';
import type { Channel, ChannelEnd } from './channel.ts';
import { plainText } from './plain-text.ts';
import type { Become } from './session.ts';
import { waitForLine } from './start.ts';
import { oneLine } from './words.ts';

/** What a host says of becoming somebody, each as a line `NONCE WORD` on standard output. */
const words = {
  up: 'up',
  needsPassword: 'password',
  refused: 'refused',
  noSudo: 'nosudo',
  noUser: 'nouser',
} as const;

/**
 * The line for a waiting program that makes it `user`'s. `sudo -n` comes first; a password is asked of us only when that is refused, so
 * that it never reaches a shell that did not want it. It is tried once with an input that ends after it (sudo asks three times else),
 * then used (and `cat` does not keep the whole alive when the shell has ended). sudo's own prompts and messages are only shown: success is
 * the nonce, printed by the new user's shell; the nonce on standard error parts what the first sudo said from the second. Root without sudo uses su.
 */
export function becomeLine(user: string, nonce: string): string {
  const inner = `printf '%s ${words.up}\\n' ${nonce}; ${waitForLine}`;
  const say = (word: string): string => `printf '%s ${word}\\n' ${nonce}`;
  return `homerun:${oneLine(`
    export LC_ALL=C;
    PATH="\${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    homerun_user=${quote(user)};
    homerun_inner=${quote(inner)};
    homerun_sudo() { sudo "$@" -H -u "$homerun_user" -- /bin/sh -c "$homerun_inner"; };
    if ! command -v sudo >/dev/null 2>&1; then
      [ "$(id -u)" = 0 ] || { ${say(words.noSudo)}; exit 0; };
      id -u "$homerun_user" >/dev/null 2>&1 || { ${say(words.noUser)}; exit 0; };
      exec su -s /bin/sh "$homerun_user" -c "$homerun_inner";
    fi;
    homerun_sudo -n; homerun_rc=$?; [ $homerun_rc = 1 ] || exit $homerun_rc;
    id -u "$homerun_user" >/dev/null 2>&1 || { ${say(words.noUser)}; exit 0; };
    printf '%s\\n' ${nonce} >&2;
    ${say(words.needsPassword)};
    IFS= read -r homerun_password || exit 0;
    printf '%s\\n' "$homerun_password" | sudo -k -S -p '' -H -u "$homerun_user" -- /bin/sh -c : || { ${say(words.refused)}; exit 0; };
    { printf '%s\\n' "$homerun_password"; homerun_password=; exec cat; } | { homerun_sudo -k -S -p ''; kill $$; }
  `)}\n`;
}

/** Where and with whom a dialogue about becoming goes on. */
export interface BecomeOptions {
  /** `deploy@web1 port 22`, for messages. */
  readonly target: string;
  /** Seconds for the whole dialogue. */
  readonly seconds: number;
  lost(): string | undefined;
}

/**
 * Makes the waiting program at the far end of `channel` one of `become.user`, waiting again.
 * @throws TaskError when the host does not let us; UnreachableError when the link is lost
 */
export function becomeUser(channel: Channel, become: Become, options: BecomeOptions): Promise<void> {
  const { user } = become;
  const nonce = randomBytes(16).toString('hex');
  const password = become.password === undefined ? undefined : revealed(become.password);
  if (!isUserName(user))
    return Promise.reject(new TaskError(`${JSON.stringify(user)} is not the name of a user`, 'Set become_user to a name as in /etc/passwd.'));
  if (password !== undefined && /[\n\r\0]/.test(password)) {
    return Promise.reject(new TaskError(`the password for becoming ${user} holds a line break`, 'sudo reads one line: check become_password.'));
  }
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    let asked = false;
    let finished = false;
    // What sudo itself says of it comes on another stream, maybe later: it is there when the program has ended.
    let refusedWith: (() => TaskError) | undefined;
    const timer = setTimeout(
      () =>
        fail(
          refusedWith?.() ??
            new TaskError(
              `${options.target}: becoming ${user} took longer than ${options.seconds} s`,
              `sudo may be waiting for something that is no password.${said()}`,
            ),
        ),
      options.seconds * 1000,
    );
    const refuse = (error: () => TaskError): void => {
      refusedWith ??= error;
      channel.end();
    };
    const finish = (): boolean => {
      if (finished) return false;
      finished = true;
      clearTimeout(timer);
      return true;
    };
    const fail = (error: Error): void => {
      if (!finish()) return;
      channel.destroy();
      reject(error);
    };
    const said = (part = -1): string => {
      const text = err.split(nonce).at(part)?.trim();
      return text ? ` The host says: ${plainText(text)}` : '';
    };
    const nextWord = (): string | undefined => {
      const at = out.indexOf(nonce);
      const end = at < 0 ? -1 : out.indexOf('\n', at);
      if (end < 0) return undefined;
      const word = out.slice(at + nonce.length + 1, end);
      out = out.slice(end + 1);
      return word;
    };
    const answer = (word: string): void => {
      if (finished || refusedWith) return;
      if (word === words.up) {
        if (finish()) resolve();
      } else if (word === words.needsPassword && !asked) {
        asked = true;
        if (password === undefined)
          return refuse(
            () =>
              new TaskError(
                `${options.target}: sudo wants a password to become ${user}`,
                `Give it (become_password, or --ask-become-pass), or allow it without one in sudoers.${said(0)}`,
              ),
          );
        channel.write(`${password}\n`).catch(() => undefined);
      } else if (word === words.refused) refuse(() => refusal(word, user, options.target, said()));
      else fail(refusal(word, user, options.target, said()));
    };
    channel.listen({
      stdout(chunk) {
        out = (out + chunk.toString('latin1')).slice(-8192);
        for (let word = nextWord(); word !== undefined; word = nextWord()) answer(word);
      },
      stderr(chunk) {
        err = (err + chunk.toString('utf8')).slice(-4096);
      },
      closed: (end) => fail(refusedWith?.() ?? ended(end, user, options, said())),
    });
    channel.write(becomeLine(user, nonce)).catch(() => undefined);
  });
}

/** Whether `name` can be a user's: no option of a command, no word of a shell. */
export function isUserName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,255}\$?$/.test(name);
}

function refusal(word: string, user: string, target: string, said: string): TaskError {
  if (word === words.noSudo)
    return new TaskError(
      `${target}: there is no sudo, so this user cannot become ${user}`,
      'Install sudo there, or log in as root (ssh_user: root).',
    );
  if (word === words.noUser) return new TaskError(`${target}: there is no user ${user}`, 'Create it first, or check become_user.');
  if (word === words.refused)
    return new TaskError(
      `${target}: sudo does not take the password, or does not let this user become ${user}`,
      `It was tried once and not again. Check become_password, and \`sudo -l\` there.${said}`,
    );
  return new TaskError(`${target}: becoming ${user} failed`, `The host does not keep to the protocol.${said}`);
}

function ended(end: ChannelEnd, user: string, options: BecomeOptions, said: string): Error {
  const lost = options.lost();
  if (lost !== undefined) return new UnreachableError(`${options.target}: the connection was lost: ${lost}`);
  const how = end.code === undefined ? 'the channel was closed' : `exit code ${end.code}`;
  return new TaskError(`${options.target}: cannot become ${user} (${how})`, `Can ${user} run a shell there?${said}`);
}
