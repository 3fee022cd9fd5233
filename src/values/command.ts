import { Secret, type Text } from './secret.ts';
import type { Stream } from './stream.ts';

/**
 * Something to run on a host, as data: POSIX sh text in which every argument is already quoted, and what goes to its standard input.
 * Nothing secret can stand in `script`: `sh` refuses it. The shell's own argument list never holds the script (it is sent as input).
 */
export interface Command {
  /** POSIX sh; runs in a subshell of its own, with LC_ALL=C. It is what verbose output shows. */
  readonly script: string;
  /**
   * Standard input, byte for byte; empty when absent. A script whose input is a stream must see by itself whether all of it came (a digest): the link may
   * break while it is being sent. Such a script reads all, or ends.
   */
  readonly stdin?: Text | Uint8Array | Stream;
  /** Exit codes that mean success. Default [0]. */
  readonly okCodes?: readonly number[];
  /** Seconds, 1–86400; after that the command is killed and the task fails. Default 300. */
  readonly timeoutSeconds?: number;
  /** The command must not be cut by a lost link (package manager, image pull): it goes on, its output kept on the host until it is fetched. */
  readonly detached?: true;
}

/**
 * The exit code of a script that knows what went wrong, and says it in the last line of its standard error. Its other lines are then only quoted:
 * no cause is read out of them.
 */
export const explainsItself = 90;

/** What a command left: its exit code and both streams, decoded as UTF-8 (a wrong byte becomes U+FFFD). */
export interface Output {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A piece of sh that is put into `sh` as it is: made by `raw`, or another command. */
export interface Raw {
  readonly raw: string;
}

/** Marks `text` as sh to be taken verbatim by `sh`; the one way around quoting, so look at each use. */
export function raw(text: string): Raw {
  return { raw: text };
}

export type Argument = string | number | Raw | readonly (string | number)[];

/**
 * Builds a command: each interpolated value becomes one quoted word (a list: several), `raw(…)` stays as it is.
 * @throws TypeError for a NUL character or a Secret: neither can be an argument.
 * @example sh`systemctl restart ${unit}`
 */
export function sh(strings: TemplateStringsArray, ...values: readonly Argument[]): Command {
  const script = strings.map((text, index) => text + word(values, index)).join('');
  return { script };
}

function word(values: readonly Argument[], index: number): string {
  const value = values[index];
  if (value === undefined) {
    if (index < values.length) throw new TypeError('undefined cannot be an argument of a command');
    return '';
  }
  // A number is made text here, and nothing else is: a Secret, which types cannot keep out of a value's hands, must reach `quote` as one.
  const one = (item: string | number): string => quote(typeof item === 'number' ? String(item) : item);
  if (typeof value !== 'object' || (value as unknown) instanceof Secret) return one(value as string | number);
  return 'raw' in value ? value.raw : value.map(one).join(' ');
}

/**
 * One word for a POSIX shell (XCU 2.2.2): single quotes around everything, unless it is plainly safe.
 * @throws TypeError when `text` holds a NUL character, which no argument can carry, or is a Secret.
 */
export function quote(text: string): string {
  if ((text as unknown) instanceof Secret) throw new TypeError('a secret cannot be an argument of a command: send it on standard input');
  if (text.includes('\0')) throw new TypeError('a NUL character cannot be an argument of a command');
  return /^[A-Za-z0-9_@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The same command with `text` on its standard input. */
export function withStdin(command: Command, stdin: Text | Uint8Array): Command {
  return { ...command, stdin };
}
