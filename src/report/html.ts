import type { Recap, Status, TaskOutcome } from '../engine/event.ts';
import { formatProblem, formatSource } from '../values/errors.ts';
import { pageStyle } from './html-style.ts';
import { type Markup, markup } from './markup.ts';
import { type FinishedEvent, isFinished, type TimedEvent } from './report.ts';

const statuses: readonly Status[] = ['failed', 'unreachable', 'changed', 'ok', 'skipped'];

/**
 * A run as one HTML file that needs nothing else: no script, no font, no picture, nothing from the network (its own content security policy
 * forbids all of it). All text is escaped.
 */
export function html(events: readonly TimedEvent[]): string {
  const first = Date.parse(events[0]?.time ?? '') || 0;
  const last = Date.parse(events.at(-1)?.time ?? '') || first;
  const recap = events.findLast((event) => event.event === 'recap');
  const check = events.some((event) => event.event === 'run_start' && event.check);
  const hosts = hostsOf(events);
  const title = check ? 'homerun: what would change' : 'homerun: a run';
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${{ markup: pageStyle }}</style>
</head>
<body>
<h1>${title}</h1>
<p>${new Date(first).toISOString()} · ${duration(last - first)} · ${ending(recap?.exit_code)}</p>
${events.filter((event) => event.event === 'warning').map(warning)}${recap && recapTable(recap.hosts)}
${statuses.map((status) => markup`<input type="checkbox" id="show-${status}"${{ markup: status === 'skipped' ? '' : ' checked' }}><label for="show-${status}" class="${status}">${status}</label>\n`)}
<main>
${hosts.map((host) => hostSection(host, events, first, Math.max(1, last - first)))}
</main>
</body>
</html>
`;
  return page.markup;
}

function hostsOf(events: readonly TimedEvent[]): readonly string[] {
  return [...new Set(events.flatMap((event) => (event.event === 'run_start' ? event.hosts : 'host' in event ? [event.host] : [])))];
}

function ending(exitCode: number | undefined): string {
  if (exitCode === undefined) return 'the run did not end';
  const meanings: { readonly [code: number]: string } = {
    0: 'all well',
    1: 'wrong input',
    2: 'a task failed',
    3: 'differences found',
    4: 'a host was unreachable',
    130: 'interrupted',
  };
  return `${meanings[exitCode] ?? 'ended'} (exit code ${exitCode})`;
}

function warning({ message, source, hint }: Extract<TimedEvent, { event: 'warning' }>): Markup {
  return markup`<p class="changed">${formatProblem({ message, severity: 'warning', ...(source && { source }) })} <small>${hint}</small></p>
`;
}

function recapTable(hosts: { readonly [host: string]: Recap }): Markup {
  const columns = ['ok', 'changed', 'unreachable', 'failed', 'skipped', 'rescued', 'ignored', 'trips'] as const;
  const rows = Object.entries(hosts).map(
    ([host, recap]) =>
      markup`<tr><th scope="row">${host}</th>${columns.map((column) => markup`<td class="${recap[column] > 0 ? column : ''}">${recap[column]}</td>`)}</tr>\n`,
  );
  return markup`<table><thead><tr><th scope="col">host</th>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table>`;
}

function hostSection(host: string, events: readonly TimedEvent[], start: number, total: number): Markup {
  const finished = events.filter(isFinished).filter((event) => event.host === host);
  const lost = events.filter((event) => event.event === 'host_unreachable').filter((event) => event.host === host);
  return markup`<section><h2>${host}</h2>
${lost.map((event) => markup`<p class="unreachable"><b>unreachable</b> ${event.message}<br>${event.hint}</p>\n`)}<div class="bar">${finished.map((event) => bar(event, start, total))}</div>
${finished.map(taskEntry)}</section>
`;
}

/** A task on the host's time line. Times of events are those of their ends. */
function bar(event: FinishedEvent, start: number, total: number): Markup {
  const end = Date.parse(event.time) - start;
  const left = Math.max(0, Math.min(100, ((end - event.durationMs) / total) * 100));
  const width = Math.max(0.15, Math.min(100 - left, (event.durationMs / total) * 100));
  return markup`<i class="${event.status}" style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%" title="${event.task}: ${duration(event.durationMs)}"></i>`;
}

function taskEntry(event: FinishedEvent): Markup {
  const open = event.ignored !== true && (event.status === 'failed' || event.status === 'unreachable');
  const items = (event.items ?? []).map(
    (item) => markup`<div class="item"><b class="${item.status}">${item.status}</b> ${item.item}${story(item)}</div>`,
  );
  const name = event.event === 'handler' ? `handler: ${event.task}` : event.task;
  const status = event.ignored === true ? `${event.status} (ignored)` : event.status;
  return markup`<details class="task ${event.status}"${{ markup: open ? ' open' : '' }}><summary><b class="${event.status}">${status}</b> ${name} <small>${duration(event.durationMs)}</small></summary>
<p><small>${event.play} · ${event.module} · ${formatSource(event.source)}</small></p>${story(event)}${items}</details>
`;
}

function story(outcome: TaskOutcome): Markup {
  const { output } = outcome;
  return markup`${text(outcome.message)}${text(outcome.hint)}${outcome.changes.map((change) => markup`<p>${change.summary}</p>${diffBlock(change.diff)}`)}${
    output && markup`<p><small>exit code ${output.rc}</small></p>${block(output.stdout)}${block(output.stderr)}`
  }`;
}

function text(message: string | undefined): Markup | undefined {
  return message === undefined ? undefined : markup`<p class="message">${message}</p>`;
}

function block(output: string): Markup | undefined {
  return output.trim() === '' ? undefined : markup`<pre>${output}</pre>`;
}

function diffBlock(diff: string | undefined): Markup | undefined {
  if (diff === undefined || diff === '') return undefined;
  const lines = diff.replace(/\n$/, '').split('\n');
  return markup`<pre>${lines.map((line) => markup`<span class="${lineClass(line)}">${line}</span>\n`)}</pre>`;
}

function lineClass(line: string): string {
  if (line.startsWith('+++') || line.startsWith('---')) return 'file';
  if (line.startsWith('+')) return 'added';
  if (line.startsWith('-')) return 'removed';
  return line.startsWith('@@') ? 'place' : '';
}

function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}
