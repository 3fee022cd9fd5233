// What a client's program fetches with: the names of the lab lead to its hosts, and the lab's authority alone is trusted.

import { exchange } from '../lab/https.ts';
import type { Lab } from '../lab/types.ts';

const redirects = [301, 302, 303, 307, 308];
/** A body may not come with these (https://fetch.spec.whatwg.org/#null-body-status). */
const bare = [101, 204, 205, 304];

/**
 * A `fetch` for the servers of a lab. It rejects for a name that the lab does not know, and for a certificate that the authority did not issue.
 * @param certificateAuthority PEM
 */
export function labFetch(lab: Lab, certificateAuthority: string): typeof fetch {
  const addresses = new Map(lab.hosts.flatMap(({ address, serverName, names }) => [serverName, ...names].map((name) => [name, address] as const)));
  const follow = async (request: Request, hops: number, signal?: AbortSignal | null): Promise<Response> => {
    const { hostname } = new URL(request.url);
    const address = addresses.get(hostname);
    if (address === undefined) throw new TypeError(`fetch failed: the lab has no host for ${hostname}`);
    const payload = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const { status, headers, bytes } = await exchange({
      url: request.url,
      address,
      ca: certificateAuthority,
      method: request.method,
      headers: Object.fromEntries(request.headers),
      ...(signal && { signal }),
      // A client that waits for news is answered after half a minute.
      timeoutMs: 90_000,
      ...(payload && { payload }),
    });
    if (redirects.includes(status) && headers.location !== undefined && request.method === 'GET') {
      if (hops === 0) throw new TypeError(`fetch failed: ${request.url} is one redirect too many`);
      return follow(new Request(new URL(headers.location, request.url)), hops - 1, signal);
    }
    const pairs = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one]));
    return new Response(bare.includes(status) ? null : bytes, { status, headers: pairs });
  };
  return (input, init) => follow(new Request(input, init), 5, init?.signal);
}
