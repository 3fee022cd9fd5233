import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../values/command.ts';
import { readKnownHosts } from './host-key.ts';
import { allHostKeyAlgorithms, entriesFor, fingerprint, hostKeyAlgorithms, knownHostName } from './known-hosts.ts';
import type { ConnectionSettings } from './session.ts';

/** How ssh judges a key by fingerprints of the inventory. */
export interface PinCheck {
  /** A program of sh that ssh asks about the key that a host shows. */
  readonly script: string;
  /** Of host keys, in this order: certificates have no fingerprint that an inventory could give. */
  readonly algorithms: readonly string[];
}

/** What ssh is heard to say of a key that is none of the inventory: its type and fingerprint behind it. */
export const notPinned = 'homerun: the inventory has another key than';

/** What it is heard to say of one that is revoked. */
export const revokedPin = /^the host key \S+ \S+ is revoked$/m;

/**
 * Writes what ssh asks (KnownHostsCommand of ssh_config(5)) before it logs in: a key with another fingerprint ends it there; one that has it is known where
 * nothing is on record, and where something is, that counts too. Undefined without fingerprints.
 * @param folder that only this user may enter
 * @throws UnreachableError for a known_hosts file that cannot be read
 */
export async function checkPins(folder: string, settings: ConnectionSettings): Promise<PinCheck | undefined> {
  const { hostKeys, knownHostsFiles, connectTimeoutSeconds } = settings;
  if (hostKeys === undefined) return undefined;
  const known = await readKnownHosts(knownHostsFiles, connectTimeoutSeconds);
  const here = entriesFor(known, knownHostName(settings));
  const bare = entriesFor(known, knownHostName({ ...settings, port: 22 }));
  const revoked = [...here, ...bare].filter(({ kind }) => kind === 'revoked').map(({ key }) => fingerprint(key));
  const isOnRecord = here.some(({ kind }) => kind === 'plain');
  const among = (fingerprints: readonly string[]): string => `case ${quote(` ${fingerprints.join(' ')} `)} in *" $2 "*)`;
  const lines = [
    // Why it is asked, the fingerprint, the name, type and key in the form of known_hosts.
    '[ "$1" = HOSTNAME ] || exit 0',
    `${among(revoked)} echo "the host key $4 $2 is revoked" >&2; exit 1;; esac`,
    `${among(hostKeys)} ${isOnRecord ? ':' : `printf '%s %s %s\\n' "$3" "$4" "$5"`};; *) echo "${notPinned} $4 $2" >&2; exit 1;; esac`,
    '',
  ];
  const script = join(folder, 'pins');
  await writeFile(script, lines.join('\n'), { mode: 0o600, flag: 'wx' });
  // As ssh does by itself: of a host that is on record, one of another type has changed.
  return { script, algorithms: [...new Set([...hostKeyAlgorithms(known, settings), ...allHostKeyAlgorithms])] };
}
