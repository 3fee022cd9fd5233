import { jsonReport } from '../report/json.ts';
import type { LiveReport } from '../report/live.ts';
import { plainReport } from '../report/plain.ts';
import { combine, type Report } from '../report/report.ts';
import { fileReport, saveReport } from '../report/save.ts';
import { InputError } from '../values/errors.ts';
import type { Io } from './io.ts';
import type { RunArguments } from './options.ts';
import { detailOf, styleFor } from './screen.ts';

/** The reports that the options ask for, as one. */
export interface Reports {
  readonly report: Report;
  /** Tells the user something that is no event, without disturbing what the screen shows. */
  readonly notice: (line: string) => void;
  /** Gives the terminal back at once, for when there is no time to end in order. */
  readonly release: () => void;
}

/** Opens every report. @throws InputError when a file cannot be written, so that no run begins whose report would be lost. */
export async function openReports(options: RunArguments, io: Io): Promise<Reports> {
  refuseTwice(options);
  const files: Report[] = [];
  if (options.html !== undefined) files.push(fileReport(options.html, (await import('../report/html.ts')).html));
  if (options.junit !== undefined) files.push(fileReport(options.junit, (await import('../report/junit.ts')).junit));
  // This one keeps its file open, so nothing may fail after it.
  if (options.save !== undefined) files.push(saveReport(options.save));
  const screen = await screenReport(options, io);
  // Files first: what the screen shows last is the recap.
  return {
    report: combine([...files, screen]),
    notice: screen.notice ?? ((line) => io.errors.write(`${line}\n`)),
    release: screen.close ?? (() => {}),
  };
}

function refuseTwice({ save, html, junit }: RunArguments): void {
  const given = [save, html, junit].filter((file) => file !== undefined);
  if (new Set(given).size < given.length) throw InputError.of('--save, --html and --junit must name different files');
}

async function screenReport(options: RunArguments, io: Io): Promise<Report & Partial<LiveReport>> {
  const write = (text: string) => io.output.write(text);
  const isLive = io.output.isTerminal && io.environment['TERM'] !== 'dumb';
  const form = options.output ?? (isLive ? 'live' : 'plain');
  if (form === 'json') return jsonReport(write);
  const detail = detailOf(options);
  const style = styleFor(io.output, io.environment, options.color);
  if (form === 'plain') return plainReport(write, detail, style);
  if (!isLive) {
    io.errors.write('warning: --output live needs a terminal: plain lines are shown instead\n');
    return plainReport(write, detail, style);
  }
  const { liveReport } = await import('../report/live.ts');
  return liveReport(io.output, { ...detail, ok: detail.verbosity > 0 }, style, io.now);
}
