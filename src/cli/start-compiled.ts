import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { compiledStore } from './compiled-store.ts';

/** What start.ts exports. */
interface Program {
  readonly commands: readonly string[];
  start(given: readonly string[]): Promise<number>;
}

type Wrapped = (require: NodeJS.Require, filename: string, dirname: string) => Program;

/**
 * Stands for start.ts in the bundle, where all of the program is one file beside this one: to compile what a run needs of it takes a quarter of its
 * time, so what came of that is kept for the next run of the same command.
 */
export async function start(given: readonly string[]): Promise<number> {
  const file = join(import.meta.dirname, 'start.js');
  const bytes = readBundle(file);
  const [first = ''] = given;
  // What begins with an option shows the help or an error, and so does a command that there is none of.
  const command = /^[a-z]+$/.test(first) ? first : 'help';
  const store = compiledStore(command, crc32(bytes));
  const cachedData = store?.read();
  // esbuild writes ASCII only.
  const script = new Script(bytes.toString('latin1'), { filename: pathToFileURL(file).href, ...(cachedData && { cachedData }) });
  const wrapped = script.runInThisContext() as Wrapped; // what test/bundle.ts puts around the program
  const program = wrapped(createRequire(file), file, import.meta.dirname);
  const code = await program.start(given);
  // Only now is all that the command needs compiled.
  if ((!cachedData || script.cachedDataRejected) && [...program.commands, 'help'].includes(command)) store?.write(script.createCachedData());
  return code;
}

function readBundle(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw Object.assign(new Error(error instanceof Error ? error.message : String(error)), { code: 'ERR_MODULE_NOT_FOUND' });
  }
}
