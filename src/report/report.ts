import type { RunEvent, TaskEvent } from '../engine/event.ts';

/** An event and when it happened: ISO 8601 in UTC, with milliseconds. */
export type TimedEvent = RunEvent & { readonly time: string };

/** A task or handler that came to its end on one host. */
export type FinishedEvent = TaskEvent & { readonly time: string };

/** Whether `event` is the end of a task or handler. */
export function isFinished(event: TimedEvent): event is FinishedEvent {
  return event.event === 'task' || event.event === 'handler';
}

/** Something that shows or keeps a run. Events come in the order in which they happened. */
export interface Report {
  event(event: TimedEvent): void;
  /** Called once, after the last event, also when the run was interrupted or broke. What the report holds back is written then. @throws InputError when it cannot be. */
  end(): Promise<void>;
}

/** One report that passes everything on to `reports`, in their order. Its `end` ends all of them, and then throws what the first of them threw. */
export function combine(reports: readonly Report[]): Report {
  return {
    event: (event) => {
      for (const report of reports) report.event(event);
    },
    end: async () => {
      const ends = await Promise.allSettled(reports.map((report) => report.end()));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };
}

/** Puts the time on events as they come. @param now milliseconds since 1970. */
export function timed(report: Report, now: () => number): (event: RunEvent) => void {
  return (event) => report.event({ ...event, time: new Date(now()).toISOString() });
}
