import type { Status } from '../engine/event.ts';
import { oneLine } from './sanitize.ts';
import { fit, type Terminal } from './screen.ts';
import type { Style } from './style.ts';

/** What a host is doing. */
export interface Row {
  readonly text: string;
  /** Milliseconds since 1970 when it began, or for an idle host when it ended. */
  readonly since: number;
  readonly busy: boolean;
}

const wheel = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const wheelStepMs = 100;
/** A host between two tasks keeps its row; one that waits for the others loses it. */
const idleMs = 1000;
/** Beyond this nobody reads the rows, and they push what has happened off the screen. */
const mostRows = 12;

/** A row for each host at work, in the order of `hosts`, as many as fit. */
export function hostRows(hosts: readonly string[], rows: ReadonlyMap<string, Row>, terminal: Terminal, style: Style, now: number): string[] {
  const active = hosts.flatMap((host) => {
    const row = rows.get(host);
    return row && (row.busy || now - row.since < idleMs) ? [{ host, row }] : [];
  });
  const room = Math.max(1, Math.min(mostRows, terminal.rows - 4));
  const shown = active.length > room ? active.slice(0, room - 1) : active;
  const width = Math.max(0, ...shown.map(({ host }) => oneLine(host).length));
  const turn = wheel[Math.floor(now / wheelStepMs) % wheel.length] ?? '';
  const lines = shown.map(({ host, row }) => {
    const time = row.busy && now - row.since >= 1000 ? ` ${seconds(now - row.since)}` : '';
    const name = oneLine(host).padEnd(width);
    const text = fit(`${turn} ${name}  ${oneLine(row.text)}`, terminal.columns - time.length);
    return text.startsWith(`${turn} ${name}`) ? `${turn} ${style.strong(name)}${text.slice(`${turn} ${name}`.length)}${style.faint(time)}` : text;
  });
  return shown.length < active.length ? [...lines, style.faint(fit(`… and ${active.length - shown.length} more hosts`, terminal.columns))] : lines;
}

/** The last row: what has happened so far. */
export function statusRow(counts: { readonly [status in Status]: number }, elapsedMs: number, terminal: Terminal, style: Style): string {
  const shown = (['ok', 'changed', 'failed', 'unreachable'] as const).filter(
    (status) => counts[status] > 0 || status === 'ok' || status === 'changed',
  );
  return style.faint(fit(`${shown.map((status) => `${status}=${counts[status]}`).join(' ')}  ${seconds(elapsedMs)}`, terminal.columns));
}

function seconds(milliseconds: number): string {
  const whole = Math.floor(milliseconds / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
