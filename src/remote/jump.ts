import { UnreachableError } from '../values/errors.ts';
import type { ConnectionSettings } from './session.ts';

/** One host on the way. What it says of itself comes from the user's ssh configuration. */
export interface Hop extends Partial<Pick<ConnectionSettings, 'hostKeyAlias' | 'knownHostsFiles' | 'namedKeys' | 'agentSocket' | 'openSsh'>> {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** `SHA256:…` of its keys, as of `ConnectionSettings`. */
  readonly hostKeys?: readonly string[];
}

/** A host of ProxyJump as it is written. */
export interface WrittenHop {
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
}

/**
 * Reads ProxyJump of ssh_config(5): `user@host:port`, comma separated, first hop first; `[::1]:22` for IPv6; `none` for no hop.
 * @throws UnreachableError
 */
export function readProxyJump(text: string | undefined): readonly WrittenHop[] {
  if (text === undefined || text.trim() === '' || text.trim() === 'none') return [];
  return text.split(',').map((part) => {
    const hop = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:[\]@]+))(?::(\d{1,5}))?$/.exec(part.trim());
    const host = hop?.[2] ?? hop?.[3];
    const port = hop?.[4] === undefined ? undefined : Number(hop[4]);
    if (!host || !isHostName(host) || (port !== undefined && (port < 1 || port > 65535))) {
      throw new UnreachableError(
        `ssh_proxy_jump ${JSON.stringify(text)} is not understood at ${JSON.stringify(part.trim())}`,
        'Write user@host:port; several hops are separated by commas.',
      );
    }
    return { host, ...(hop?.[1] !== undefined && { user: hop[1] }), ...(port !== undefined && { port }) };
  });
}

/** The hops of a host's settings, first hop first. @throws UnreachableError */
export function hopsOf(settings: ConnectionSettings): readonly Hop[] {
  if (settings.hops) return settings.hops;
  return readProxyJump(settings.proxyJump).map(({ user, host, port }, index) => {
    const hostKey = settings.proxyJumpHostKeys?.[index];
    return { user: user ?? settings.user, host, port: port ?? 22, ...(hostKey !== undefined && { hostKeys: [hostKey] }) };
  });
}

/** How the hop at `index` is reached itself. A password, a name of the host key and pins are the target's alone; a bastion is entered with keys. */
export function hopSettings(settings: ConnectionSettings, hops: readonly Hop[], index: number): ConnectionSettings {
  const { name, transport, knownHostsFiles, connectTimeoutSeconds, sshTransport, unlock, agentSocket, identityFile } = settings;
  const hop = hops[index];
  if (!hop) throw new RangeError(`there is no hop ${index}`);
  return {
    name,
    transport,
    knownHostsFiles,
    connectTimeoutSeconds,
    ...(sshTransport !== undefined && { sshTransport }),
    ...(unlock && { unlock }),
    ...(agentSocket !== undefined && { agentSocket }),
    ...(identityFile !== undefined && !hop.namedKeys && { identityFile }),
    ...hop,
    hops: hops.slice(0, index),
  };
}

/** Whether `host` can be a name or an address: nothing that could be an option, a path or a control character. */
export function isHostName(host: string): boolean {
  return /^[A-Za-z0-9_:][A-Za-z0-9._:%-]{0,252}$/.test(host);
}
