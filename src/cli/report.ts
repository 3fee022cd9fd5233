import { readFileSync } from 'node:fs';
import { plainReport } from '../report/plain.ts';
import type { TimedEvent } from '../report/report.ts';
import { fileReport } from '../report/save.ts';
import { parseSaved } from '../report/saved.ts';
import { InputError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';
import type { Define } from './context.ts';
import { addScreenOptions, type ScreenArguments } from './options.ts';
import { detailOf, styleFor } from './screen.ts';

interface Arguments extends ScreenArguments {
  readonly html?: string;
  readonly junit?: string;
}

const define: Define = (command, { io }) => {
  addScreenOptions(
    command
      .description('Turn a run that was kept with --save into text (on the screen), HTML or JUnit.')
      .argument('<file>', 'a file that homerun run --save has written')
      .option('--html <file>', 'write a report that opens in a browser, instead of text')
      .option('--junit <file>', 'write a report for continuous integration, instead of text'),
  ).action(async (file: string, options: Arguments) => {
    const events = parseSaved(read(file), file);
    if (options.html !== undefined) await write(options.html, events, (await import('../report/html.ts')).html);
    if (options.junit !== undefined) await write(options.junit, events, (await import('../report/junit.ts')).junit);
    if (options.html !== undefined || options.junit !== undefined) return;
    const report = plainReport((text) => io.output.write(text), detailOf(options), styleFor(io.output, io.environment, options.color));
    for (const event of events) report.event(event);
    await report.end();
  });
};
export default define;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw InputError.of(`${file} cannot be read: ${systemReason(error)}`, undefined, 'Save a run with: homerun run PLAYBOOK --save FILE');
  }
}

async function write(file: string, events: readonly TimedEvent[], build: (events: readonly TimedEvent[]) => string): Promise<void> {
  const report = fileReport(file, build);
  for (const event of events) report.event(event);
  await report.end();
}
