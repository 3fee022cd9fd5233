import { UnreachableError } from '../values/errors.ts';

/** One host on the way. */
export interface Hop {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** `SHA256:…` of its keys, as of `ConnectionSettings`. */
  readonly hostKeys?: readonly string[];
}

/**
 * Reads ProxyJump of ssh_config(5): `user@host:port`, comma separated, first hop first; `[::1]:22` for IPv6; `none` for no hop.
 * @param user the user of a hop that names none
 * @param hostKeys a fingerprint for each hop, if any
 * @throws UnreachableError
 */
export function parseProxyJump(text: string | undefined, user: string, hostKeys?: readonly string[]): readonly Hop[] {
  if (text === undefined || text.trim() === '' || text.trim() === 'none') return [];
  return text.split(',').map((part, index) => {
    const hop = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:[\]@]+))(?::(\d{1,5}))?$/.exec(part.trim());
    const host = hop?.[2] ?? hop?.[3];
    const port = Number(hop?.[4] ?? 22);
    if (!host || !isHostName(host) || port < 1 || port > 65535) {
      throw new UnreachableError(
        `ssh_proxy_jump ${JSON.stringify(text)} is not understood at ${JSON.stringify(part.trim())}`,
        'Write user@host:port; several hops are separated by commas.',
      );
    }
    const hostKey = hostKeys?.[index];
    return { user: hop?.[1] ?? user, host, port, ...(hostKey !== undefined && { hostKeys: [hostKey] }) };
  });
}

/** Whether `host` can be a name or an address: nothing that could be an option, a path or a control character. */
export function isHostName(host: string): boolean {
  return /^[A-Za-z0-9_:][A-Za-z0-9._:%-]{0,252}$/.test(host);
}
