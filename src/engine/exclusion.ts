import { hostname, userInfo } from 'node:os';
import type { RunEvent } from './event.ts';
import type { Exclusive } from './run.ts';
import { earlierRuns, forgetRuns, isGoneRun, type RunRecord, recordIn } from './run-record.ts';
import type { HostLock } from './target.ts';

/** A run among others: the record it keeps, the lock it takes, and what those before it have left. */
export interface Exclusion {
  readonly record: RunRecord;
  readonly lock: HostLock;
  /** What is unknown since earlier runs of these hosts. */
  readonly warnings: (hosts: ReadonlySet<string>) => readonly Extract<RunEvent, { event: 'warning' }>[];
  /** Forgets the earlier runs that have nothing unknown but of these hosts: what was is found out. */
  readonly forget: (hosts: ReadonlySet<string>) => void;
}

/** @param place where runs are on record, and what tells inventories apart: hosts of the same name in two of them are two. */
export function exclusionOf(wanted: Exclusive, place: { readonly folder: string; readonly inventory: string }): Exclusion {
  const { folder, inventory } = place;
  const { pid, waitSeconds, breaks } = wanted;
  const record = recordIn(folder, inventory, pid);
  const earlier = earlierRuns(folder, inventory).filter(({ isGone }) => isGone);
  return {
    record,
    lock: {
      holder: { run: record.id, who: `${userInfo().username}@${hostname()}`, pid, since: new Date().toISOString() },
      waitSeconds,
      ...(breaks && { breaks: 'any' }),
      isGone: (run) => isGoneRun(folder, run),
    },
    warnings: (hosts) =>
      earlier.flatMap(({ since, underWay }) =>
        [...underWay]
          .filter(([host]) => hosts.has(host))
          .map(([host, what]) => ({
            event: 'warning' as const,
            host,
            message: `${host}: the run of ${since} was cut: it is unknown whether this was done: ${what}`,
            hint: 'This run finds out, and goes on from there.',
          })),
      ),
    forget: (hosts) =>
      forgetRuns(
        folder,
        earlier.filter(({ underWay }) => [...underWay.keys()].every((host) => hosts.has(host))).map(({ id }) => id),
      ),
  };
}
