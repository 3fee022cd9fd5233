import { Listr, type ListrRenderer } from 'listr2';
import type { Status } from '../engine/event.ts';
import { type Detail, linesOf } from './lines.ts';
import { closing, type Failure, failureOf } from './plain.ts';
import { isFinished, type Report, type TimedEvent } from './report.ts';
import { hostRows, type Row, statusRow } from './rows.ts';
import { screenOn, type Terminal } from './screen.ts';
import type { Style } from './style.ts';

/** Ten pictures a second: smooth to the eye, and next to nothing for the processor, whatever the number of events. */
const frameMs = 100;

interface Painter {
  paint(hosts: readonly string[]): void;
  close(): void;
}

/**
 * Paints at a steady rate and only the rows of hosts at work. (The default renderer of listr2 redraws the whole tree at every event: 40 s of
 * processor time for what is a second's work with 30 hosts.)
 */
class HostRenderer implements ListrRenderer {
  // We ask for this renderer only on a terminal; listr2 shall not decide again.
  static nonTTY = true;
  static rendererOptions: { readonly painter: Painter };
  static rendererTaskOptions: never;
  readonly #hosts: readonly string[];
  readonly #painter: Painter;
  #timer: NodeJS.Timeout | undefined;

  constructor(tasks: readonly { readonly title?: string }[], options: { readonly painter: Painter }) {
    this.#hosts = tasks.map((task) => task.title ?? '');
    this.#painter = options.painter;
  }

  render(): void {
    const paint = () => this.#painter.paint(this.#hosts);
    paint();
    this.#timer = setInterval(paint, frameMs);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#painter.close();
  }
}

/** A report that owns the terminal while it runs. */
export interface LiveReport extends Report {
  /** Shows a line that is no event, above the rows. */
  readonly notice: (line: string) => void;
  /** Takes the rows away and gives the cursor back, at once. */
  readonly close: () => void;
}

/**
 * A run on a terminal: a row for each host at work at the bottom; changes, failures and what is worth reading scroll by above; the recap at the
 * end.
 * @param now milliseconds since 1970.
 */
export function liveReport(terminal: Terminal, detail: Detail, style: Style, now: () => number): LiveReport {
  const screen = screenOn(terminal);
  const rows = new Map<string, Row>();
  const counts: Record<Status, number> = { ok: 0, changed: 0, skipped: 0, failed: 0, unreachable: 0 };
  const bad: Failure[] = [];
  const started = now();
  let list: { readonly settle: () => void; readonly done: Promise<unknown> } | undefined;
  /** Hosts that come to the run after its start. */
  const added = new Set<string>();
  const painter: Painter = {
    paint: (hosts) => {
      const shown = hostRows([...new Set([...hosts, ...added])], rows, terminal, style, now());
      screen.paint([...shown, statusRow(counts, now() - started, terminal, style)]);
    },
    close: () => screen.close(),
  };
  const finish = async () => {
    list?.settle();
    await list?.done;
    screen.close();
  };
  return {
    event: (event) => {
      if (event.event === 'run_start') list = listOf(event.hosts, painter);
      if (event.event === 'play_start') for (const host of event.hosts) added.add(host);
      const failure = failureOf(event);
      if (failure) bad.push(failure);
      if (event.event === 'host_unreachable') counts.unreachable += 1;
      if (isFinished(event)) {
        counts[event.status] += 1;
        // As in the recap: what was changed is ok too.
        if (event.status === 'changed') counts.ok += 1;
      }
      follow(rows, event, now());
      if (event.event === 'recap') {
        list?.settle();
        screen.close();
        screen.print(closing(event.hosts, bad, detail, style));
      } else {
        screen.print(linesOf(event, detail, style));
      }
    },
    end: finish,
    notice: (line) => screen.print([line]),
    close: () => screen.close(),
  };
}

/** A listr2 list with a task for each host, all of which end when `settle` is called. */
function listOf(hosts: readonly string[], painter: Painter) {
  let settle = () => {};
  const ended = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const list = new Listr(
    hosts.map((host) => ({ title: host, task: () => ended })),
    // The run decides what ^C means; listr2 would leave with 127 at once.
    { concurrent: true, renderer: HostRenderer, rendererOptions: { painter }, registerSignalListeners: false },
  );
  return { settle, done: list.run() };
}

/** What `event` says about what its host is doing now. */
function follow(rows: Map<string, Row>, event: TimedEvent, since: number): void {
  switch (event.event) {
    case 'host_connecting':
      rows.set(event.host, { text: `connecting to ${event.address}`, since, busy: true });
      return;
    case 'host_ready':
      rows.set(event.host, { text: 'reading its state', since, busy: true });
      return;
    case 'task_start':
      rows.set(event.host, { text: event.handler ? `handler: ${event.task}` : event.task, since, busy: true });
      return;
    case 'retry':
      rows.set(event.host, { text: `${event.task} (try ${event.attempt + 1} of ${event.retries + 1})`, since, busy: true });
      return;
    case 'task':
    case 'handler':
      rows.set(event.host, { text: event.task, since, busy: false });
      return;
    case 'host_unreachable':
      rows.delete(event.host);
      return;
    case 'run_start':
    case 'warning':
    case 'play_start':
    case 'recap':
      return;
  }
}
