import { hostRows } from './environments-host.ts';
import { loginRows } from './environments-login.ts';

/** A host, or an account on it, that is not as one expects. */
export interface Environment {
  readonly name: string;
  /** A run works there, and a second one changes nothing; or what is said of it, hint and all. */
  readonly comes: 'works' | RegExp;
  /** Login shell; default bash. */
  readonly shell?: string;
  /** Files of the home folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** The path of the home folder; default: below /home. */
  readonly home?: string;
  /** Lines of sshd_config for this user. */
  readonly sshd?: readonly string[];
  /** The fields of the account's password; default: none that could be used. */
  readonly shadow?: string;
  /** Lines of sh, done by root before the host starts; `$home` and `$user` are set. */
  readonly setUp?: string;
  /** Lines of sh, done by root in name spaces of its own (mounts, host name) at each login; the account is root's then. */
  readonly inside?: string;
  /** Who works in these name spaces; default root. A command that runs another. */
  readonly as?: string;
  /** Where files are written; default the home folder. */
  readonly place?: string;
  /** Lines of sh that undo what is wrong, done by root, where that is more than to give the account what others have. */
  readonly mend?: string;
}

export const allEnvironments: readonly Environment[] = [...loginRows, ...hostRows];

/** All, or those that HOMERUN_ENVIRONMENTS names, one a line. */
export const environments: readonly Environment[] = chosen(process.env['HOMERUN_ENVIRONMENTS']);

function chosen(names: string | undefined): readonly Environment[] {
  return names === undefined ? allEnvironments : allEnvironments.filter(({ name }) => names.split('\n').includes(name));
}
