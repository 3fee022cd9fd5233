import type { RunEvent, TaskEvent, TaskOutcome } from '../engine/event.ts';
import { formatProblem, formatSource } from '../values/errors.ts';
import { indented, oneLine, sanitizeAll } from './sanitize.ts';
import type { Style } from './style.ts';

/** How much is shown. */
export interface Detail {
  /** Number of `-v`: 1 skipped tasks, items, outputs and round trips; 2 whole outputs. */
  readonly verbosity: number;
  /** Only what went wrong, and the recap. */
  readonly quiet: boolean;
  /** Tasks that were `ok` and had nothing to say. */
  readonly ok: boolean;
}

const outputLines = 10;

/** The lines that tell of `raw`, without the recap; none if it is not to be shown. Host text in them is harmless. */
export function linesOf(raw: RunEvent, detail: Detail, style: Style): string[] {
  const event = sanitizeAll(raw);
  switch (event.event) {
    case 'run_start':
      return event.check && !detail.quiet ? [style.strong('CHECK MODE: the hosts are not changed.')] : [];
    case 'warning': {
      const { message, source, hint } = event;
      const text = formatProblem({ message, severity: 'warning', ...(source && { source }), ...(hint !== undefined && { hint }) });
      return detail.quiet ? [] : indented(text, '').map((line, index) => (index === 0 ? style.warning(line) : line));
    }
    case 'play_start':
      return detail.quiet ? [] : ['', style.strong(`PLAY [${oneLine(event.play)}]`) + style.faint(hostCount(event.hosts))];
    case 'host_ready':
      return detail.verbosity > 0 && !detail.quiet
        ? [style.faint(`ready: [${oneLine(event.host)}] round trip ${Math.round(event.rtt_ms)} ms, trips=${event.trips}`)]
        : [];
    case 'host_unreachable':
      return [
        style.status.unreachable(`unreachable: [${oneLine(event.host)}]`),
        ...indented(event.message, '  '),
        ...(event.hint === undefined ? [] : indented(event.hint, '  ')),
      ];
    case 'retry': {
      const tries = `(try ${event.attempt} of ${event.retries + 1} failed)`;
      return detail.quiet
        ? []
        : [style.faint(`retrying: [${oneLine(event.host)}] ${oneLine(event.task)} ${tries}`), ...indented(event.message, '  ').map(style.faint)];
    }
    case 'task':
    case 'handler':
      return taskLines(event, detail, style);
    case 'host_connecting':
    case 'task_start':
    case 'recap':
      break;
  }
  return [];
}

function hostCount(hosts: readonly string[]): string {
  if (hosts.length === 0) return ' no host matches';
  return hosts.length > 8 ? ` ${hosts.length} hosts` : ` ${hosts.map(oneLine).join(', ')}`;
}

function taskLines(event: TaskEvent, detail: Detail, style: Style): string[] {
  const shownItems = (event.items ?? []).filter((item) => isShown(item, { ...detail, ok: false }));
  if (!isShown(event, detail) && shownItems.length === 0) return [];
  const name = `[${oneLine(event.host)}] ${event.event === 'handler' ? 'handler: ' : ''}${oneLine(event.task)}`;
  // A loop's own message is that of its first failed item.
  const isToldByItems = isBad(event) && shownItems.some(isBad);
  const lines = [`${statusText(event, style)} ${name}`, ...(isToldByItems ? [] : body(event, event, detail, style, '  '))];
  for (const item of shownItems) {
    lines.push(`  ${statusText(item, style)} ${style.faint(`item=${oneLine(item.item)}`)}`, ...body(item, event, detail, style, '    '));
  }
  return lines;
}

function isShown(outcome: TaskOutcome, detail: Detail): boolean {
  if (isBad(outcome)) return !(detail.quiet && outcome.ignored === true);
  if (detail.quiet) return false;
  if (outcome.status === 'skipped') return detail.verbosity > 0;
  return detail.ok || detail.verbosity > 0 || outcome.status === 'changed' || outcome.message !== undefined;
}

function isBad({ status }: TaskOutcome): boolean {
  return status === 'failed' || status === 'unreachable';
}

function statusText(outcome: TaskOutcome, style: Style): string {
  return outcome.ignored === true && outcome.status === 'failed'
    ? style.warning('failed (ignored):')
    : style.status[outcome.status](`${outcome.status}:`);
}

function body(outcome: TaskOutcome, event: TaskEvent, detail: Detail, style: Style, indent: string): string[] {
  const bad = isBad(outcome);
  const place = bad ? `${formatSource(event.source)}: ` : '';
  const message = outcome.message ?? (place ? 'no reason was given' : undefined);
  return [
    ...(message === undefined ? [] : indented(place + message, indent)),
    ...(outcome.hint === undefined ? [] : indented(outcome.hint, indent)),
    // What was tried when it failed is mostly part of the reason already.
    ...outcome.changes.filter((change) => !(bad && message?.includes(change.summary))).flatMap((change) => indented(change.summary, indent)),
    ...outcome.changes.flatMap((change) => diffLines(change.diff, style, indent)),
    ...(bad || detail.verbosity > 0 ? outputOf(outcome, event.host, detail, style, indent) : []),
  ];
}

/** A unified diff, coloured, after `indent`. */
function diffLines(diff: string | undefined, style: Style, indent: string): string[] {
  if (diff === undefined || diff === '') return [];
  return indented(diff, '').map((line) => (line === '' ? '' : indent + colourOf(line, style)(line)));
}

function colourOf(line: string, style: Style): (text: string) => string {
  if (line.startsWith('+++') || line.startsWith('---')) return style.strong;
  if (line.startsWith('+')) return style.diff.added;
  if (line.startsWith('-')) return style.diff.removed;
  return line.startsWith('@@') ? style.diff.place : (text) => text;
}

function outputOf(outcome: TaskOutcome, host: string, detail: Detail, style: Style, indent: string): string[] {
  const { output, message = '' } = outcome;
  if (output === undefined) return [];
  // A short output stands in the message already.
  const isTold = (text: string) => detail.verbosity === 0 && message.endsWith(text);
  const streams = [
    { name: 'stdout', text: output.stdout },
    { name: 'stderr', text: output.stderr },
  ].filter(({ text }) => text.trim() !== '' && !isTold(text.trim()));
  const code =
    !message.includes(`exit code ${output.rc}`) && (detail.verbosity > 0 || streams.length === 0)
      ? [style.faint(`${indent}exit code ${output.rc}`)]
      : [];
  return [...code, ...streams.flatMap(({ name, text }) => lastLines(text, `${indent}${oneLine(host)} ${name} | `, detail, style))];
}

/** The end of an output, where the reason usually stands; all of it from -vv on. */
function lastLines(text: string, prefix: string, detail: Detail, style: Style): string[] {
  const lines = indented(text, prefix);
  if (detail.verbosity > 1 || lines.length <= outputLines + 1) return lines;
  return [style.faint(`${prefix}… ${lines.length - outputLines} lines before (-vv shows them)`), ...lines.slice(-outputLines)];
}
