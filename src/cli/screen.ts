import type { Detail } from '../report/lines.ts';
import { type Style, styleOf } from '../report/style.ts';
import type { Io, Printer } from './io.ts';
import type { ScreenArguments } from './options.ts';

/** Colours on a terminal; NO_COLOR (no-color.org) and --no-color turn them off, FORCE_COLOR turns them on elsewhere. */
export function styleFor(printer: Printer, environment: Io['environment'], wanted: boolean): Style {
  const { NO_COLOR: none, FORCE_COLOR: forced, TERM: terminal } = environment;
  if (!wanted || (none !== undefined && none !== '')) return styleOf(false);
  if (forced !== undefined && forced !== '' && forced !== '0') return styleOf(true);
  return styleOf(printer.isTerminal && terminal !== 'dumb');
}

/** How much the options ask to see. */
export function detailOf(options: ScreenArguments): Detail {
  return { verbosity: options.verbose, quiet: options.quiet === true, ok: true };
}
