import { UnreachableError } from '../values/errors.ts';
import { asked, askedAgain } from './askpass.ts';
import { notPinnedError } from './host-key.ts';
import { knownHostName } from './known-hosts.ts';
import { notPinned, revokedPin } from './openssh-pin.ts';
import type { SshWords } from './openssh-program.ts';
import { plainText } from './plain-text.ts';
import type { ConnectionSettings } from './session.ts';
import { Hangup, hints } from './ssh-errors.ts';

/** How an ssh that should have logged in ended. */
export interface SshEnd extends SshWords {
  /** Its time was up, and it was ended. */
  readonly isLate: boolean;
}

/** Why OpenSSH did not log in, and what to do. It is judged by ssh's own sentences: a host can say whatever it likes in its banner. */
export function describeEnd(end: SshEnd, settings: ConnectionSettings): UnreachableError | Hangup {
  const { host, port, user } = settings;
  const where = `${host} port ${port}`;
  const saying = sayingOf(end);
  // Then it has come so far, and ssh has logged what the host has shown with the question.
  const isAsked = settings.password !== undefined && end.others.includes(asked);
  const own = ownLines(end.own, isAsked);
  const last = own.at(-1) ?? '';
  const isDenied = denied.test(last);
  if (settings.password !== undefined && (isDenied || end.others.includes(askedAgain)))
    return new UnreachableError(`${where} does not let ${user} in: it does not take the password, nor a key if there is one`, hints.password(user));
  if (isDenied || /^Received disconnect from .*: Too many authentication failures/.test(last))
    return saying(
      `${where} does not let ${user} in`,
      `Is the public key or certificate accepted there (~${user}/.ssh/authorized_keys, TrustedUserCAKeys)? Is the key encrypted: then let ssh-agent hold it (ssh-add). Is ssh_user right?`,
    );
  if (end.isLate || /^(ssh: connect to host|Connection|banner exchange:|ssh_dispatch_run_fatal:) .*timed out/.test(last)) {
    const said = shownOf(end);
    return new UnreachableError(
      `${where}: connecting and logging in took longer than ${settings.connectTimeoutSeconds} s${said === '' ? '' : ` (ssh: ${said})`}`,
      'Is the host switched on, does sshd listen there, and does a key wait to be touched? ssh_timeout gives it more seconds.',
    );
  }
  if (last === 'Host key verification failed.' || last.startsWith('KnownHostsCommand ')) return aboutHostKey(end, own, settings);
  if (settings.hostKeys && own.length === 0 && /Bad configuration option: knownhostscommand/i.test(end.others))
    return saying(
      `${where}: the ssh of this machine cannot compare fingerprints of host keys (ssh_host_key): it is older than OpenSSH 8.5`,
      `Install a newer one; or take ssh_host_key away, and record the key: homerun trust ${settings.name}`,
    );
  if (!isAsked && /^Unable to negotiate with .*: no matching .*found/.test(last))
    return saying(
      `${where}: there is no common way to encrypt`,
      'Compare with `ssh -v`, and see Ciphers, MACs, KexAlgorithms and HostKeyAlgorithms there and here.',
    );
  const isBeforeKeys = !isAsked && own.some((line) => /^((kex|ssh)_exchange_identification|banner exchange): /.test(line));
  // The ssh that goes by way of the bastion says so. The host itself cannot have said anything yet.
  if (isBeforeKeys && /stdio forwarding failed|open failed/i.test(end.others))
    return saying(`the bastion before it cannot connect to ${where}`, `Try there: ssh ${host} -p ${port}. Does its sshd allow AllowTcpForwarding?`);
  if (
    !isAsked &&
    own.some((line) => /^(banner exchange|ssh_dispatch_run_fatal): .*(invalid format|code incorrect)|^Bad packet length|^Disconnecting /.test(line))
  )
    return saying(`${where} does not speak SSH as expected`, hints.notSsh);
  if (isBeforeKeys) return new Hangup(saying(`${where} hung up`, hints.hungUp));
  // Maybe while logging in: that is not tried again. Right after the login ssh does not log it.
  if (
    /^(Connection (closed|reset) by|Disconnected from|Received disconnect from) |Broken pipe$/.test(last) ||
    (last === '' && closedLate.test(end.others))
  )
    return saying(`${where} closed the connection before the login was done`, hints.closed);
  return saying(
    `${where} cannot be reached`,
    'Try ssh -v with the same name: is the host switched on, its name or address right (ssh_host, ssh_port), and sshd running?',
  );
}

const closedLate = /^Connection to .* closed by remote host\.\r?$/m;

/** Before a host's key is known to be right it gets no chance to show a banner. */
function aboutHostKey(end: SshEnd, own: readonly string[], settings: ConnectionSettings): UnreachableError {
  const { host, port, name } = settings;
  const where = `${host} port ${port}`;
  const saying = sayingOf(end);
  const isSaid = (pattern: RegExp): boolean => own.some((line) => pattern.test(line));
  const shown = end.others.split(notPinned)[1]?.trim().split(/\s+/).slice(0, 2).join(' ');
  if (settings.hostKeys && shown !== undefined) return notPinnedError(where, plainText(shown, 200), settings.hostKeys);
  // In this order: what is revoked may have changed as well.
  if (isSaid(/REVOKED HOST KEY|is marked as revoked|revoked by file/) || (settings.hostKeys && revokedPin.test(end.others)))
    return saying(`the host key of ${where} is revoked`, 'Do not connect. Whoever revoked it knows why; the host needs a new key.');
  if (isSaid(/HOST IDENTIFICATION HAS CHANGED|^Host key for .* has changed/)) {
    const file = settings.knownHostsFiles[0] ?? '~/.ssh/known_hosts';
    return saying(
      `the host key of ${where} has changed`,
      `Somebody may be listening in. If the host was set up anew: ssh-keygen -R '${knownHostName(settings)}' -f ${file}, then homerun trust ${name}`,
    );
  }
  return saying(
    `the host key of ${where} is not known`,
    `Compare it with what the host itself says (on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then record it: homerun trust ${name}`,
  );
}

const denied = /^.*@.*: Permission denied \(/;

/** The lines of ssh's log. Where a sentence ends with words of the host these may go on in lines that look like ssh's: what follows is left out. */
function ownLines(log: string, isAsked: boolean): readonly string[] {
  const lines = log.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const withWords = [denied, /^Received disconnect from /, ...(isAsked ? [] : [/^Unable to negotiate with .* Their offer: /])];
  const foreign = lines.findIndex((line) => withWords.some((pattern) => pattern.test(line)));
  return foreign < 0 ? lines : lines.slice(0, foreign + 1);
}

// Without frames, and without what ssh says of its question to `checkPins`: that has spoken.
function shownOf({ own, others }: SshWords): string {
  return plainText(`${others.replaceAll(asked, '')}\n${own}`.replaceAll(/^[@\s]*@$|^.*\bKnownHostsCommand\b.*$/gm, ''), 400);
}

function sayingOf(end: SshWords): (what: string, hint: string) => UnreachableError {
  return (what, hint) => new UnreachableError(`${what} (ssh: ${shownOf(end)})`, hint);
}
