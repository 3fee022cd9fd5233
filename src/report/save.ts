import { closeSync, existsSync, fchmodSync, fstatSync, ftruncateSync, openSync, realpathSync, rmSync, statSync, writeSync } from 'node:fs';
import { userInfo } from 'node:os';
import { besideOf, replaceDurably } from '../values/durable.ts';
import { InputError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';
import { jsonLine } from './json.ts';
import type { Report, TimedEvent } from './report.ts';

/** Reports tell of machines and of what runs on them: for their owner alone. */
const privateMode = 0o600;

/**
 * Keeps the events of a run in `file`, each as soon as it happens, so that a run that dies leaves what it did. Replaces an older run, but not
 * before the first event.
 * @throws InputError at once when the file cannot be written; from `end` when that became so later.
 */
export function saveReport(file: string): Report {
  return explained(file, () => {
    const isNew = !existsSync(file);
    const descriptor = openSync(file, 'a', privateMode);
    const status = fstatSync(descriptor);
    const isRegular = status.isFile();
    if (isRegular && status.uid !== userInfo().uid) {
      closeSync(descriptor);
      throw new Error('it belongs to another user, who could read it');
    }
    if (isRegular) fchmodSync(descriptor, privateMode);
    let isEmpty = true;
    let failure: unknown;
    const add = (line: string) => {
      if (isEmpty && isRegular) ftruncateSync(descriptor);
      isEmpty = false;
      writeWhole(descriptor, line);
    };
    return {
      event: (event) => {
        const line = jsonLine(event);
        if (line === undefined || failure !== undefined) return;
        try {
          add(line);
        } catch (error) {
          // A full disk here is no reason to leave the hosts half-way: it is told at the end.
          failure = error;
        }
      },
      end: async () => {
        closeSync(descriptor);
        if (isEmpty && isNew) rmSync(file, { force: true });
        if (failure !== undefined) throw unwritable(file, failure);
      },
    };
  });
}

/**
 * Collects the events of a run and writes what `build` makes of them to `file` at the end: whole, or not at all. Without an event nothing is
 * written.
 * @throws InputError at once when the file cannot be written, before a run has begun; from `end` when that became so later.
 */
export function fileReport(file: string, build: (events: readonly TimedEvent[]) => string): Report {
  const write = (text: string) => explained(file, () => replaceDurably(targetOf(file), text, privateMode));
  explained(file, () => tryFile(file));
  const events: TimedEvent[] = [];
  return {
    event: (event) => {
      if (event.event !== 'task_start' && event.event !== 'host_connecting') events.push(event);
    },
    end: async () => {
      if (events.length > 0) write(build(events));
    },
  };
}

/** Throws what writing the file would throw, as far as that can be known; leaves nothing behind. */
function tryFile(file: string): void {
  const temporary = besideOf(targetOf(file));
  closeSync(openSync(temporary, 'wx', privateMode));
  rmSync(temporary);
}

/** What a file's name stands for. Renaming over a device or a pipe would take it away from the system. */
function targetOf(file: string): string {
  const target = existsSync(file) ? realpathSync(file) : file;
  if (existsSync(target) && !statSync(target).isFile()) throw new Error('it is not a regular file');
  return target;
}

/** One call may write less than it was given. */
function writeWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

function explained<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unwritable(file, error);
  }
}

function unwritable(file: string, error: unknown): InputError {
  return InputError.of(
    `the report cannot be written to ${file}: ${systemReason(error)}`,
    undefined,
    'Name a file in a folder that exists and that you may write to.',
  );
}
