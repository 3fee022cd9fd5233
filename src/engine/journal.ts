import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { replaceDurably } from '../values/durable.ts';
import { TaskError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';

/** Handlers that a host still owes: written before the change that notifies them, so that a run that dies in between does not lose them. */
export interface Journal {
  /** Names of handlers pending for a host in a play, from this run or one before. */
  pending(host: string, play: string): readonly string[];
  /** Replaces those of this run, and of those before it the ones that `pending` gave. Durable when it returns. @throws TaskError when it cannot be written: nothing may be changed then that would owe a handler. */
  save(host: string, play: string, handlers: readonly string[]): void;
}

/** Play → run → names of handlers. Each run changes its own, and takes away what it has done for others. */
type Entries = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** A journal that remembers nothing: check mode. */
export const noJournal: Journal = { pending: () => [], save: () => {} };

/**
 * A journal of one small JSON file a host, in `folder` (made with mode 0700 when first needed). Two runs may have one at once, of which one waits for
 * the host or is refused there: what the other owes is not its to forget. An unreadable file counts as empty: the worst that follows is a handler not
 * run, which a broken disk has already cost.
 * @param run tells this run from others.
 */
export function journalIn(folder: string, run: string = randomUUID()): Journal {
  const fileOf = (host: string) => join(folder, `${encodeURIComponent(host)}.json`);
  /** What was taken over from other runs, by host and play. */
  const taken = new Map<string, ReadonlySet<string>>();
  const keyOf = (host: string, play: string) => JSON.stringify([host, play]);
  return {
    pending(host, play) {
      const owed = [...new Set([...(read(fileOf(host)).get(play) ?? new Map<string, string[]>()).values()].flat())];
      taken.set(keyOf(host, play), new Set(owed));
      return owed;
    },
    save(host, play, handlers) {
      const entries = read(fileOf(host));
      const before = entries.get(play) ?? new Map<string, readonly string[]>();
      const isDone = (name: string) => taken.get(keyOf(host, play))?.has(name) === true && !handlers.includes(name);
      const others = [...before].flatMap(([id, names]) => (id === run ? [] : [[id, names.filter((name) => !isDone(name))] as const]));
      const elsewhere = new Set(others.flatMap(([, names]) => names));
      const own = [run, handlers.filter((name) => !elsewhere.has(name))] as const;
      const after = new Map([...others, own].filter(([, names]) => names.length > 0));
      if (isDeepStrictEqual(after, before)) return;
      try {
        write(fileOf(host), after.size > 0 ? new Map([...entries, [play, after]]) : without(entries, play));
      } catch (error) {
        throw new TaskError(
          `the handlers owed to ${host} cannot be written down in ${folder}: ${systemReason(error)}`,
          'Make the folder writable, or name another with XDG_STATE_HOME.',
        );
      }
    },
  };
}

function without(entries: Entries, play: string): Entries {
  return new Map([...entries].filter(([other]) => other !== play));
}

function read(file: string): Entries {
  try {
    return new Map(entriesOf(JSON.parse(readFileSync(file, 'utf8'))).map(([play, runs]) => [play, runsOf(runs)]));
  } catch {
    return new Map();
  }
}

function runsOf(value: unknown): ReadonlyMap<string, readonly string[]> {
  // A list is what earlier versions wrote.
  const runs = Array.isArray(value) ? [['', value] as const] : entriesOf(value);
  return new Map(runs.map(([run, names]) => [run, Array.isArray(names) ? names.map(String) : []]));
}

function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function write(file: string, entries: Entries): void {
  if (entries.size === 0) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  replaceDurably(file, JSON.stringify(Object.fromEntries([...entries].map(([play, runs]) => [play, Object.fromEntries(runs)]))), 0o600);
}
