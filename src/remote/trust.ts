import { constants } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../values/durable.ts';
import { TaskError } from '../values/errors.ts';
import { locked } from '../values/file-lock.ts';
import type { HostKeyVerdict } from './host-key.ts';
import { fingerprint, judge, type KeyOwner, keyType, knownHostName, parseKnownHosts } from './known-hosts.ts';
import type { ConnectionSettings } from './session.ts';
import { createShared } from './shared.ts';

/** A host's key as it shows it now. */
export interface ShownKey {
  readonly type: string;
  /** In wire form. */
  readonly key: Buffer;
  /** `SHA256:…` */
  readonly fingerprint: string;
  /** What the known_hosts files and the inventory say of it already. */
  readonly verdict: HostKeyVerdict;
}

/** Asks a host for its key, through its bastions, without logging in. What comes back is not checked by anybody yet. @throws UnreachableError */
export async function askHostKey(settings: ConnectionSettings, signal?: AbortSignal): Promise<ShownKey> {
  const { scanHostKey } = await import('./dial.ts');
  const { key, verdict } = await scanHostKey(settings, createShared(1), signal);
  return { type: keyType(key) ?? '', key, fingerprint: fingerprint(key), verdict };
}

/**
 * Adds a host's key to a known_hosts file, once: appended in one write, with the file locked against others that do the same. The file is
 * made with mode 0600, its folder with 0700; nothing that stands in it is ever rewritten.
 * @returns whether the key was added; false when it is there already
 * @throws TaskError when the file says otherwise (another key, a revoked one) or cannot be written
 */
export async function recordHostKey(file: string, owner: KeyOwner, key: Buffer): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    return await locked(`${file}.lock`, () => append(file, owner, key));
  } catch (error) {
    if (error instanceof TaskError) throw error;
    throw new TaskError(
      `the host key of ${owner.host} cannot be recorded in ${file}: ${error instanceof Error ? error.message : String(error)}`,
      'Make the file writable, or name another one.',
    );
  }
}

async function append(file: string, owner: KeyOwner, key: Buffer): Promise<boolean> {
  const handle = await open(file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    const text = await readFile(handle, 'latin1');
    const { verdict, entries } = judge(parseKnownHosts(text, file), owner, key);
    if (verdict === 'trusted') return false;
    if (verdict !== 'unknown') {
      const lines = entries.map((entry) => `${file}:${entry.line}`).join(', ');
      throw new TaskError(
        `${file} has ${verdict === 'revoked' ? 'this key of' : 'another key for'} ${owner.host} port ${owner.port}${verdict === 'revoked' ? ' as revoked' : ''} (${lines})`,
        `If the host was set up anew, remove the old one first: ssh-keygen -R '${knownHostName(owner)}' -f ${file}`,
      );
    }
    const newline = text === '' || text.endsWith('\n') ? '' : '\n';
    await handle.appendFile(`${newline}${knownHostName(owner)} ${keyType(key) ?? ''} ${key.toString('base64')}\n`);
    await handle.sync();
    if (text === '') syncFolder(dirname(file));
    return true;
  } finally {
    await handle.close();
  }
}
