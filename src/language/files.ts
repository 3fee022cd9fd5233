import { accessSync, constants, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { InputError, type Source } from '../values/errors.ts';
import type { LocalBytes } from '../values/stream.ts';
import { systemReason } from '../values/system-error.ts';
import { type Digests, localBytes } from './local-bytes.ts';

/** The user's files; the only place of the language that touches the disk. */
export interface Files {
  /** An absolute path; `path` is relative to `folder`, or to the working folder. `~/` is the home folder. */
  readonly resolve: (path: string, folder?: string) => string;
  /** A path for people: relative to the working folder where it is below it. */
  readonly shown: (path: string) => string;
  /** @throws InputError when that cannot be seen. */
  readonly kind: (path: string) => 'file' | 'folder' | undefined;
  /** Whether a file is there that you may execute. */
  readonly isExecutable: (path: string) => boolean;
  /** What is at a path, a link followed. Nothing is read yet. @throws InputError */
  readonly look: (path: string, asked?: Source) => LookedAt | undefined;
  /** Names in a folder, sorted. @throws InputError */
  readonly list: (folder: string) => readonly string[];
  /** Throws InputError unless the file may be read; its content is not looked at. */
  readonly mustBeReadable: (path: string, asked?: Source) => void;
  /** The bytes of a file. `asked` is the place that names it. @throws InputError */
  readonly bytes: (path: string, asked?: Source) => Uint8Array;
  /** The text of a file. @throws InputError also when it is not UTF-8. */
  readonly text: (path: string, asked?: Source) => string;
}

/** What is at a path. */
export interface LookedAt {
  readonly isFolder: boolean;
  /** Four octal digits. */
  readonly mode: string;
  /** Of a regular file. */
  readonly content?: LocalBytes;
}

/** Files larger than this are no YAML and no template of a person's hand. */
const maxTextBytes = 32 * 1024 * 1024;

/**
 * @param workingFolder what relative paths are relative to. @param home the user's home folder, for `~/`.
 */
export function createFiles(workingFolder: string, home: string): Files {
  const shown = (path: string) => {
    const short = relative(workingFolder, path);
    return short === '' ? '.' : short.startsWith('..') && !isAbsolute(short) ? path : short;
  };
  const attempt = <T>(path: string, asked: Source | undefined, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw unreadable(shown(path), error, asked);
    }
  };
  const digests: Digests = new Map();
  const read = (path: string, asked: Source | undefined): Buffer => {
    mustEnd(path, shown(path), asked);
    return readFileSync(path);
  };
  return {
    resolve: (path, folder = workingFolder) => resolve(folder, path.startsWith('~/') ? join(home, path.slice(2)) : path),
    shown,
    kind(path) {
      const stats = statOf(path, shown(path));
      return stats?.isDirectory() ? 'folder' : stats && 'file';
    },
    isExecutable: (path) => statOf(path, shown(path))?.isFile() === true && mayExecute(path),
    look: (path, asked) =>
      attempt(path, asked, () => {
        const found = statSync(path, { bigint: true, throwIfNoEntry: false });
        if (!found) return undefined;
        const mode = (Number(found.mode) & 0o7777).toString(8).padStart(4, '0');
        return {
          isFolder: found.isDirectory(),
          mode,
          ...(found.isFile() && { content: localBytes(path, found, digests, (work) => attempt(path, asked, work)) }),
        };
      }),
    list: (folder) => attempt(folder, undefined, () => readdirSync(folder).sort()),
    mustBeReadable: (path, asked) =>
      attempt(path, asked, () => {
        mustEnd(path, shown(path), asked);
        accessSync(path, constants.R_OK);
      }),
    bytes: (path, asked) => attempt(path, asked, () => read(path, asked)),
    text: (path, asked) =>
      attempt(path, asked, () => {
        const bytes = read(path, asked);
        if (bytes.length > maxTextBytes)
          throw InputError.of(
            `${shown(path)} has ${bytes.length} bytes, which is too much to be text`,
            asked,
            `At most ${maxTextBytes / 1024 / 1024} MiB are read: is it the file that was meant?`,
          );
        try {
          return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        } catch {
          throw InputError.of(`${shown(path)} is not UTF-8 text`, asked, 'Save it as UTF-8 in the editor.');
        }
      }),
  };
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Codes of the system that mean that no such file is there, or can be. */
const absent: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'];

function statOf(path: string, name: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (absent.includes(code)) return undefined;
    throw unreadable(name, error, undefined);
  }
}

/** The text of a file of homerun's own, or beside it. @param name for messages. @throws InputError */
export function textOfFile(path: string, name: string): string {
  try {
    mustEnd(path, name, undefined);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(name, error, undefined);
  }
}

/** What the shell hands over in place of a file: `<(…)`, standard input. */
const handedOver = /^\/(dev\/(stdin$|fd\/)|proc\/(self|\d+)\/fd\/)/;

/** Refuses what may never come to an end when it is read: a pipe that nobody writes to, a device. */
function mustEnd(path: string, name: string, asked: Source | undefined): void {
  const stats = statSync(path);
  if (stats.isFile() || stats.isDirectory() || handedOver.test(path)) return;
  const what = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  throw InputError.of(`${name} is ${what}, not a file`, asked, 'Name a file; what a command prints can be given as <(COMMAND).');
}

function unreadable(path: string, error: unknown, asked: Source | undefined): InputError {
  const { code } = error as NodeJS.ErrnoException;
  if (absent.includes(code))
    return InputError.of(`there is no file ${path}`, asked, 'Look at the spelling; a path begins at the folder that homerun is called in.');
  if (code === 'EISDIR') return InputError.of(`${path} is a folder, not a file`, asked);
  if (code === 'EACCES' || code === 'EPERM')
    return InputError.of(`${path} may not be read by you`, asked, `Look at its owner and mode: ls -l ${path}`);
  return InputError.of(`${path} cannot be read: ${systemReason(error)}`, asked);
}
