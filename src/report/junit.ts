import type { TaskEvent } from '../engine/event.ts';
import { linesOf } from './lines.ts';
import { type Markup, markup } from './markup.ts';
import { type FinishedEvent, isFinished, type TimedEvent } from './report.ts';
import { styleOf } from './style.ts';

type Unreachable = Extract<TimedEvent, { event: 'host_unreachable' }>;

/**
 * A run as JUnit XML for a continuous integration service: a suite a host, a case a task. A task that failed is a failure, a lost host an error;
 * failures that do not count (ignored, rescued) are passed cases with their story in `system-out`.
 */
export function junit(events: readonly TimedEvent[]): string {
  const finished = events.filter(isFinished);
  const lost = events.filter((event) => event.event === 'host_unreachable');
  const hosts = [...new Set([...hostsOf(events), ...finished.map((event) => event.host), ...lost.map((event) => event.host)])];
  const suites = hosts.map((host) =>
    suite(
      host,
      events[0]?.time ?? '',
      finished.filter((event) => event.host === host),
      lost.filter((event) => event.host === host),
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${markup`<testsuites name="homerun">\n${suites}</testsuites>\n`.markup}`;
}

function hostsOf(events: readonly TimedEvent[]): readonly string[] {
  return events.flatMap((event) => (event.event === 'run_start' ? event.hosts : []));
}

function suite(host: string, start: string, finished: readonly FinishedEvent[], lost: readonly Unreachable[]): Markup {
  const failures = finished.filter((event) => event.status === 'failed' && event.ignored !== true).length;
  const errors = finished.filter((event) => event.status === 'unreachable' && event.ignored !== true).length + lost.length;
  const skipped = finished.filter((event) => event.status === 'skipped').length;
  const time = seconds(finished.reduce((sum, event) => sum + event.durationMs, 0));
  const cases = [...lost.map(lostCase), ...finished.map(taskCase)];
  return markup`  <testsuite name="${host}" timestamp="${start.replace(/\.\d+Z$/, '')}" tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${time}">
${cases}  </testsuite>
`;
}

function lostCase(event: Unreachable): Markup {
  const text = event.hint === undefined ? event.message : `${event.message}\n${event.hint}`;
  return markup`    <testcase classname="${event.host}" name="connect" time="0.000"><error message="${event.message}">${text}</error></testcase>
`;
}

function taskCase(event: FinishedEvent): Markup {
  const name = event.event === 'handler' ? `handler: ${event.task}` : event.task;
  const { file, line } = event.source;
  return markup`    <testcase classname="${event.play}" name="${name}" file="${file}" line="${line}" time="${seconds(event.durationMs)}">${verdictOf(event)}</testcase>
`;
}

function verdictOf(event: TaskEvent): Markup | undefined {
  const message = event.message ?? event.status;
  const story = linesOf(event, { verbosity: 1, quiet: false, ok: true }, styleOf(false)).slice(1).join('\n');
  if (event.status === 'skipped') return markup`<skipped message="${message}"/>`;
  if (event.status === 'failed' && event.ignored !== true) {
    return markup`<failure message="${message}" type="${event.module}">${story}</failure>`;
  }
  if (event.status === 'unreachable' && event.ignored !== true) return markup`<error message="${message}" type="unreachable">${story}</error>`;
  return story === '' ? undefined : markup`<system-out>${story}</system-out>`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
