import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createHostCheck, type HostCheck } from '../../src/remote/host-check.ts';
import { readKnownHosts } from '../../src/remote/host-key.ts';
import { type KeyOwner, keyType } from '../../src/remote/known-hosts.ts';
import { openSsh } from '../../src/remote/ssh.ts';
import { SshFailure } from '../../src/remote/ssh-errors.ts';
import { UnreachableError } from '../../src/values/errors.ts';

/** What both clients below are asked: whether they would log in at the server on `port`, believing that it is `owner`. */
export interface Question {
  readonly owner: KeyOwner;
  readonly files: readonly string[];
  /** Of loopback. */
  readonly port: number;
  /** HostKeyAlgorithms of ssh, in place of its own choice. */
  readonly algorithms?: string;
}

/** Why ssh(1) cannot be asked here, or undefined. */
export function whyNoSsh(): string | undefined {
  for (const program of ['/usr/bin/ssh', '/usr/bin/busybox'])
    if (!existsSync(program)) return `${program} is missing (apt-get install openssh-client busybox)`;
  return undefined;
}

/** Asks ssh(1). It logs in with nothing: what it says when the server refuses that tells that the host's key was taken. */
export function sshGoesOnReally({ owner, files, port, algorithms }: Question): Promise<boolean> {
  const user = files.length > 1 ? files.slice(0, -1) : files;
  const system = files.length > 1 ? files.at(-1) : 'none';
  const options = [
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    `UserKnownHostsFile=${user.join(' ')}`,
    `GlobalKnownHostsFile=${system}`,
    'UpdateHostKeys=no',
    'PreferredAuthentications=none',
    'IdentitiesOnly=yes',
    'LogLevel=ERROR',
    `ProxyCommand=/usr/bin/busybox nc 127.0.0.1 ${port}`,
    ...(algorithms === undefined ? [] : [`HostKeyAlgorithms=${algorithms}`]),
    ...(owner.hostKeyAlias === undefined ? [] : [`HostKeyAlias=${owner.hostKeyAlias}`]),
  ];
  const words = ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-p', String(owner.port), '-l', 'root', owner.host, 'true'];
  return new Promise((resolve, reject) => {
    execFile('/usr/bin/ssh', words, { timeout: 30_000 }, (_error, _stdout, stderr) => {
      if (stderr.includes('Permission denied')) resolve(true);
      else if (stderr.includes('Host key verification failed') || /no matching host key type/.test(stderr)) resolve(false);
      else reject(new Error(`ssh said: ${stderr}`));
    });
  });
}

/** Asks homerun: everything from the files to the refused login, over its own way to speak SSH. Gives also the type of the key that was shown. */
export async function homerunGoesOn({ owner, files, port }: Question): Promise<{ readonly goesOn: boolean; readonly type: string | undefined }> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    const known = await readKnownHosts(files, 10);
    const check = createHostCheck(known, { name: 'h', file: files[0] ?? '', ...owner });
    const goesOn = await logsIn(socket, owner, check);
    const shown = check.shown();
    return { goesOn, type: shown && keyType(shown.key) };
  } catch (error) {
    if (error instanceof UnreachableError) return { goesOn: false, type: undefined };
    throw error;
  } finally {
    socket.destroy();
  }
}

async function logsIn(socket: Socket, owner: KeyOwner, check: HostCheck): Promise<boolean> {
  try {
    await openSsh({
      socket,
      target: owner.host,
      user: 'root',
      timeoutMs: 20_000,
      hostKeyAlgorithms: check.algorithms,
      verify: check.verify,
      nextAttempt: () => undefined,
    });
  } catch (error) {
    if (!(error instanceof SshFailure)) throw error;
    if (error.kind === 'login') return true;
    if (error.kind === 'host-key' || (error.kind === 'algorithms' && error.message.includes('host key'))) return false;
    throw error;
  }
  throw new Error('it logged in with nothing');
}
