import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { InputError } from '../values/errors.ts';
import { jsonLine } from './json.ts';
import type { Report, TimedEvent } from './report.ts';

/** Reports tell of machines and of what runs on them: for their owner alone. */
const privateMode = 0o600;

/**
 * Keeps the events of a run in `file`, each as soon as it happens, so that a run that dies leaves what it did. Replaces an older file.
 * @throws InputError at once when the file cannot be written.
 */
export function saveReport(file: string): Report {
  const descriptor = explained(file, () => openSync(file, 'w', privateMode));
  return {
    event: (event) => {
      const line = jsonLine(event);
      if (line !== undefined) writeSync(descriptor, line);
    },
    end: () => {
      closeSync(descriptor);
      return Promise.resolve();
    },
  };
}

/**
 * Collects the events of a run and writes what `build` makes of them to `file` at the end: whole, or not at all.
 * @throws InputError at once when the file cannot be written, before a run has begun.
 */
export function fileReport(file: string, build: (events: readonly TimedEvent[]) => string): Report {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
  const descriptor = explained(file, () => openSync(temporary, 'wx', privateMode));
  const events: TimedEvent[] = [];
  return {
    event: (event) => {
      if (event.event !== 'task_start' && event.event !== 'host_connecting') events.push(event);
    },
    end: () => {
      try {
        writeSync(descriptor, build(events));
        closeSync(descriptor);
        renameSync(temporary, file);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
      return Promise.resolve();
    },
  };
}

function explained<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw InputError.of(`the report cannot be written to ${file} (${why})`, undefined, 'Name a file in a folder that exists and that you may write to.');
  }
}
