import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Here, LocalFound } from '../modules/module.ts';
import type { Addition } from '../values/addition.ts';
import { TaskError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';

/** This machine and the inventory, as a task for `host` may look at them. @param folder where relative paths begin. */
export function hereOf(host: string, folder: string, knows: (addition: Addition) => boolean): Here {
  return {
    host,
    resolve: (path) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(folder, path)),
    look,
    knows,
  };
}

/** @throws TaskError when it cannot be told what is there. */
function look(path: string): LocalFound | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found && { isFolder: found.isDirectory(), size: found.size, sha256: () => digestOf(path) };
  } catch (error) {
    throw new TaskError(`${path} on this machine cannot be looked at: ${systemReason(error)}`);
  }
}

const blockSize = 2 ** 20;

function digestOf(path: string): string {
  const hash = createHash('sha256');
  const block = Buffer.alloc(blockSize);
  try {
    const descriptor = openSync(path, 'r');
    try {
      for (let length = 1; length > 0; ) {
        length = readSync(descriptor, block);
        hash.update(block.subarray(0, length));
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new TaskError(`${path} on this machine cannot be read: ${systemReason(error)}`);
  }
  return hash.digest('hex');
}
