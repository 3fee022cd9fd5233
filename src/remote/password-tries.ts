import { TaskError } from '../values/errors.ts';
import { PasswordRefused } from './become-errors.ts';

/** Sees to it that a password which a host refused is not shown to that host again, whoever is to become whom, and over which connection. */
export interface PasswordTries {
  /**
   * Runs `attempt` with the password, when those before it with the same one at the same host are through; without it once it was refused there.
   * @param host whom it would be shown to
   * @param attempt throws PasswordRefused when the password was shown and did not do
   * @throws PasswordRefused where it would have taken the password, and that was refused before
   */
  one<T>(host: string, password: string, attempt: (password: string | undefined) => Promise<T>): Promise<T>;
}

/** For the connections of one run. */
export function createPasswordTries(): PasswordTries {
  const refused = new Map<string, PasswordRefused>();
  const turns = new Map<string, Promise<unknown>>();

  const take = async <T>(key: string, password: string, attempt: (password: string | undefined) => Promise<T>): Promise<T> => {
    const before = refused.get(key);
    try {
      return await attempt(before ? undefined : password);
    } catch (error) {
      if (before && error instanceof TaskError) throw before.again();
      if (error instanceof PasswordRefused) refused.set(key, error);
      throw error;
    }
  };

  return {
    one(host, password, attempt) {
      const key = `${host}\0${password}`;
      const before = turns.get(key) ?? Promise.resolve();
      const turn = before.then(() => take(key, password, attempt));
      turns.set(
        key,
        turn.catch(() => undefined),
      );
      return turn;
    },
  };
}
