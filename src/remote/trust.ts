import { constants, type Stats } from 'node:fs';
import { mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '../values/errors.ts';
import type { HostKeyVerdict } from './host-key.ts';
import { fingerprint, judge, type KeyOwner, keyType, knownHostName, parseKnownHosts } from './known-hosts.ts';
import { createLimit } from './limit.ts';
import type { ConnectionSettings } from './session.ts';

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
  const { key, verdict } = await scanHostKey(settings, { starts: createLimit(1), bastions: new Map() }, signal);
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
    if (text === '') await syncFolder(dirname(file));
    return true;
  } finally {
    await handle.close();
  }
}

// So that a new file is still there after a power failure.
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A lock that is older was left by somebody who was killed: appending takes milliseconds. */
const staleMs = 10_000;

async function locked<Result>(lock: string, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    const handle = await open(lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return undefined;
    });
    if (handle) {
      await handle.close();
      break;
    }
    const found = await stat(lock).catch(() => undefined);
    if (isStale(found)) await removeStale(lock, found);
    else await sleep(20);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

function isStale(found: Stats | undefined): found is Stats {
  return found !== undefined && Date.now() - found.mtimeMs > staleMs;
}

// Of those that find the same lock stale only one may remove it: another would remove the next one's. Who makes the file that is named after this very lock is the one.
async function removeStale(lock: string, { ino, mtimeMs }: Stats): Promise<void> {
  const claim = `${lock}.${ino}.${Math.trunc(mtimeMs)}`;
  const handle = await open(claim, 'wx', 0o600).catch(() => undefined);
  if (!handle) {
    // So was the one before, if it is as old.
    if (isStale(await stat(claim).catch(() => undefined))) await unlink(claim).catch(() => undefined);
    return await sleep(20);
  }
  await handle.close();
  const now = await stat(lock).catch(() => undefined);
  if (now?.ino === ino && now.mtimeMs === mtimeMs) await unlink(lock).catch(() => undefined);
  await unlink(claim).catch(() => undefined);
}
