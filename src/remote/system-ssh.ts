import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

// The one file that starts the system's own ssh, by its arguments. Each is in a session of its own: ^C at the terminal is homerun's to
// answer, and there is no terminal to ask on.

/** What a call of ssh came to. */
export interface SshAnswer {
  /** Undefined: it was ended, as its time was up. */
  readonly code: number | undefined;
  readonly output: string;
  readonly errors: string;
}

const mostOutput = 2 ** 20;

/** Runs ssh to its end, without input. Gives undefined where there is no ssh. */
export function askSsh(words: readonly string[], seconds: number): Promise<SshAnswer | undefined> {
  return new Promise((resolve) => {
    const child = spawn('ssh', [...words], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, timeout: seconds * 1000, killSignal: 'SIGKILL' });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(0, mostOutput)));
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(0, mostOutput)));
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? undefined : { code: 127, output: '', errors: error.message }),
    );
    child.on('close', (code) => resolve({ code: code ?? undefined, output, errors }));
  });
}

const log = 'log';

// Ends ssh when its own input ends, which is so too when homerun is killed, passes on its log, and leaves nothing of the folder ($0) behind. What is
// started in the background has no input but by another descriptor. The log is a pipe, as a host can make it long; at last it is opened for whoever still
// waits for an ssh that never came to open it.
const keeper = [
  `mkfifo -m 600 "$0/${log}" || exit 1`,
  'exec 3<&0 </dev/null',
  `cat "$0/${log}" 3<&- &`,
  '"$@" 3<&- & ssh=$!',
  '{ cat <&3; kill "$ssh"; } >/dev/null 2>&1 & reader=$!',
  'exec 3<&-',
  'wait "$ssh" 2>/dev/null; code=$?',
  'kill "$reader" 2>/dev/null',
  `: <>"$0/${log}"`,
  'rm -rf -- "$0"; exit "$code"',
].join('\n');

/** An ssh with its three streams. */
export type RunningSsh = ChildProcess & { readonly stdin: NonNullable<ChildProcess['stdin']> } & {
  readonly stdout: NonNullable<ChildProcess['stdout']>;
  readonly stderr: NonNullable<ChildProcess['stderr']>;
};

/** Starts ssh. A terminal that it asks a host for can do nothing but show text. */
export function startSsh(words: readonly string[]): RunningSsh {
  return spawn('env', ['TERM=dumb', 'ssh', ...words], { stdio: 'pipe', detached: true });
}

/**
 * Starts an ssh that others use, by way of a socket in `folder`. It ends when its input does; the folder goes with it, also if this process is killed.
 * What it says itself comes on standard output; on standard error is what it shows of others: the host's banner, and programs that it has started.
 * @param variables of the environment for it, `NAME=value`
 */
export function startMaster(folder: string, variables: readonly string[], words: readonly string[]): RunningSsh {
  return spawn('/bin/sh', ['-c', keeper, folder, 'env', ...variables, 'ssh', '-E', join(folder, log), ...words], { stdio: 'pipe', detached: true });
}

/** Makes a named pipe that nobody else can open. @returns whether it is there */
export function makePipe(path: string): boolean {
  return spawnSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' }).status === 0;
}
