import { UnreachableError } from '../values/errors.ts';
import type { Hop } from './jump.ts';
import { plainText } from './plain-text.ts';

/**
 * Why there is no connection. `closed`: before any login was tried; `silent`: even before the server named itself. `flood`: it sends without end what nobody
 * asked for.
 */
export class SshFailure extends Error {
  readonly kind: 'silent' | 'closed' | 'timeout' | 'algorithms' | 'host-key' | 'login' | 'protocol' | 'flood' | 'aborted';
  /** What the host shows to whoever logs in. */
  readonly banner: string;

  constructor(kind: SshFailure['kind'], message: string, banner = '') {
    super(message);
    this.name = 'SshFailure';
    this.kind = kind;
    this.banner = banner;
  }
}

/** The host hung up before it said anything: worth another try. `reason` is what to say when that fails as well. */
export class Hangup extends Error {
  readonly reason: UnreachableError;

  constructor(reason: UnreachableError) {
    super(reason.message);
    this.reason = reason;
  }
}

/** What to do, whichever of the two speaks SSH. */
export const hints = {
  notSsh: 'Is it sshd that listens there? Compare with `ssh -v`.',
  hungUp:
    'Is it sshd that listens there? It may refuse this address for a while after failed logins (PerSourcePenalties, fail2ban), or have too many logins at once (MaxStartups).',
  closed: 'Look into the log of sshd there (journalctl -u ssh).',
  password: (user: string): string =>
    `Is the password right, and may ${user} log in with one (PasswordAuthentication, PermitRootLogin)? It was tried once only: hosts bar who fails too often.`,
};

/**
 * Why there is no SSH connection to `hop`, and what to do.
 * @param seconds that handshake and login were given
 * @param tried what was tried to log in, what the host takes, and whether keys and a password were tried
 */
export function describeFailure(
  error: SshFailure,
  hop: Pick<Hop, 'user' | 'host' | 'port'>,
  seconds: number,
  tried: { readonly report: string; readonly taken: readonly string[]; readonly keys: boolean; readonly password: boolean },
): UnreachableError | Hangup {
  const where = `${hop.host} port ${hop.port}`;
  const said = plainText(error.message);
  switch (error.kind) {
    case 'silent':
      return new Hangup(new UnreachableError(`${where} hung up before it said anything`, hints.hungUp));
    case 'timeout':
      return new UnreachableError(
        `${where}: ${said} took longer than ${seconds} s`,
        'Is it sshd that listens there? Is the host under heavy load, hung, or is something on the way that swallows what it says? ssh_timeout gives it more seconds.',
      );
    case 'algorithms':
      return new UnreachableError(
        `${where}: there is no common way to encrypt (${said})`,
        'The host offers only outdated or only very new algorithms: compare with `ssh -v`, and see Ciphers, MACs, KexAlgorithms and HostKeyAlgorithms in its sshd_config. Very new ones (post-quantum key exchange) take ssh_transport: openssh.',
      );
    case 'login':
      return new UnreachableError(
        `${where} does not let ${hop.user} in: ${tried.report}${said.includes('authentication methods failed') ? '' : ` (${said})`}`,
        [
          tried.password && hints.password(hop.user),
          tried.keys &&
            `Is the public key in ~${hop.user}/.ssh/authorized_keys there, and can nobody else write to that folder? If only certificates or hardware keys (FIDO) are taken: ssh_transport: openssh.`,
          beyondSsh2(tried.taken),
          'Is ssh_user right?',
          error.banner.trim() !== '' && `The host says: ${plainText(error.banner)}`,
        ]
          .filter((one) => one !== false)
          .join(' '),
      );
    case 'aborted':
      return new UnreachableError(`connecting to ${where} was interrupted`);
    case 'closed':
      return new UnreachableError(`${where} closed the connection during the SSH handshake (${said})`, hints.closed);
    case 'flood':
      return new UnreachableError(`${where} was left: ${said}`, hints.notSsh);
    case 'host-key':
    case 'protocol':
      break;
  }
  return new UnreachableError(`${where} does not speak SSH as expected: ${said}`, hints.notSsh);
}

const ways = ['publickey', 'password', 'keyboard-interactive'];

/** What to do about ways to log in that ssh2 does not know. */
function beyondSsh2(taken: readonly string[]): string | false {
  if (taken.length > 0 && !taken.some((way) => ways.includes(way)))
    return `The host takes ${plainText(taken.join(', '), 100)} only: for Kerberos (gssapi-with-mic) and the like there is ssh_transport: openssh.`;
  return taken.includes('gssapi-with-mic') && 'The host takes Kerberos too (gssapi-with-mic), for which there is ssh_transport: openssh.';
}
