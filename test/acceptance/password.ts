// A forgotten password: the address is proved by one mail, and the new password allowed by another.

import test from 'ava';
import { createClient, MatrixError } from 'matrix-js-sdk';
import { linkIn } from '../lab/mail-server.ts';
import { logIn } from './person.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const id = '@grace:one.lab.test';
const address = 'grace@example.net';

export function password(scene: Scene): void {
  test.serial('who has forgotten the password gets a new one by the link in a mail, and the old one is worth nothing', async (t) => {
    const { world } = scene;
    const { client } = await logIn(world, id);
    const proof = { client_secret: 'proof-of-address', ...(await client.requestAdd3pidEmailToken(address, 'proof-of-address', 1)) };
    await follow(t, world);
    const identifier = { type: 'm.id.user', user: id };
    await confirmed((auth) => client.addThreePidOnly({ ...proof, ...(auth && { auth }) }), {
      type: 'm.login.password',
      identifier,
      password: world.password,
    });

    const baseUrl = client.getHomeserverUrl();
    const stranger = createClient({ baseUrl, fetchFn: world.fetch });
    const { sid } = await stranger.requestPasswordEmailToken(address, 'i-forgot', 1);
    const forgotten = { type: 'm.login.email.identity', threepid_creds: { sid, client_secret: 'i-forgot' } };
    const renew = () => confirmed((auth) => stranger.setPassword(auth ?? {}, 'battery staple'), forgotten);
    await t.throwsAsync(renew(), { instanceOf: MatrixError, message: /\[401\]/ }, 'before the link is followed');
    await follow(t, world, 'POST');
    await renew();

    await t.throwsAsync(logIn(world, id), { instanceOf: MatrixError, message: /\[403\] Invalid username or password/ });
    t.is((await logIn(world, id, 'battery staple')).id, id);
    // Whoever knew the old one is out, too.
    await t.throwsAsync(client.whoami(), { instanceOf: MatrixError, message: /\[401\]/ });
  });
}

interface Asserts {
  readonly is: (actual: unknown, expected: unknown) => boolean;
}

/** Follows the link of the next mail, and presses the button of its page where that has one. */
async function follow(t: Asserts, { fetch, mails }: World, button?: 'POST'): Promise<void> {
  const link = linkIn(await mails.next(address));
  t.is((await fetch(link)).status, 200);
  if (button) t.is((await fetch(link, { method: button })).status, 200);
}

/** What shows that it is the person, such as the password. */
type Proof = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Does what wants a proof: the server's first answer names the session that the proof is for. @throws MatrixError when it is not enough */
async function confirmed(ask: (auth?: Proof & { readonly session: string }) => Promise<unknown>, proof: Proof): Promise<void> {
  const first = await ask().catch((error: unknown) => error);
  const session = first instanceof MatrixError ? first.data['session'] : undefined;
  if (typeof session !== 'string') throw new Error('the server names no session', { cause: first });
  await ask({ ...proof, session });
}
