import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Channel, createRelay } from '../../src/remote/channel.ts';
import { killLine } from '../../src/remote/ending.ts';
import { openShell } from '../../src/remote/shell.ts';
import { waitForLine } from '../../src/remote/start.ts';

/** A shell that hosts have as /bin/sh. */
export interface HostShell {
  readonly name: string;
  readonly program: string;
}

/** Those of them that are here. */
export const hostShells: readonly HostShell[] = [
  { name: 'dash', program: '/bin/dash' },
  { name: 'bash', program: '/bin/bash --posix' },
  { name: 'busybox', program: '/usr/bin/busybox sh' },
].filter(({ program }) => existsSync(program.split(' ')[0] ?? ''));

/** Who runs a shell: nobody but root can be somebody else. */
export interface Owner {
  readonly home: string;
  readonly uid?: number;
}

/** A user with a fresh home folder below `folder`. */
export function makeOwner(folder: string): Owner {
  const home = mkdtempSync(join(folder, 'home-'));
  if (process.getuid?.() !== 0) return { home };
  const uid = 65534;
  chownSync(home, uid, uid);
  return { home, uid };
}

/** A channel of this machine on which `shell` stands wherever a host's /bin/sh would. */
export function shellChannel(shell: HostShell, owner: Owner = { home: '/tmp' }): Channel & { readonly pid: number } {
  const [program = '', ...options] = shell.program.split(' ');
  const child = spawn(program, [...options, '-c', waitForLine], {
    detached: true,
    env: { PATH: process.env['PATH'], HOME: owner.home, TERM: 'dumb' },
    ...(owner.uid !== undefined && { uid: owner.uid, gid: owner.uid }),
  });
  const relay = createRelay();
  child.stdout.on('data', relay.stdout);
  child.stderr.on('data', relay.stderr);
  child.stdin.on('error', () => undefined);
  child.on('exit', (code, signal) => relay.closed({ ...(code !== null && { code }), ...(signal !== null && { signal }) }));
  return {
    pid: child.pid ?? 0,
    listen: relay.listen,
    write: (data) => {
      const text = Buffer.from(data).toString('latin1').replaceAll('/bin/sh', shell.program);
      return new Promise((resolve) => child.stdin.write(text, 'latin1', () => resolve()));
    },
    end: () => child.stdin.end(),
    destroy: () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    },
  };
}

/** A session of `shell` on this machine, and the channel that it runs on. */
export function shellSession(
  shell: HostShell,
  owner?: Owner,
): {
  readonly session: ReturnType<typeof openShell>;
  readonly channel: ReturnType<typeof shellChannel>;
} {
  const channel = shellChannel(shell, owner);
  const kill = async (pid: number, seconds: number): Promise<void> => {
    const killer = shellChannel(shell, owner);
    const ended = new Promise<void>((resolve) => killer.listen({ stdout: () => undefined, stderr: () => undefined, closed: () => resolve() }));
    await killer.write(killLine(pid, seconds));
    await ended;
  };
  const session = openShell(channel, { user: 'root', target: shell.name, startSeconds: 20, kill, lost: () => undefined });
  return { session, channel };
}
