// What the demo shows: that the homeserver, the panel and the web client answer over https, and that the administrator can log in.

import { https } from './https.ts';
import type { Homeserver, MatrixInventory } from './matrix-inventory.ts';

/** One thing that was tried, and what came of it. */
export interface Check {
  readonly what: string;
  readonly isRight: boolean;
  readonly said: string;
}

/** Tries everything on one homeserver, over https with the lab's certificate authority. Never rejects. */
export async function checkHomeserver(
  { certificateAuthority: ca, adminPassword }: MatrixInventory,
  server: Homeserver,
  adminUser: string,
): Promise<readonly Check[]> {
  const { serverName, homeserverName, clientName, panelPath, host } = server;
  const get = (url: string) => https({ url, address: host.address, ca });
  const login = async () => {
    const { status, body } = await https({
      url: `https://${homeserverName}/_matrix/client/v3/login`,
      address: host.address,
      ca,
      method: 'POST',
      body: { type: 'm.login.password', identifier: { type: 'm.id.user', user: adminUser }, password: adminPassword, device_id: 'DEMO' },
    });
    const { user_id } = JSON.parse(body) as { user_id?: string };
    return { isRight: status === 200 && user_id === `@${adminUser}:${serverName}`, said: user_id ?? `status ${status}` };
  };
  return Promise.all([
    attempt('homeserver', async () => {
      const { status, body } = await get(`https://${homeserverName}/_matrix/client/versions`);
      const { versions = [] } = JSON.parse(body) as { versions?: readonly string[] };
      return { isRight: status === 200 && versions.length > 0, said: `speaks Matrix ${versions.at(-1) ?? '?'}` };
    }),
    attempt('well-known, for clients', async () => {
      const { status, body, headers } = await get(`https://${serverName}/.well-known/matrix/client`);
      const found = JSON.parse(body) as { 'm.homeserver'?: { base_url?: string } };
      return { isRight: status === 200 && headers['access-control-allow-origin'] === '*', said: found['m.homeserver']?.base_url ?? '?' };
    }),
    attempt('well-known, for servers', async () => {
      const { status, body } = await get(`https://${serverName}/.well-known/matrix/server`);
      const found = JSON.parse(body) as { 'm.server'?: string };
      return { isRight: status === 200 && found['m.server'] !== undefined, said: found['m.server'] ?? '?' };
    }),
    attempt(`login as ${adminUser}`, login),
    attempt('web client', async () => page(await get(`https://${clientName}/`))),
    attempt('admin panel', async () => page(await get(`https://${clientName}/${panelPath}/`))),
  ]);
}

function page({
  status,
  headers,
  body,
}: {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}): Omit<Check, 'what'> {
  const isPage = status === 200 && String(headers['content-type']).startsWith('text/html');
  return { isRight: isPage, said: isPage ? (/<title>([^<]*)/.exec(body)?.[1]?.trim() ?? 'a page') : `status ${status}` };
}

async function attempt(what: string, work: () => Promise<Omit<Check, 'what'>>): Promise<Check> {
  try {
    return { what, ...(await work()) };
  } catch (error) {
    return { what, isRight: false, said: error instanceof Error ? error.message : String(error) };
  }
}
