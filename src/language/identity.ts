import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../values/errors.ts';
import { systemReason } from '../values/system-error.ts';
import { parseIdentities } from './age.ts';

type Environment = { readonly [name: string]: string | undefined };

const othersBits = 0o077;

/**
 * Where the age identity lies that opens a secrets file in `folder`: HOMERUN_IDENTITY; else `identity.txt` beside it, for an inventory that is to be
 * thrown away; else the user's own, `homerun/identity.txt` in the configuration folder (`~/.config`).
 */
export function identityFile(environment: Environment, folder: string): string {
  const given = environment['HOMERUN_IDENTITY'];
  if (given !== undefined && given !== '') return given;
  const beside = join(folder, 'identity.txt');
  if (existsSync(beside)) return beside;
  const base = environment['XDG_CONFIG_HOME'];
  return join(base !== undefined && base !== '' ? base : join(environment['HOME'] ?? homedir(), '.config'), 'homerun', 'identity.txt');
}

/** The identities that open a secrets file in `folder`. @throws InputError when there is no such file, when others can read it, or when it holds none. */
export function readIdentities(environment: Environment, folder: string): readonly string[] {
  const file = identityFile(environment, folder);
  let text: string;
  try {
    const { mode } = statSync(file);
    if ((mode & othersBits) !== 0) {
      throw InputError.of(
        `others can read your identity ${file} (mode 0${(mode & 0o777).toString(8)})`,
        undefined,
        `Close it with: chmod 600 ${file}`,
      );
    }
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw InputError.of(
      `your identity ${file}, which opens the secrets file, cannot be read: ${systemReason(error)}`,
      undefined,
      'Make one with homerun secret init, or name the file with HOMERUN_IDENTITY=FILE.',
    );
  }
  const identities = parseIdentities(text);
  if (!identities || identities.length === 0) {
    throw InputError.of(
      `${file} does not hold an age identity`,
      undefined,
      'Expected a line AGE-SECRET-KEY-1…, as homerun secret init and age-keygen write it. An SSH key or one with a passphrase is not read.',
    );
  }
  return identities;
}
