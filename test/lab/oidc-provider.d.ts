// The package ships no types; this is what identity-provider.ts uses of it.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Account {
    readonly accountId: string;
    readonly claims: () => { readonly sub: string; readonly [claim: string]: unknown };
  }

  export interface Configuration {
    readonly clients: readonly {
      readonly client_id: string;
      readonly client_secret: string;
      readonly redirect_uris: readonly string[];
    }[];
    /** By scope. */
    readonly claims: Readonly<Record<string, readonly string[]>>;
    readonly cookies: { readonly keys: readonly string[] };
    readonly findAccount: (context: unknown, id: string) => Account | undefined;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    /** Whether it believes what a proxy says of the request. */
    proxy: boolean;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
  }
}
