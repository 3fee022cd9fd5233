import { readFileSync, statSync } from 'node:fs';
import type { AskPassphrase } from '../language/secrets.ts';
import { InputError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';
import type { Io } from './io.ts';

/** Characters. Whoever has the file can try as many as machines can. */
const shortestPassphrase = 12;
const othersBits = 0o077;

/** The passphrase of a secrets file: from the file that HOMERUN_PASSPHRASE_FILE names, else asked for. Never an argument or a variable's value. */
export function passphraseOf(io: Pick<Io, 'environment' | 'canAsk' | 'askSecret'>): AskPassphrase {
  return (file) => {
    const given = io.environment['HOMERUN_PASSPHRASE_FILE'];
    if (given !== undefined && given !== '') return Promise.resolve(readPassphrase(given));
    if (io.canAsk) return io.askSecret(`Passphrase of ${file}:`);
    throw InputError.of(
      `a passphrase opens ${file}, and there is no terminal to ask for it`,
      undefined,
      'Name a file that holds it, readable by you alone, with HOMERUN_PASSPHRASE_FILE=FILE.',
    );
  };
}

/** A new passphrase: typed twice, or from that file. @throws InputError for one that can be guessed. */
export async function newPassphrase(io: Io): Promise<string> {
  const passphrase = await passphraseOf({ ...io, askSecret: () => io.askSecret('New passphrase:') })('the secrets file');
  if ([...passphrase].length < shortestPassphrase) {
    throw InputError.of(
      `the passphrase has ${[...passphrase].length} characters; it needs ${shortestPassphrase}`,
      undefined,
      'Take five words that have nothing to do with each other: whoever has the file can try as many as machines can.',
    );
  }
  const isTyped = !io.environment['HOMERUN_PASSPHRASE_FILE'];
  if (isTyped && passphrase !== (await io.askSecret('Once more:'))) throw InputError.of('the two passphrases differ; nothing was changed');
  return passphrase;
}

function readPassphrase(file: string): string {
  try {
    const { mode } = statSync(file);
    if ((mode & othersBits) !== 0)
      throw InputError.of(
        `others can read your passphrase in ${file} (mode 0${(mode & 0o777).toString(8)})`,
        undefined,
        `Close it with: chmod 600 ${file}`,
      );
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw InputError.of(`the passphrase in ${file} (HOMERUN_PASSPHRASE_FILE) cannot be read: ${systemReason(error)}`);
  }
}
