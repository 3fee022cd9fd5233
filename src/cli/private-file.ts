import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { createDurably, replaceDurably, syncFolder } from '../values/durable.ts';
import { InputError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';

const fileMode = 0o600;
const folderMode = 0o700;

/** Puts `text` into `file` whole or not at all; the file is born for its owner alone. @throws InputError when that cannot be. */
export function writePrivate(file: string, text: string): void {
  try {
    replaceDurably(existsSync(file) ? realpathSync(file) : file, text, fileMode);
  } catch (error) {
    throw InputError.of(`${file} cannot be written: ${systemReason(error)}`);
  }
}

/** The same for a file that must not be there yet; makes its folder. @throws InputError when it is. */
export function createPrivate(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: folderMode });
    createDurably(file, text, fileMode);
    syncFolder(dirname(file));
  } catch (error) {
    throw InputError.of(`${file} cannot be made: ${systemReason(error)}`);
  }
}
