// Commands of this machine, run without a shell, with an error that says what was run and what it said.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text or bytes for standard input; nothing when absent. */
  readonly input?: string | Uint8Array;
  readonly directory?: string;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds after which the command is killed; default 600. */
  readonly timeoutSeconds?: number;
}

/**
 * Runs a command and returns what it printed, whatever its exit code.
 * A command that cannot be started has code 127; one that is killed has code 124.
 */
export async function attempt(command: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('no command to run');
  const child = spawn(program, args, {
    cwd: options.directory,
    env: { ...process.env, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: (options.timeoutSeconds ?? 600) * 1000,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that does not read all of its input closes the pipe: its exit code tells, not the pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const started = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 124));
  const code = await started.catch((error: unknown) => {
    stderr.push(Buffer.from(error instanceof Error ? error.message : String(error)));
    return 127;
  });
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/**
 * Runs a command that has to succeed.
 * @returns what it printed on standard output
 * @throws Error with the command line, its exit code and the first and last lines that it printed
 */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const output = await attempt(command, options);
  if (output.code === 0) return output.stdout;
  const said = `${output.stdout}\n${output.stderr}`.trim().split('\n');
  const shown = said.length <= 40 ? said : [...said.slice(0, 10), '…', ...said.slice(-25)];
  throw new Error(`${command.join(' ')}\n  ended with exit code ${output.code} and said:\n  ${shown.join('\n  ')}`);
}

/** A command line out of groups of words that belong together. */
export function words(...groups: readonly (readonly string[])[]): string[] {
  return groups.flat();
}

/**
 * Waits until a condition holds, asking for it again and again.
 * @param what what is awaited, for the error
 * @param seconds how long at most
 * @param condition returns undefined as long as it does not hold
 * @throws Error when the time is over
 */
export async function waitFor<T>(what: string, seconds: number, condition: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await condition();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
