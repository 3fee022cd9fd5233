import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getHeapCodeStatistics } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { compiledStore } from './compiled-store.ts';

/** What start.ts exports. */
interface Program {
  readonly commands: readonly string[];
  start(given: readonly string[]): Promise<number>;
}

/** What is kept is made anew when a run has to compile this much more, as a share of it: the first one may have ended at a mistake in its first file. */
const mostMissing = 0.15;

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
  const compiledBefore = compiledBytes();
  const wrapped = script.runInThisContext() as Wrapped; // what test/bundle.ts puts around the program
  const program = wrapped(createRequire(file), file, import.meta.dirname);
  const code = await program.start(given);
  // Only now is all that the command needs compiled.
  const isPoor = !cachedData || script.cachedDataRejected === true || compiledBytes() > compiledBefore * (1 + mostMissing);
  if (isPoor && [...program.commands, 'help'].includes(command)) store?.write(script.createCachedData());
  return code;
}

/** Bytes of what V8 has compiled so far, Node's own share of it included. */
function compiledBytes(): number {
  return getHeapCodeStatistics().bytecode_and_metadata_size;
}

function readBundle(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw Object.assign(new Error(error instanceof Error ? error.message : String(error)), { code: 'ERR_MODULE_NOT_FOUND' });
  }
}
