// The command as a user calls it.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './lab/places.ts';

/** The program that `bin` of package.json names. @throws Error if it is older than the code that the tests run. */
export const command: string = upToDate(join(projectRoot, 'build/bundle/cli/main.js'));

function upToDate(program: string): string {
  const made = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const compiled = join(projectRoot, 'build/src');
  const isOld = readdirSync(compiled, { recursive: true, encoding: 'utf8' }).some((file) => statSync(join(compiled, file)).mtimeMs > made);
  if (isOld) throw new Error(`${program} is older than what was compiled\n  Run: npm run build`);
  return program;
}
