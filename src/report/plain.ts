import type { Recap, TaskEvent } from '../engine/event.ts';
import { formatSource } from '../values/errors.ts';
import { type Detail, linesOf } from './lines.ts';
import { costLines, recapLines } from './recap.ts';
import type { Report, TimedEvent } from './report.ts';
import { oneLine, sanitizeAll } from './sanitize.ts';
import type { Style } from './style.ts';

/** A run as plain lines, in the order in which things happen, with the recap at the end. @param write takes whole lines, each with its newline. */
export function plainReport(write: (text: string) => void, detail: Detail, style: Style): Report {
  const bad: Failure[] = [];
  return {
    event: (event) => {
      const failure = failureOf(event);
      if (failure) bad.push(failure);
      const lines = event.event === 'recap' ? closing(event.hosts, bad, detail, style) : linesOf(event, detail, style);
      if (lines.length > 0) write(`${lines.join('\n')}\n`);
    },
    end: () => Promise.resolve(),
  };
}

/** What stopped a host, in one line. */
export interface Failure {
  readonly host: string;
  readonly text: string;
}

/** The failure that `event` tells of, if it does and the failure counts. */
export function failureOf(event: TimedEvent): Failure | undefined {
  if (event.event === 'host_unreachable') return { host: event.host, text: firstLine(event.message) };
  if (event.event !== 'task' && event.event !== 'handler') return undefined;
  if (event.ignored === true || (event.status !== 'failed' && event.status !== 'unreachable')) return undefined;
  return { host: event.host, text: `${oneLine(event.task)}: ${oneLine(formatSource(event.source))}: ${reason(event)}` };
}

function reason(event: TaskEvent): string {
  const item = event.items?.find((item) => item.status === 'failed' || item.status === 'unreachable');
  return firstLine(item ? `item=${item.item}: ${item.message ?? ''}` : (event.message ?? ''));
}

function firstLine(text: string): string {
  return oneLine(text.split('\n', 1)[0] ?? '');
}

/** The end of a run: on several hosts, what went wrong once more (it may have scrolled away); then the recap. */
export function closing(hosts: { readonly [host: string]: Recap }, bad: readonly Failure[], detail: Detail, style: Style): string[] {
  const again = Object.keys(hosts).length > 1 && bad.length > 0 && !detail.quiet;
  const costs = detail.verbosity > 0 ? costLines(hosts) : [];
  return [
    ...(costs.length > 0 ? ['', style.strong('COSTS'), ...costs] : []),
    ...(again ? ['', style.strong('FAILURES'), ...bad.map(({ host, text }) => `${style.status.failed(oneLine(host))} ${text}`)] : []),
    '',
    style.strong('PLAY RECAP'),
    ...recapLines(sanitizeAll(hosts), style, detail.verbosity > 0),
  ];
}
