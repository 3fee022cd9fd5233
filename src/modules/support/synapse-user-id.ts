import { TaskError } from '../../values/errors.ts';
import { line } from '../params.ts';

// Source: Matrix specification, appendices, user identifiers; Synapse refuses a leading underscore unless told otherwise.
const localpart = /^[a-z0-9.=/+-][a-z0-9._=/+-]*$/;

/** The parts of `admin` or `@admin:example.org`. */
export interface UserId {
  readonly localpart: string;
  /** The homeserver's name, where it was given. */
  readonly server?: string;
}

/** A parameter that names an account: the name alone, or the whole id. */
export const userId = () =>
  line()
    .transform((text): UserId => {
      const [, name = '', server] = /^@?([^:]*)(?::(.*))?$/.exec(text) ?? [];
      return { localpart: name, ...(server !== undefined && { server }) };
    })
    .refine(
      (id) => localpart.test(id.localpart) && id.localpart.length <= 200,
      'expected the name before the colon: small letters, digits and . _ = - / +',
    );

/** Throws TaskError where the id names another homeserver than this one. @param actual its name, where it is known. */
export function mustBeHere({ localpart: name, server }: UserId, actual: string | undefined): void {
  if (server === undefined || actual === undefined || server === actual) return;
  throw new TaskError(
    `@${name}:${server} is no account of this homeserver: its server_name is ${actual}`,
    `Write ${name} or @${name}:${actual}, or name the container of ${server}.`,
  );
}
