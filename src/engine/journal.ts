import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Handlers that a host still owes: written before the change that notifies them, so that a run that dies in between does not lose them. */
export interface Journal {
  /** Names of handlers pending for a host in a play, from this run or one before. */
  pending(host: string, play: string): readonly string[];
  /** Replaces them. Durable when it returns. */
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
      write(fileOf(host), handlers.length > 0 ? { ...others, [play]: handlers } : others);
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
