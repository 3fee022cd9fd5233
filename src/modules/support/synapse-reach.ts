import type { Container } from '../../questions/container.ts';
import { insideMark } from './container-health.ts';
import { isPlainMapping } from './yaml-edit.ts';

const here = /^(?:127\.[\d.]+|localhost|\[::1\])$/;

/**
 * URLs of the host as they can be asked while a container is as it is: where it does not publish the port (that comes with its recreation, later),
 * Synapse is asked within it, at the port that it listens on there.
 */
export function reachableUrls(
  urls: readonly string[],
  { networkMode, ports }: Container,
  configuration: { readonly [key: string]: unknown },
): readonly string[] {
  const inner = listenerPort(configuration);
  if (networkMode === 'host' || inner === undefined) return urls;
  const published = new Set(ports.map((port) => /^(?:(?:0\.0\.0\.0|127\.0\.0\.1):)?(\d+):\d+\/tcp$/.exec(port)?.[1]));
  return urls.map((url) => {
    if (!URL.canParse(url)) return url;
    const { protocol, hostname, port, pathname, search } = new URL(url);
    const outer = port || (protocol === 'https:' ? '443' : '80');
    return !here.test(hostname) || published.has(outer) ? url : `${insideMark}http://127.0.0.1:${inner}${pathname}${search}`;
  });
}

/** The port of the first listener for HTTP without TLS. */
function listenerPort({ listeners }: { readonly [key: string]: unknown }): number | undefined {
  const all: readonly unknown[] = Array.isArray(listeners) ? listeners : [];
  const found = all.find((one) => isPlainMapping(one) && one['type'] === 'http' && !one['tls'] && typeof one['port'] === 'number');
  return isPlainMapping(found) && typeof found['port'] === 'number' ? found['port'] : undefined;
}
