// What something is made from, in one word: the same files give the same word.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The digest of the names and contents of all files below some folders: 16 hex digits. */
export function digestOf(folders: readonly string[], more = ''): string {
  const digest = createHash('sha256').update(`${more}\0`);
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
      const file = join(folder, name);
      if (statSync(file).isFile()) digest.update(`${name}\0`).update(readFileSync(file));
    }
  }
  return digest.digest('hex').slice(0, 16);
}
