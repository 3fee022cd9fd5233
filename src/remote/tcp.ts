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
    const began = performance.now();
    const fail = (error: NodeJS.ErrnoException): void => stop(describe(error, host, port, performance.now() - began));
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

/** @param waitedMs how long it was tried */
function describe(
  error: { readonly code?: string | undefined; readonly message?: string },
  host: string,
  port: number,
  waitedMs: number,
): UnreachableError {
  const where = `${host} port ${port}`;
  const seconds = `${Math.round(waitedMs / 1000)} s`;
  switch (error.code ?? '') {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return new UnreachableError(
        `the name ${host} is not found (${error.code})`,
        'Check ssh_host in the inventory, and that names are resolved here (`getent hosts NAME`).',
      );
    case 'ECONNREFUSED':
      return new UnreachableError(
        `${where} refused the connection`,
        'Nothing listens there: is the host switched on and done with starting, is sshd running, and are ssh_host and ssh_port right?',
      );
    case 'ETIMEDOUT':
      return new UnreachableError(
        `${where} did not answer within ${seconds}`,
        'Is the host switched on, the address right (ssh_host), and the port let through by firewalls? ssh_timeout gives it more seconds.',
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new UnreachableError(
        `there is no way to ${where}, tried for ${seconds} (${error.code})`,
        'Is the host switched on, and the address right (ssh_host)? Is this machine on the right network or VPN?',
      );
    default:
      return new UnreachableError(
        `${where} cannot be reached, tried for ${seconds}: ${error.code ?? error.message ?? 'unknown error'}`,
        'Try `ssh -v` to the same address.',
      );
  }
}
