import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';

const fileMode = 0o600;
const folderMode = 0o700;

/** Puts `text` into `file` whole or not at all; the file is born for its owner alone. @throws InputError when that cannot be. */
export function writePrivate(file: string, text: string): void {
  try {
    const target = existsSync(file) ? realpathSync(file) : file;
    const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
    try {
      writeSynced(temporary, text);
      renameSync(temporary, target);
      syncFolder(dirname(target));
    } finally {
      rmSync(temporary, { force: true });
    }
  } catch (error) {
    throw InputError.of(`${file} cannot be written: ${systemReason(error)}`);
  }
}

/** The same for a file that must not be there yet; makes its folder. @throws InputError when it is. */
export function createPrivate(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: folderMode });
    writeSynced(file, text);
    syncFolder(dirname(file));
  } catch (error) {
    throw InputError.of(`${file} cannot be made: ${systemReason(error)}`);
  }
}

/** So that it is still there after a power failure. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeSynced(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', fileMode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
