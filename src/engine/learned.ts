import type { Lookups } from '../language/lookups.ts';
import { Secret } from '../values/secret.ts';
import type { Reaching } from './connections.ts';
import type { Masker } from './mask.ts';

/** `env` and `secret`, every value of which the masker learns as it is given out, and what helpers make of it. */
export function learnedLookups(lookups: Lookups, masker: Masker): Lookups {
  const learnt = (value: Secret | undefined) => {
    if (value) masker.learn(value);
    return value;
  };
  return {
    ...lookups,
    env: (name) => learnt(lookups.env(name)),
    secret: (name) => learnt(lookups.secret(name)),
    made: (secret) => masker.learnMade(secret),
  };
}

/** The same of how a host is reached: passwords may stand in the inventory, or be asked for. */
export function learnedReaching(reaching: Reaching, masker: Masker): Reaching {
  for (const password of [reaching.settings.password, reaching.become.password]) if (password instanceof Secret) masker.learn(password);
  return reaching;
}
