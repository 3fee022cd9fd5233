import { readFile } from 'node:fs/promises';
import { UnreachableError } from '../values/errors.ts';
import { fingerprint, type KnownHost, type KnownHosts, keyType, knownHostName, parseKnownHosts, type Verdict } from './known-hosts.ts';

/** The host whose key is judged, for messages. */
export interface Judged {
  /** The inventory name that `homerun trust` takes. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The file that a person would add a key to. */
  readonly file: string;
}

/** Reads known_hosts files, in order. One that does not exist is empty; one that cannot be read is an error, as it may revoke keys. @throws UnreachableError */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHosts> {
  const all = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
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

/** The error for a host key that is not trusted. `warnings`: lines of known_hosts that were left out. */
export function hostKeyError(verdict: Verdict, key: Buffer, judged: Judged, warnings: readonly string[] = []): UnreachableError {
  const where = `${judged.host} port ${judged.port}`;
  const shown = `${keyType(key) ?? 'unknown type'} ${fingerprint(key)}`;
  const lines = verdict.entries.map(place).join(', ');
  const scan = `ssh-keyscan -p ${judged.port} ${judged.host} >>${judged.file}`;
  switch (verdict.verdict) {
    case 'revoked':
      return new UnreachableError(
        `the host key of ${where} is revoked: ${shown} (${lines})`,
        'Do not connect. Whoever revoked it knows why; the host needs a new key.',
      );
    case 'changed':
      return new UnreachableError(
        `the host key of ${where} has changed: it shows ${shown}, on record is ${verdict.entries.map((entry) => `${entry.type} ${fingerprint(entry.key)} (${place(entry)})`).join(', ')}`,
        `Somebody may be listening in. If the host was set up anew: ${forget(verdict.entries, judged)}, then homerun trust ${judged.name}`,
      );
    case 'unknown':
    case 'trusted':
      break;
  }
  return new UnreachableError(
    `the host key of ${where} is not known: ${shown}${lines === '' ? '' : `; certificates of hosts are not supported, so that @cert-authority (${lines}) does not help`}${warnings.length === 0 ? '' : `; not understood: ${warnings.slice(0, 3).join(', ')}`}`,
    `Compare it with what the host itself says (on its console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then record it: homerun trust ${judged.name} (or: ${scan})`,
  );
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
  return files.map((file) => `ssh-keygen -R '${knownHostName(judged.host, judged.port)}' -f ${file}`).join(' && ');
}
