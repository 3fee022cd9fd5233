import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, Output } from '../../src/values/command.ts';
import { Secret } from '../../src/values/secret.ts';
import { isStream } from '../../src/values/stream.ts';

/** A POSIX shell of this machine, with the tools that belong to it. */
export interface Shell {
  readonly name: string;
  readonly program: readonly [string, ...string[]];
  readonly path: string;
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The shells that hosts come with, as far as they are here: dash and bash with the system's tools, BusyBox with its own alone. */
export function shells(): readonly Shell[] {
  return known;
}

function findShells(): readonly Shell[] {
  const found: Shell[] = [];
  if (existsSync('/bin/dash')) found.push({ name: 'dash', program: ['/bin/dash'], path: systemPath });
  if (existsSync('/bin/bash')) found.push({ name: 'bash', program: ['/bin/bash', '--posix'], path: systemPath });
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox) found.push({ name: 'busybox', program: [busybox, 'sh'], path: applets(busybox) });
  return found;
}

function applets(busybox: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-busybox-'));
  spawnSync(busybox, ['--install', '-s', folder]);
  process.once('exit', () => spawnSync('rm', ['-rf', folder]));
  if (readdirSync(folder).length === 0) throw new Error(`${busybox} --install gave no applets`);
  return folder;
}

const known = findShells();

/** Runs `script` as a step of a session runs: a subshell with LC_ALL=C, nothing but `stdin` on its input. */
export function runScript(shell: Shell, script: string, stdin: string | Uint8Array = ''): Promise<Output> {
  const [program, ...options] = shell.program;
  const child = spawn(program, [...options, '-c', `(\n${script}\n)`], { env: { PATH: shell.path, LC_ALL: 'C', HOME: '/nonexistent' }, cwd: '/' });
  const streams = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (data: Buffer) => streams.stdout.push(data));
  child.stderr.on('data', (data: Buffer) => streams.stderr.push(data));
  // A script that does not read its input closes it early.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ rc: code ?? 255, stdout: Buffer.concat(streams.stdout).toString(), stderr: Buffer.concat(streams.stderr).toString() }),
    );
  });
}

/** All that a command gets on its input. */
async function inputOf({ stdin }: Command): Promise<string | Uint8Array | undefined> {
  if (stdin instanceof Secret) return stdin.reveal();
  if (!isStream(stdin)) return stdin;
  const pieces: Uint8Array[] = [];
  for await (const piece of stdin.pieces()) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

/** Runs a command as `runScript` runs its script. */
export function run(shell: Shell, command: Command): Promise<Output> {
  return inputOf(command).then((stdin) => runScript(shell, command.script, stdin));
}
