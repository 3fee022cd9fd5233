import { UnreachableError } from '../values/errors.ts';
import { askedAgain } from './askpass.ts';
import { notPinnedError } from './host-key.ts';
import { knownHostName } from './known-hosts.ts';
import { notPinned } from './openssh-pin.ts';
import { plainText } from './plain-text.ts';
import type { ConnectionSettings } from './session.ts';
import { Hangup } from './ssh-errors.ts';

/** How an ssh that should have logged in ended. */
export interface SshEnd {
  /** What it wrote to standard error. */
  readonly said: string;
  /** Its time was up, and it was ended. */
  readonly isLate: boolean;
}

/** Why OpenSSH did not log in, and what to do. */
export function describeEnd(end: SshEnd, settings: ConnectionSettings): UnreachableError | Hangup {
  const { host, port, user, name } = settings;
  const where = `${host} port ${port}`;
  // Without frames, and without what ssh says of its question to `checkPins`: that has spoken.
  const said = plainText(end.said.replaceAll(/^[@\s]*@$|^.*\bKnownHostsCommand\b.*$/gm, ''), 400);
  const saying = (what: string, hint: string): UnreachableError => new UnreachableError(`${what} (ssh: ${said})`, hint);
  if (end.said.includes(askedAgain) || (settings.password !== undefined && /Permission denied/.test(said)))
    return new UnreachableError(
      `${where} does not let ${user} in: it does not take the password, nor a key if there is one`,
      `Is the password right, and may ${user} log in with one (PasswordAuthentication, PermitRootLogin)? It was tried once only: hosts bar who fails too often.`,
    );
  if (end.isLate || /timed out/i.test(said))
    return new UnreachableError(
      `${where}: connecting and logging in took longer than ${settings.connectTimeoutSeconds} s${said === '' ? '' : ` (ssh: ${said})`}`,
      'Is the host switched on, does sshd listen there, and does a key wait to be touched? ssh_timeout gives it more seconds.',
    );
  if (settings.hostKeys && /Bad configuration option: knownhostscommand/i.test(said))
    return saying(
      `${where}: the ssh of this machine cannot compare fingerprints of host keys (ssh_host_key): it is older than OpenSSH 8.5`,
      `Install a newer one; or take ssh_host_key away, and record the key: homerun trust ${name}`,
    );
  const shown = end.said.split(notPinned)[1]?.trim().split(/\s+/).slice(0, 2).join(' ');
  if (settings.hostKeys && shown !== undefined) return notPinnedError(where, plainText(shown, 200), settings.hostKeys);
  // In this order: what ssh says of a host's key comes before what follows from it.
  if (/revoked/i.test(said) && /key/i.test(said))
    return saying(`the host key of ${where} is revoked`, 'Do not connect. Whoever revoked it knows why; the host needs a new key.');
  if (/HOST IDENTIFICATION HAS CHANGED|host key .*has changed/i.test(said)) {
    const file = settings.knownHostsFiles[0] ?? '~/.ssh/known_hosts';
    return saying(
      `the host key of ${where} has changed`,
      `Somebody may be listening in. If the host was set up anew: ssh-keygen -R '${knownHostName(settings)}' -f ${file}, then homerun trust ${name}`,
    );
  }
  if (/strict checking|Host key verification failed/i.test(said))
    return saying(
      `the host key of ${where} is not known`,
      `Compare it with what the host itself says (on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then record it: homerun trust ${name}`,
    );
  if (/no matching .*found/i.test(said))
    return saying(
      `${where}: there is no common way to encrypt`,
      'Compare with `ssh -v`, and see Ciphers, MACs, KexAlgorithms and HostKeyAlgorithms there and here.',
    );
  if (/Permission denied|Too many authentication failures/i.test(said))
    return saying(
      `${where} does not let ${user} in`,
      `Is the public key or certificate accepted there (~${user}/.ssh/authorized_keys, TrustedUserCAKeys)? Is the key encrypted: then let ssh-agent hold it (ssh-add). Is ssh_user right?`,
    );
  if (/stdio forwarding failed|open failed/i.test(said))
    return saying(`the bastion before it cannot connect to ${where}`, `Try there: ssh ${host} -p ${port}. Does its sshd allow AllowTcpForwarding?`);
  if (/invalid format|Bad packet length|message authentication code incorrect|\bDisconnecting /i.test(said))
    return saying(`${where} does not speak SSH as expected`, 'Is it sshd that listens there? Compare with `ssh -v`.');
  if (/kex_exchange_identification|banner exchange/i.test(said))
    return new Hangup(
      saying(
        `${where} hung up`,
        'Is it sshd that listens there? It may refuse this address for a while after failed logins (PerSourcePenalties, fail2ban), or have too many logins at once (MaxStartups).',
      ),
    );
  // Maybe while logging in: that is not tried again.
  if (/Connection (closed|reset) by|Connection to .* closed|Disconnected from|Broken pipe/i.test(said))
    return saying(`${where} closed the connection before the login was done`, 'Look into the log of sshd there (journalctl -u ssh).');
  return saying(
    `${where} cannot be reached`,
    'Try ssh -v with the same name: is the host switched on, its name or address right (ssh_host, ssh_port), and sshd running?',
  );
}
