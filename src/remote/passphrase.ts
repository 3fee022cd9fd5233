import { UnreachableError } from '../values/errors.ts';
import { type PrivateKey, readPrivateKey } from './private-key.ts';

/** Opens the encrypted private key that is in the file at `path` and has this text. @throws UnreachableError when it stays closed */
export type Unlock = (path: string, text: string) => Promise<PrivateKey>;

const mostTries = 3;

function unusable(path: string, why: string): UnreachableError {
  return new UnreachableError(
    `${path} is no private key that can be used: ${why}`,
    why.includes('sk-') ? 'Hardware keys (FIDO) take ssh_transport: openssh in the inventory.' : `ssh-keygen -p -f ${path} converts it.`,
  );
}

/**
 * Asks for passphrases, one question at a time, and for each key once: what came of it counts for all hosts that use the key.
 * @param ask shows a question and gives the answer, which is not shown
 */
export function createUnlock(ask: (question: string) => Promise<string>): Unlock {
  const known = new Map<string, Promise<PrivateKey>>();
  let turn: Promise<unknown> = Promise.resolve();
  const open = async (path: string, text: string): Promise<PrivateKey> => {
    for (let attempt = 1; attempt <= mostTries; attempt += 1) {
      const passphrase = await ask(`${attempt === 1 ? '' : 'That is not it. '}Passphrase of the key ${path}:`);
      const found = readPrivateKey(text, passphrase);
      if (found.kind === 'key') return found.key;
      if (found.kind === 'unknown' && found.why.startsWith('Unsupported')) throw unusable(path, found.why);
    }
    throw new UnreachableError(
      `the private key ${path} is protected by a passphrase, and none of the ${mostTries} that were typed is right`,
      `Try: ssh-keygen -y -f ${path}`,
    );
  };
  return (path, text) => {
    const before = known.get(path);
    if (before) return before;
    const opening = turn.then(() => open(path, text));
    turn = opening.catch(() => undefined);
    known.set(path, opening);
    return opening;
  };
}
