import type { TaskEvent, TaskOutcome } from '../engine/event.ts';
import type { Source } from '../values/errors.ts';
import type { TimedEvent } from './report.ts';

/**
 * An event as scripts read it: one JSON object. Field names are a promise (docs/reference); absent fields are left out. Nothing is escaped for
 * the screen here: JSON carries any text.
 */
export type EventRecord = { readonly event: string; readonly time: string } & { readonly [field: string]: unknown };

/** The record of `event`; undefined for those that only move a live display. */
export function recordOf(event: TimedEvent): EventRecord | undefined {
  const { time } = event;
  switch (event.event) {
    case 'run_start':
      return { event: 'run_start', time, plays: event.plays, hosts: event.hosts, check: event.check };
    case 'warning':
      return {
        event: 'warning',
        time,
        ...given({ host: event.host }),
        ...(event.source && place(event.source)),
        message: event.message,
        ...given({ hint: event.hint }),
      };
    case 'play_start':
      return { event: 'play_start', time, play: event.play, hosts: event.hosts };
    case 'host_ready':
      return { event: 'host_ready', time, host: event.host, rtt_ms: event.rtt_ms, trips: event.trips };
    case 'host_unreachable':
      return { event: 'host_unreachable', time, host: event.host, status: 'unreachable', message: event.message, ...given({ hint: event.hint }) };
    case 'retry': {
      const { host, task, message, attempt, retries } = event;
      return { event: 'retry', time, host, task, message, attempt, retries };
    }
    case 'task':
    case 'handler':
      return taskRecord(event, time);
    case 'recap':
      return { event: 'recap', time, hosts: event.hosts, exit_code: event.exit_code };
    case 'host_connecting':
    case 'task_start':
      break;
  }
  return undefined;
}

function taskRecord(event: TaskEvent, time: string): EventRecord {
  const { host, play, task, module, check, items } = event;
  return {
    event: event.event,
    time,
    host,
    play,
    task,
    ...place(event.source),
    module,
    ...outcomeRecord(event),
    check,
    ...(items && { items: items.map((item) => ({ item: item.item, ...outcomeRecord(item) })) }),
  };
}

function place({ file, line, column }: Source): { readonly [field: string]: unknown } {
  return { path: `${file}:${line}`, column };
}

function outcomeRecord(outcome: TaskOutcome): { readonly [field: string]: unknown } {
  const diff = outcome.changes.map((change) => change.diff ?? '').join('');
  return {
    status: outcome.status,
    ...given({ message: outcome.message, hint: outcome.hint, ignored: outcome.ignored, output: outcome.output }),
    ...(outcome.changes.length > 0 && { changes: outcome.changes.map((change) => change.summary) }),
    ...(diff !== '' && { diff }),
    duration_ms: Math.round(outcome.durationMs),
  };
}

function given(fields: { readonly [field: string]: unknown }): { readonly [field: string]: unknown } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
