import { connect, type Socket } from 'node:net';
import { UnreachableError } from '../values/errors.ts';

/** Opens a TCP connection without Nagle's delay. @throws UnreachableError that says what is wrong and what to look at */
export function openTcp(host: string, port: number, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.removeListener('error', fail);
    };
    const stop = (error: UnreachableError): void => {
      finish();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const fail = (error: NodeJS.ErrnoException): void => stop(describe(error, host, port));
    const abort = (): void => stop(new UnreachableError(`connecting to ${host} port ${port} was interrupted`));
    const timer = setTimeout(() => stop(describe({ code: 'ETIMEDOUT' }, host, port, timeoutMs)), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      finish();
      // Until SSH listens itself; without a listener an error in between would end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    if (signal?.aborted) abort();
  });
}

function describe(
  error: { readonly code?: string | undefined; readonly message?: string },
  host: string,
  port: number,
  timeoutMs?: number,
): UnreachableError {
  const where = `${host} port ${port}`;
  switch (error.code ?? '') {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return new UnreachableError(
        `the name ${host} is not found (${error.code})`,
        'Check ssh_host in the inventory, and that names are resolved here (`getent hosts NAME`).',
      );
    case 'ECONNREFUSED':
      return new UnreachableError(`${where} refused the connection`, 'Nothing listens there: is sshd running, and is ssh_port right?');
    case 'ETIMEDOUT':
      return new UnreachableError(
        `${where} did not answer${timeoutMs === undefined ? '' : ` within ${Math.round(timeoutMs / 1000)} s`}`,
        'Is the host switched on, the address right, and the port let through by firewalls?',
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new UnreachableError(
        `there is no route to ${where} (${error.code})`,
        'Is this machine on the right network or VPN? Does the address exist?',
      );
    default:
      return new UnreachableError(
        `${where} cannot be reached: ${error.code ?? error.message ?? 'unknown error'}`,
        'Try `ssh -v` to the same address.',
      );
  }
}
