// Two labs may start at the same time; what they share is made by one of them while the other one waits.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { stateDirectory } from './places.ts';
import type { Say } from './stage.ts';

/**
 * Waits for its turn at something; different things have turns of their own. A lock whose process has ended is nobody's.
 * @returns gives the turn to the next one
 */
export async function takeTurn(what: string, say: Say): Promise<() => void> {
  const file = join(stateDirectory, `${what}.lock`);
  mkdirSync(dirname(file), { recursive: true });
  for (let told = false; !take(file); await setTimeout(200)) {
    const holder = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (holder !== '' && !existsSync(join('/proc', holder))) rmSync(file, { force: true });
    else if (!told) {
      say(`  waiting for process ${holder}, which makes the same (${what})`);
      told = true;
    }
  }
  return () => rmSync(file, { force: true });
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
