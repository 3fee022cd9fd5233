import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Where the compiled code of one command is kept. Neither throws: without it the command only starts slower. */
export interface CompiledStore {
  /** What was kept, if it is whole and nobody else can have written it. */
  read(): Buffer | undefined;
  write(data: Buffer): void;
}

/** What was made of a program that is not there any more goes after this long. */
const keptMs = 30 * 24 * 3600 * 1000;

/**
 * The place for `command` of the program that `stamp` is the checksum of; undefined where nothing is to be kept (Node's own switch for that is set).
 * It is in the user's own folder: in a shared one below /tmp another user could put code for us to run.
 */
export function compiledStore(command: string, stamp: number, environment: NodeJS.ProcessEnv = process.env): CompiledStore | undefined {
  if (environment['NODE_DISABLE_COMPILE_CACHE']) return undefined;
  const base = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(base, 'homerun', 'compiled');
  const file = join(folder, `${command}-${process.version}-${process.arch}-${stamp.toString(16)}`);
  return { read: () => silently(() => readWhole(file)), write: (data) => silently(() => replace(folder, file, data)) };
}

function silently<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** V8 looks at the version and not at what follows: the checksum stands first in the file. */
function readWhole(file: string): Buffer | undefined {
  const open = openSync(file, 'r');
  try {
    const { uid, mode } = fstatSync(open);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    const bytes = readFileSync(open);
    const data = bytes.subarray(4);
    return crc32(data) === bytes.readUInt32LE(0) ? data : undefined;
  } finally {
    closeSync(open);
  }
}

/** In one step, as several commands may start at once. */
function replace(folder: string, file: string, data: Buffer): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(data));
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, Buffer.concat([sum, data]), { mode: 0o600, flag: 'wx' });
  renameSync(fresh, file);
  for (const name of readdirSync(folder)) {
    const old = join(folder, name);
    if (Date.now() - statSync(old).mtimeMs > keptMs) rmSync(old, { recursive: true });
  }
}
