// What one command costs: wall-clock time, CPU time and memory of it and of all that it starts.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { projectRoot } from '../lab/places.ts';

export interface Command {
  readonly argv: readonly string[];
  /** Default: the project's root. */
  readonly directory?: string;
  /** Added to a bare environment: what a person has set here for one of the tools does not count. */
  readonly environment?: Readonly<Record<string, string>>;
}

const measured = z.object({ code: z.number().nullable(), seconds: z.number(), cpuSeconds: z.number(), peakBytes: z.number() });

/** What a command cost, and what it printed. `code` is null when it was ended because its time was over. */
export type Cost = Readonly<z.infer<typeof measured>> & { readonly stdout: string; readonly stderr: string };

const bare = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: homedir(), LANG: 'C.UTF-8' };

const program = join(projectRoot, 'test/bench/cost.py');

/**
 * Runs a command to its end. The measuring process itself counts neither as time nor as CPU.
 * @param limitSeconds after which the command is ended
 * @throws Error when it cannot be started at all
 */
export async function costOf({ argv, directory = projectRoot, environment = {} }: Command, limitSeconds: number): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-bench-'));
  try {
    const result = join(folder, 'cost.json');
    const child = spawn('/usr/bin/python3', ['-I', program, result, String(limitSeconds), ...argv], {
      cwd: directory,
      env: { ...bare, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    const [code] = await once(child, 'close');
    const said = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
    if (code !== 0) throw new Error(`${argv.join(' ')} was not measured: ${said.stderr.slice(-1000)}`);
    return { ...measured.parse(JSON.parse(readFileSync(result, 'utf8'))), ...said };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
