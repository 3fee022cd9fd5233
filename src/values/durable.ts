import { randomBytes } from 'node:crypto';
import { closeSync, constants, fdatasyncSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Puts `text` into a file of this machine whole or not at all, also when the power fails: into a file beside it, born with `mode`, brought to the disk, renamed, and its folder brought to the disk.
 * @param target its real path: a link would be replaced. Its folder must be there. @throws what the system says
 */
export function replaceDurably(target: string, text: string, mode: number): void {
  const temporary = besideOf(target);
  createDurably(temporary, text, mode);
  try {
    renameSync(temporary, target);
    syncFolder(dirname(target));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Makes a file that must not be there yet, and brings it to the disk; its folder is not. Where that fails it is not there. @throws what the system says */
export function createDurably(file: string, text: string, mode: number): void {
  const descriptor = openSync(file, 'wx', mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Adds to a file that is there, and brings that to the disk. @throws what the system says */
export function appendDurably(file: string, text: string): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeFileSync(descriptor, text);
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A new name for a file in the same folder. Without its own: a name may be no longer than 255 bytes. */
export function besideOf(target: string): string {
  return join(dirname(target), `.homerun.${randomBytes(6).toString('hex')}`);
}

/** What the system says of folders that cannot be brought to the disk: one that may be written and not read, and file systems that do not know how. */
const notForFolders = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'];

/**
 * Brings to the disk which files a folder has: without it a new or renamed one may be gone after a power failure. Where that cannot be done it is not: the
 * file is there, and an error would say that it is not. @throws what the system says of a disk that fails
 */
export function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!notForFolders.includes(code)) throw error;
  }
}
