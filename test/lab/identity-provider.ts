// A certified OpenID Connect provider, set up as its makers ship it: stands for Google, Keycloak and the like, which a lab cannot log in to.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

/** A person who has an account there. */
export interface Person {
  /** What the person types as a name. Any password is right. */
  readonly login: string;
  /** What the provider tells of the person, such as `name`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface IdentityProviderOptions {
  /** The name that it has in the lab. */
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where people are sent back to. */
  readonly callback: string;
  readonly people: readonly Person[];
}

export interface IdentityProvider {
  readonly issuer: string;
  /** The port on this machine's loopback that it answers on without TLS: for `forwards` of the lab. */
  readonly port: number;
  readonly stop: () => void;
}

/** Starts the provider in this process. */
export async function startIdentityProvider({ name, clientId, clientSecret, callback, people }: IdentityProviderOptions): Promise<IdentityProvider> {
  const issuer = `https://${name}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [callback] }],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
    cookies: { keys: ['of the lab'] },
    findAccount: (_context, login) => {
      const person = people.find((one) => one.login === login);
      return person && { accountId: login, claims: () => ({ sub: login, ...person.claims }) };
    },
  });
  // TLS ends before it.
  provider.proxy = true;
  const server: Server = createServer(provider.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    issuer,
    port,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
