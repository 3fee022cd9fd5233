import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { appendDurably, createDurably, syncFolder } from '../values/durable.ts';

/** What a run of this user has left that did not come to its end, or is still going on. */
export interface EarlierRun {
  readonly id: string;
  readonly pid: number;
  readonly since: string;
  /** What was under way when it was killed, or when the link broke, by host: nobody knows whether it was done. */
  readonly underWay: ReadonlyMap<string, string>;
  /** Its process is gone. */
  readonly isGone: boolean;
}

/** Keeps what a run has begun on hosts and not ended, so that the next one can say what is unknown, and whether the holder of a lock still lives. */
export interface RunRecord {
  readonly id: string;
  /** A change goes out to a host. That is on the disk then, unless the disk is so slow that it has held up the run enough. */
  begins(host: string, what: string): void;
  /** The host has said what came of it. It stays on record until that was told: who is killed before has told nobody. */
  ends(host: string): void;
  /** All that has ended on the host was told. */
  told(host: string): void;
  /** The run is over. What is still under way stays on record; so does a run that has lost a host, which may still hold its lock. */
  close(hasLost: boolean): void;
}

interface Process {
  readonly pid: number;
  readonly boot?: string | undefined;
  readonly start?: string | undefined;
  readonly space?: string | undefined;
  readonly laptop: string;
}

interface Line extends Partial<Process> {
  readonly since?: string;
  readonly inventory?: string;
  readonly host?: string;
  readonly begins?: string;
}

/** Milliseconds of a run in which changes wait for the disk: on a slow one many hosts would wait for each other's. */
const mostSyncMs = 2000;

/** Days after which a record is of no use any more. */
const mostDays = 30;

/** The record of a run of which nothing is kept: check mode. */
export const noRecord: RunRecord = { id: '', begins: () => {}, ends: () => {}, told: () => {}, close: () => {} };

/** Opens the record of a run, `folder/ID.jsonl`. It is written from the first change on; where that is not possible nothing is kept, as it only helps. */
export function recordIn(folder: string, inventory: string, pid: number, now: () => Date = () => new Date()): RunRecord {
  const id = randomBytes(16).toString('hex');
  const file = join(folder, `${id}.jsonl`);
  const [underWay, untold] = [new Set<string>(), new Set<string>()];
  let isBegun = false;
  let syncMs = 0;
  const begin = (line: string): void => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    createDurably(file, `${JSON.stringify({ ...processOf(pid), since: now().toISOString(), inventory })}\n${line}`, 0o600);
    // From here on it is added to, whatever becomes of the folder.
    isBegun = true;
    syncFolder(dirname(file));
  };
  const append = (of: Line): void => {
    const line = `${JSON.stringify(of)}\n`;
    const began = performance.now();
    try {
      if (!isBegun) begin(line);
      else if (of.begins !== undefined && syncMs < mostSyncMs) appendDurably(file, line);
      else appendFileSync(file, line);
    } catch {
      // A full disk here is no reason to leave a host half done.
    }
    syncMs += performance.now() - began;
  };
  return {
    id,
    begins(host, what) {
      untold.delete(host);
      underWay.add(host);
      append({ host, begins: what });
    },
    ends(host) {
      if (underWay.delete(host)) untold.add(host);
    },
    told(host) {
      if (untold.delete(host)) append({ host });
    },
    close(hasLost) {
      if (isBegun && !hasLost && underWay.size === 0) rmSync(file, { force: true });
    },
  };
}

/** The runs on record in `folder` for an inventory. Never throws: what cannot be read is left out. */
export function earlierRuns(folder: string, inventory: string): readonly EarlierRun[] {
  return names(folder).flatMap((id) => {
    const lines = linesOf(folder, id);
    const first = lines[0];
    if (!first || first.inventory !== inventory) return [];
    const underWay = new Map<string, string>();
    for (const { host, begins } of lines.slice(1)) {
      if (host === undefined) continue;
      if (begins === undefined) underWay.delete(host);
      else underWay.set(host, begins);
    }
    return [{ id, pid: first.pid ?? 0, since: first.since ?? '', underWay, isGone: isGone(first) }];
  });
}

/** Whether the run of this id is known here, and its process is gone: then it can do nothing any more, whatever a host still does for it. */
export function isGoneRun(folder: string, id: string): boolean {
  if (!/^[0-9a-f]{32}$/.test(id)) return false;
  const [first] = linesOf(folder, id);
  return first !== undefined && isGone(first);
}

/** Takes runs off the record: those of `ids`, and all that are too old. */
export function forgetRuns(folder: string, ids: readonly string[], now = Date.now()): void {
  for (const id of names(folder)) {
    const since = Date.parse(linesOf(folder, id)[0]?.since ?? '');
    if (ids.includes(id) || now - since > mostDays * 86_400_000) rmSync(join(folder, `${id}.jsonl`), { force: true });
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap((name) => /^([0-9a-f]{32})\.jsonl$/.exec(name)?.[1] ?? []);
  } catch {
    return [];
  }
}

/** A line that was cut, with the run, is left out. */
function linesOf(folder: string, id: string): readonly Line[] {
  try {
    return readFileSync(join(folder, `${id}.jsonl`), 'utf8')
      .split('\n')
      .flatMap((line): readonly Line[] => {
        try {
          const value: unknown = JSON.parse(line);
          return typeof value === 'object' && value !== null ? [value] : [];
        } catch {
          return [];
        }
      });
  } catch {
    return [];
  }
}

/** Of another machine, or another set of processes (a container), nothing can be said. */
function isGone({ pid, boot, start, space, laptop }: Line): boolean {
  if (typeof pid !== 'number') return false;
  const here = processOf(pid);
  if (laptop !== here.laptop || space !== here.space) return false;
  if (boot !== here.boot) return true;
  // Without /proc it is not told from a new one of its number.
  return start !== undefined && start !== here.start;
}

/** What tells a process from another of the same number. */
function processOf(pid: number): Process {
  const text = (read: () => string): string | undefined => {
    try {
      return read();
    } catch {
      return undefined;
    }
  };
  const boot = text(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const stat = text(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const start = stat?.slice(stat.lastIndexOf(') ') + 2).split(' ')[19];
  const space = text(() => readlinkSync('/proc/self/ns/pid'));
  return {
    pid,
    laptop: hostname(),
    ...(boot !== undefined && { boot }),
    ...(start !== undefined && { start }),
    ...(space !== undefined && { space }),
  };
}
