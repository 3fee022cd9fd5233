import type { RunOptions } from '../engine/run.ts';
import { type Report, timed } from '../report/report.ts';
import type { Context } from './context.ts';
import { interruptible } from './interrupt.ts';
import type { Io } from './io.ts';
import type { RunArguments } from './options.ts';
import { askPasswords } from './passwords.ts';
import { exitCodes, explain, printProblems } from './problems.ts';
import { openReports } from './reports.ts';
import { runOptions } from './run-options.ts';

/** What `run` and `check` differ in. */
export interface Mode {
  readonly check: boolean;
  readonly diff: boolean;
}

/** Runs playbooks with reports, passwords and ^C. @returns the exit code. @throws InputError */
export async function converge(playbooks: readonly string[], options: RunArguments, mode: Mode, context: Context): Promise<number> {
  const { io } = context;
  if (options.listHosts || options.listTasks || options.listTags) return list(playbooks, options, io);
  const run = await context.engine();
  const passwords = await askPasswords(options, io);
  const reports = await openReports(options, io);
  const exclusive = { pid: io.pid, waitSeconds: options.lockTimeout, breaks: options.breakLock === true };
  const wanted: RunOptions = { ...runOptions(options, io, passwords), playbooks, exclusive, ...mode, masker: context.masker };
  let code: number = exitCodes.taskFailed;
  const off = io.onCrash(() => reports.release());
  try {
    code = await interruptible(io, reports, (signal) => run(wanted, timed(reports.report, io.now), signal));
  } finally {
    reports.release();
    const isWritten = await ended(reports.report, context);
    off();
    if (!isWritten && code === exitCodes.ok) code = exitCodes.taskFailed;
  }
  return code;
}

async function list(playbooks: readonly string[], options: RunArguments, io: Io): Promise<number> {
  const [{ loadRun }, { listing }] = await Promise.all([import('./load.ts'), import('./list.ts')]);
  const wanted = { ...runOptions(options, io), playbooks };
  const loaded = await loadRun(wanted);
  printProblems(io, loaded.warnings);
  io.output.write(listing(loaded, wanted, options, options.startAtTask));
  return exitCodes.ok;
}

/** Ends the reports. The hosts are as they are, whatever becomes of the reports: so this is told and does not hide how the run ended. */
async function ended(report: Report, { io, masker }: Context): Promise<boolean> {
  try {
    await report.end();
    return true;
  } catch (error) {
    explain(masker.error(error), io, 0);
    return false;
  }
}
