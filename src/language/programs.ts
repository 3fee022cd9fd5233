import { spawnSync } from 'node:child_process';
import { systemReason } from '../values/system-error.ts';

/** How a program of this machine ended. */
export type ProgramEnd =
  | { readonly output: Uint8Array; readonly errors: string; readonly code: number }
  /** It could not be started, or was ended: what happened, as the end of a sentence. */
  | { readonly failure: string; readonly errors: string };

/** Runs a program to its end; what inventories need of the machine besides its files. */
export type RunProgram = (path: string, args: readonly string[]) => ProgramEnd;

/** What an inventory of tens of thousands of hosts prints. */
const maxOutputBytes = 64 * 1024 * 1024;

/** @param seconds how long each may take. @param environment its variables. */
export function createRunProgram(workingFolder: string, environment: Readonly<Record<string, string | undefined>>, seconds = 120): RunProgram {
  return (path, args) => {
    const { error, status, signal, stdout, stderr } = spawnSync(path, [...args], {
      cwd: workingFolder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: maxOutputBytes,
    });
    // Nothing at all where it could not be started.
    const errors = ((stderr as Buffer | null) ?? Buffer.alloc(0)).toString();
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    if (code === 'ETIMEDOUT') return { failure: `took longer than ${seconds} s, and was ended`, errors };
    if (code === 'ENOBUFS') return { failure: `printed more than ${maxOutputBytes / 1024 / 1024} MiB, and was ended`, errors };
    if (code === 'ENOENT') return { failure: 'cannot be run: what its first line names after #! is not there', errors };
    if (error) return { failure: `cannot be run: ${systemReason(error)}`, errors };
    if (status === null) return { failure: `was ended by ${signal}`, errors };
    return { output: stdout, errors, code: status };
  };
}
