import { quote } from '../values/command.ts';
import { UnreachableError } from '../values/errors.ts';
import type { PinCheck } from './openssh-pin.ts';
import type { ConnectionSettings } from './session.ts';

/**
 * The arguments of the ssh that logs in and that others use by way of `socket`. What stands here counts more than any configuration: host keys are
 * checked strictly, nothing is forwarded, nothing is asked on a terminal, and no command is run on this machine.
 * @param through the socket of the bastion before the host
 * @param pins what judges the host's key by fingerprints
 * @throws UnreachableError for a path that cannot be said in ssh_config(5)
 */
export function masterWords(settings: ConnectionSettings, socket: string, through: string | undefined, pins?: PinCheck): readonly string[] {
  const { identityFile, agentSocket, hostKeyAlias, knownHostsFiles, openSsh, proxyJump } = settings;
  const files = knownHostsFiles.map(word).join(' ');
  const options: readonly string[] = [
    'ControlMaster=yes',
    `ControlPath=${word(socket)}`,
    'ControlPersist=no',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'VerifyHostKeyDNS=no',
    // It would write the key down under the address, whatever is said of strictness.
    'CheckHostIP=no',
    'NoHostAuthenticationForLocalhost=no',
    `UserKnownHostsFile=${files === '' ? '/dev/null' : files}`,
    'GlobalKnownHostsFile=/dev/null',
    ...(pins === undefined
      ? []
      : [
          `KnownHostsCommand=/bin/sh ${word(pins.script)} %I %f %H %t %K`,
          'FingerprintHash=sha256',
          `HostKeyAlgorithms=${pins.algorithms.join(',')}`,
        ]),
    // After the command for pins: what comes first counts.
    ...(openSsh?.off ?? []),
    ...(hostKeyAlias === undefined ? [] : [`HostKeyAlias=${hostKeyAlias}`]),
    ...(settings.password === undefined
      ? ['BatchMode=yes']
      : ['BatchMode=no', 'NumberOfPasswordPrompts=1', 'PreferredAuthentications=gssapi-with-mic,publickey,password,keyboard-interactive']),
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'Tunnel=no',
    'GSSAPIDelegateCredentials=no',
    'PermitLocalCommand=no',
    'RemoteCommand=none',
    'RequestTTY=no',
    `ConnectTimeout=${settings.connectTimeoutSeconds}`,
    'ServerAliveInterval=15',
    'ServerAliveCountMax=3',
    // Less, and it says nothing of algorithms that do not fit or of a host that hangs up.
    'LogLevel=INFO',
    `IdentityAgent=${agentSocket === undefined ? 'none' : word(agentSocket)}`,
    ...(identityFile === undefined ? [] : [`IdentityFile=${word(identityFile)}`, 'IdentitiesOnly=yes']),
    ...wayWords(through, proxyJump !== undefined),
  ];
  const configuration = openSsh === undefined ? ['-F', 'none'] : openSsh.file === undefined ? [] : ['-F', openSsh.file];
  const name = openSsh?.name ?? settings.host;
  return [...configuration, '-N', '-T', ...asOptions(options), '-p', String(settings.port), '-l', settings.user, '--', name];
}

/**
 * The arguments of an ssh that starts a program over the login of another. It connects to nothing itself, whatever has become of that.
 * @param on a terminal of the host: as ssh has none here the host is told to make one that shows nothing, and no byte that goes there is ssh's own to obey
 */
export function programWords(socket: string, command: string, on: 'pipes' | 'terminal' = 'pipes'): readonly string[] {
  return [...overWords(socket), ...(on === 'terminal' ? ['-tt', '-e', 'none'] : ['-T']), '--', 'host', command];
}

// Bastions are entered by homerun: ssh would give its own ProxyJump none of these options. ProxyCommand of the configuration counts where the inventory
// says nothing.
function wayWords(through: string | undefined, isSaid: boolean): readonly string[] {
  if (through === undefined) return isSaid ? ['ProxyCommand=none'] : [];
  const words = ['ssh', ...overWords(through)].map((text) => quote(text).replaceAll('%', '%%'));
  return [`ProxyCommand=${words.join(' ')} -W '[%h]:%p' -- bastion`];
}

function overWords(socket: string): readonly string[] {
  return ['-F', 'none', ...asOptions(['ControlMaster=no', `ControlPath=${word(socket)}`, 'ProxyCommand=false', 'BatchMode=yes', 'LogLevel=ERROR'])];
}

function asOptions(options: readonly string[]): readonly string[] {
  return options.flatMap((option) => ['-o', option]);
}

// One word of a value in ssh_config(5). There is no way to write a $ before {.
function word(path: string): string {
  if (/[\u0000-\u001f\u007f]|\$\{/.test(path))
    throw new UnreachableError(`OpenSSH cannot be given the file ${JSON.stringify(path)}`, 'Give it a name without control characters and ${.');
  return `"${path.replaceAll('%', '%%').replaceAll(/["\\]/g, '\\$&')}"`;
}
