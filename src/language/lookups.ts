import type { Secret } from '../values/secret.ts';

/** Values that come from beside the inventory and playbooks, asked for by name. */
export interface Lookups {
  /** A variable of `.env` or the environment. */
  env(name: string): Secret | undefined;
  /** A value of the secrets file. */
  secret(name: string): Secret | undefined;
  /** What a command about the secrets file ends with to mean this one: ` -i inventory/mine`, or nothing where that is the default. */
  readonly inventoryOption?: string;
}
