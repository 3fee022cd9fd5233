// An account elsewhere, at the lab's identity provider: who has one, and the variable by which a homeserver takes it.

import { type IdentityProvider, startIdentityProvider } from '../lab/identity-provider.ts';

/** The provider's name, and how it knows the homeserver. */
export const elsewhere = { name: 'login.lab.test', clientId: 'homeserver', clientSecret: `of the lab: "quoted" 'twice' $HOME` };

/** Starts the provider for one homeserver. @param homeserver the name that Synapse is reached by */
export function startElsewhere(homeserver: string): Promise<IdentityProvider> {
  return startIdentityProvider({
    ...elsewhere,
    callback: `https://${homeserver}/_synapse/client/oidc/callback`,
    people: [{ login: 'person-1', claims: { preferred_username: 'Ada', name: 'Ada Lovelace' } }],
  });
}

interface Declaration {
  /** The variable that holds the list of providers. */
  readonly variable: string;
  readonly issuer: string;
  readonly clientSecret?: string;
  /** A file with the picture of the provider. */
  readonly icon?: string;
}

/** A file of variables with the provider in it, as a user would write it. */
export function declaration({ variable, issuer, clientSecret = elsewhere.clientSecret, icon }: Declaration): string {
  return `${variable}:
  - preset: generic
    idp_id: lab
    idp_name: The lab's own
    issuer: ${issuer}
    client_id: ${elsewhere.clientId}
    client_secret: ${JSON.stringify(clientSecret)}
${icon === undefined ? '' : `    icon: ${icon}\n`}    user_mapping_provider: {config: {display_name_template: !unsafe "{{ user.name }} of {{ user.sub }}"}}
`;
}
