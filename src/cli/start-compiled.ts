import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { compiledStore } from './compiled-store.ts';

/** What start.ts exports. */
interface Program {
  readonly commands: readonly string[];
  start(given: readonly string[]): Promise<number>;
}

/**
 * Bytes of bytecode that V8 runs of a function before it looks whether to optimize it, six times its default: most of what it optimizes sooner a run
 * of some hundred milliseconds does not call often enough to be worth that.
 */
const optimizedAfter = 400_000;

/** What is kept is made anew when a run has to compile this much more, as a share of it: the first one may have ended at a mistake in its first file. */
const mostMissing = 0.15;

type Wrapped = (require: NodeJS.Require, filename: string, dirname: string) => Program;

/**
 * Stands for start.ts in the bundle, where all of the program is one file beside this one: to compile what a run needs of it takes a quarter of its
 * time, so what came of that is kept for the next run of the same command.
 */
export async function start(given: readonly string[]): Promise<number> {
  // Before anything is compiled, as what is kept is for these flags alone. Later versions than that of Node 20 have no such flag, and wait by themselves.
  if (process.versions.v8.startsWith('11.')) setFlagsFromString(`--interrupt-budget=${optimizedAfter}`);
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
