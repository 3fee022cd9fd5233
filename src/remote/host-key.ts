import { UnreachableError } from '../values/errors.ts';
import { fingerprint, type KeyOwner, type KnownHost, type KnownHosts, keyType, knownHostName, parseKnownHosts, type Verdict } from './known-hosts.ts';
import { readFileWithin } from './read-file.ts';

/** The host whose key is judged. */
export interface Judged extends KeyOwner {
  /** The inventory name that `homerun trust` takes. */
  readonly name: string;
  /** The file that a person would add a key to. */
  readonly file: string;
  /** Fingerprints of its keys by the inventory; with them no other key is taken. */
  readonly hostKeys?: readonly string[];
}

/** What known_hosts files say of a key, and whether it has a fingerprint of the inventory; without `pin` the inventory has none. */
export interface HostKeyVerdict extends Verdict {
  readonly pin?: 'agrees' | 'differs';
}

/**
 * Reads known_hosts files, in order. One that does not exist is empty; one that cannot be read within `seconds` is an error, as it may revoke keys.
 * @throws UnreachableError
 */
export async function readKnownHosts(files: readonly string[], seconds: number): Promise<KnownHosts> {
  const all = await Promise.all(
    files.map(async (file) => {
      const text = await readFileWithin(file, seconds).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw new UnreachableError(
          `the known_hosts file ${file} cannot be read (${error.code ?? error.message})`,
          'No host can be trusted without it: make it a readable file.',
        );
      });
      return parseKnownHosts(text, file);
    }),
  );
  return { entries: all.flatMap((one) => one.entries), warnings: all.flatMap((one) => one.warnings) };
}

/** The error for a host key that could not be judged at all. */
export function uncheckedKeyError({ host, port }: Judged, why: unknown): UnreachableError {
  return new UnreachableError(
    `the host key of ${host} port ${port} could not be checked: ${why instanceof Error ? why.message : 'nobody knows why'}`,
    'This is a defect of homerun. Nothing was sent to the host.',
  );
}

/** The error for a host key that is not trusted. `warnings`: lines of known_hosts that were left out. */
export function hostKeyError(verdict: HostKeyVerdict, key: Buffer, judged: Judged, warnings: readonly string[] = []): UnreachableError {
  const where = `${judged.host} port ${judged.port}${judged.hostKeyAlias === undefined ? '' : ` (${judged.hostKeyAlias})`}`;
  const shown = `${keyType(key) ?? 'unknown type'} ${fingerprint(key)}`;
  const lines = verdict.entries.map(place).join(', ');
  if (verdict.verdict === 'revoked')
    return new UnreachableError(
      `the host key of ${where} is revoked: ${shown} (${lines})`,
      'Do not connect. Whoever revoked it knows why; the host needs a new key.',
    );
  if (verdict.pin === 'differs') return pinError(verdict, shown, where, judged);
  if (verdict.verdict === 'changed')
    return new UnreachableError(
      `the host key of ${where} has changed: it shows ${shown}, on record is ${onRecord(verdict)}${verdict.pin === 'agrees' ? '; the inventory gives the key that it shows' : ''}`,
      `Somebody may be listening in. If the host was set up anew: ${forget(verdict.entries, judged)}, then homerun trust ${judged.name}`,
    );
  return new UnreachableError(
    `the host key of ${where} is not known: ${shown}${lines === '' ? '' : `; certificates of hosts take ssh_transport: openssh, so that @cert-authority (${lines}) does not help`}${warnings.length === 0 ? '' : `; not understood: ${warnings.slice(0, 3).join(', ')}`}`,
    `Compare it with what the host itself says (on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then record it: homerun trust ${judged.name}${judged.hostKeyAlias === undefined ? ` (or: ssh-keyscan -p ${judged.port} ${judged.host} >>${judged.file})` : ''}`,
  );
}

function pinError(verdict: HostKeyVerdict, shown: string, where: string, { hostKeys = [] }: Judged): UnreachableError {
  const said = {
    trusted: `known_hosts has the key that it shows (${verdict.entries.map(place).join(', ')})`,
    changed: `on record is ${onRecord(verdict)}`,
  };
  return notPinnedError(where, shown, hostKeys, verdict.verdict === 'trusted' || verdict.verdict === 'changed' ? `; ${said[verdict.verdict]}` : '');
}

/** The error for a key that is none of the inventory. @param other what else is to be said of it */
export function notPinnedError(where: string, shown: string, hostKeys: readonly string[], other = ''): UnreachableError {
  return new UnreachableError(
    `the host key of ${where} is not the one of the inventory: it shows ${shown}, the inventory has ${hostKeys.join(', ')}${other}`,
    'Somebody may be listening in. If the host was set up anew, or the inventory has the fingerprint of a key of another type, write what the host itself says (on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub).',
  );
}

function onRecord({ entries }: Verdict): string {
  return entries.map((entry) => `${entry.type} ${fingerprint(entry.key)} (${place(entry)})`).join(', ');
}

/** The error for a host that offers no key of the types on record for it. */
export function hostKeyTypeError(entries: readonly KnownHost[], judged: Judged): UnreachableError {
  const types = [...new Set(entries.map((entry) => entry.type))].join(', ');
  return new UnreachableError(
    `the host key of ${judged.host} port ${judged.port} has changed: the host offers none of the types on record (${types}; ${entries.map(place).join(', ')})${types.includes('ssh-rsa') ? ', or signs with SHA-1 only' : ''}`,
    `Somebody may be listening in. If the host was set up anew: ${forget(entries, judged)}, then homerun trust ${judged.name}`,
  );
}

function place(entry: KnownHost): string {
  return `${entry.file}:${entry.line}`;
}

function forget(entries: readonly KnownHost[], judged: Judged): string {
  const files = [...new Set(entries.map((entry) => entry.file))];
  return files.map((file) => `ssh-keygen -R '${knownHostName(judged)}' -f ${file}`).join(' && ');
}
