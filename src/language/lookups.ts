import type { Source } from '../values/errors.ts';
import type { Secret } from '../values/secret.ts';

/** Values that come from beside the inventory and playbooks, asked for by name. */
export interface Lookups {
  /** A variable of `.env` or the environment. */
  env(name: string): Secret | undefined;
  /** A value of the secrets file. */
  secret(name: string): Secret | undefined;
  /**
   * The text of a file of the user's machine, without white space at its end; absent where no files are read.
   * @param folders where it is looked for, in `files/` below each first. @throws InputError when there is none.
   */
  file?(path: string, folders: readonly string[], asked: Source | undefined): string;
  /** Is told what a helper has made of a secret. */
  made?(secret: Secret): void;
  /** What a command about the secrets file ends with to mean this one: ` -i inventory/mine`, or nothing where that is the default. */
  readonly inventoryOption?: string;
}
