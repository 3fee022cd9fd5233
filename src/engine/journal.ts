import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TaskError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';

/** Handlers that a host still owes: written before the change that notifies them, so that a run that dies in between does not lose them. */
export interface Journal {
  /** Names of handlers pending for a host in a play, from this run or one before. */
  pending(host: string, play: string): readonly string[];
  /** Replaces them. Durable when it returns. @throws TaskError when it cannot be written: nothing may be changed then that would owe a handler. */
  save(host: string, play: string, handlers: readonly string[]): void;
}

type Entries = Readonly<Record<string, readonly string[]>>;

/** A journal that remembers nothing: check mode. */
export const noJournal: Journal = { pending: () => [], save: () => {} };

/**
 * A journal of one small JSON file a host, in `folder` (made with mode 0700 when first needed). An unreadable file counts as
 * empty: the worst that follows is a handler not run, which a broken disk has already cost.
 */
export function journalIn(folder: string): Journal {
  const fileOf = (host: string) => join(folder, `${encodeURIComponent(host)}.json`);
  return {
    pending: (host, play) => read(fileOf(host))[play] ?? [],
    save(host, play, handlers) {
      const { [play]: before = [], ...others } = read(fileOf(host));
      if (before.join('\n') === handlers.join('\n')) return;
      try {
        write(fileOf(host), handlers.length > 0 ? { ...others, [play]: handlers } : others);
      } catch (error) {
        throw new TaskError(
          `the handlers owed to ${host} cannot be written down in ${folder}: ${systemReason(error)}`,
          'Make the folder writable, or name another with XDG_STATE_HOME.',
        );
      }
    },
  };
}

function read(file: string): Entries {
  try {
    const entries: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof entries !== 'object' || entries === null) return {};
    return Object.fromEntries(Object.entries(entries).map(([play, handlers]) => [play, Array.isArray(handlers) ? handlers.map(String) : []]));
  } catch {
    return {};
  }
}

function write(file: string, entries: Entries): void {
  if (Object.keys(entries).length === 0) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}`;
  const descriptor = openSync(temporary, 'w', 0o600);
  writeSync(descriptor, JSON.stringify(entries));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(temporary, file);
}
