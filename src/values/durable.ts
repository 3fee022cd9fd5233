import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Puts `text` into a file of this machine whole or not at all, also when the power fails: into a file beside it, born with `mode`, brought to the disk, renamed, and its folder brought to the disk.
 * @param target its real path: a link would be replaced. Its folder must be there. @throws what the system says
 */
export function replaceDurably(target: string, text: string, mode: number): void {
  const temporary = besideOf(target);
  try {
    createDurably(temporary, text, mode);
    renameSync(temporary, target);
    syncFolder(dirname(target));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Makes a file that must not be there yet, and brings it to the disk; its folder is not. @throws what the system says */
export function createDurably(file: string, text: string, mode: number): void {
  const descriptor = openSync(file, 'wx', mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A new name for a file in the same folder. */
export function besideOf(target: string): string {
  return join(dirname(target), `.${basename(target).slice(0, 200)}.${randomBytes(6).toString('hex')}`);
}

/** Brings to the disk which files a folder has: without it a new or renamed one may be gone after a power failure. @throws what the system says */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
