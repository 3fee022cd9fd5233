import { spawn } from 'node:child_process';
import * as z from 'zod';
import { main } from '../../src/cli/program.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { command } from '../command.ts';
import { projectRoot } from '../lab/places.ts';

const cost = z.object({ trips: z.number(), bytes_sent: z.number(), bytes_received: z.number(), ms: z.number() });

const count = z.object({
  ok: z.number(),
  changed: z.number(),
  unreachable: z.number(),
  failed: z.number(),
  skipped: z.number(),
  rescued: z.number(),
  ignored: z.number(),
  trips: z.number(),
  phases: z.object({ connect: cost, prefetch: cost, tasks: cost, handlers: cost }).optional(),
});

const taskEvent = z.object({
  event: z.enum(['task', 'handler']),
  host: z.string(),
  task: z.string(),
  module: z.string(),
  status: z.enum(['ok', 'changed', 'skipped', 'failed', 'unreachable']),
  message: z.string().optional(),
  hint: z.string().optional(),
  diff: z.string().optional(),
  output: z.object({ stdout: z.string(), stderr: z.string() }).optional(),
});

const unreachableEvent = z.object({ event: z.literal('host_unreachable'), host: z.string(), message: z.string(), hint: z.string().optional() });

const recapEvent = z.object({ event: z.literal('recap'), hosts: z.record(z.string(), count), exit_code: z.number() });

export type TaskLine = z.infer<typeof taskEvent>;
export type UnreachableLine = z.infer<typeof unreachableEvent>;
export type Counts = z.infer<typeof count>;

/** What one call of the command left. */
export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run with `--output json`, read back. */
export interface JsonRan extends Ran {
  readonly tasks: readonly TaskLine[];
  /** Hosts that could not be connected to, and why. */
  readonly unreachable: readonly UnreachableLine[];
  readonly recap: Readonly<Record<string, Counts>>;
  /** `host: task` of every task and handler that changed something. */
  readonly changed: readonly string[];
}

export interface CallOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly signal?: AbortSignal;
}

/** Calls the command line in this process: for hundreds of calls, of which each would take longer to start than to work. */
export async function homerunHere(args: readonly string[]): Promise<Ran> {
  const io = { ...fakeIo({ environment: process.env, workingFolder: projectRoot }), now: Date.now };
  const exitCode = await main(args, io);
  const { output, errors } = io.printed();
  return { exitCode, stdout: output, stderr: errors };
}

/** Calls the command line as a user would. Never rejects for an exit code. */
export function homerun(args: readonly string[], { environment = {}, folder = projectRoot, signal }: CallOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal && { signal, killSignal: 'SIGKILL' as const }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error) => (error.name === 'AbortError' ? undefined : reject(error)));
    child.on('close', (exitCode) => resolve({ exitCode, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }));
  });
}

/** `homerun run` or `check` with its events read. @param call how the command line is called. */
export async function converge(
  action: 'run' | 'check',
  args: readonly string[],
  options: CallOptions = {},
  call: (args: readonly string[], options: CallOptions) => Promise<Ran> = homerun,
): Promise<JsonRan> {
  const ran = await call([action, ...args, '--output', 'json'], options);
  const events = ran.stdout.split('\n').flatMap((line): unknown[] => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const read = <T>(form: z.ZodType<T>): T[] => events.flatMap((event) => form.safeParse(event).data ?? []);
  const tasks = read(taskEvent);
  const recap = read(recapEvent)[0]?.hosts ?? {};
  const changed = tasks.filter(({ status }) => status === 'changed').map(({ host, task }) => `${host}: ${task}`);
  return { ...ran, tasks, unreachable: read(unreachableEvent), recap, changed };
}

/** What went wrong, for a test's message: failed tasks, the recap, what was said on standard error. */
export function complaint({ exitCode, tasks, unreachable, stderr }: JsonRan): string {
  const failed = tasks.filter(({ status }) => status === 'failed' || status === 'unreachable');
  const lines = [
    ...unreachable.map(({ host, message }) => `${host}: ${message}`),
    ...failed.map(({ host, task, message }) => `${host}: ${task}: ${message ?? ''}`),
  ];
  return [`exit code ${exitCode}`, ...lines, stderr.slice(-2000)].join('\n');
}
