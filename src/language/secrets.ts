import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import { needsPassphrase, type Passphrase } from './age.ts';
import { textOfFile } from './files.ts';
import { readIdentities } from './identity.ts';
import { openSecretsFile, parseSecretsFile, type SecretsFile, secretsFileName } from './secrets-file.ts';

/** Where the secrets of an inventory lie: in its folder. @param inventory a file or folder, absolute or relative to the process's folder. */
export function secretsFileOf(inventory: string): string {
  const isFolder = existsSync(inventory) && statSync(inventory).isDirectory();
  return join(isFolder ? inventory : dirname(inventory), secretsFileName);
}

/** Reads a secrets file without opening it; undefined when there is none. @throws InputError when it is wrong. */
export function readSecretsFile(file: string): SecretsFile | undefined {
  if (!existsSync(file)) return undefined;
  return parseSecretsFile(textOfFile(file, file), file);
}

/** Finds the passphrase of a secrets file. @throws InputError when there is nobody to ask. */
export type AskPassphrase = (file: string) => Promise<string>;

/** What opens a secrets file: its passphrase, or the user's identities. @throws InputError when there is none. */
export async function keyFor(
  { encrypted }: SecretsFile,
  file: string,
  environment: { readonly [name: string]: string | undefined },
  ask: AskPassphrase,
): Promise<readonly string[] | Passphrase> {
  return (await needsPassphrase(encrypted)) ? { passphrase: await ask(file) } : readIdentities(environment, dirname(file));
}

/**
 * The secrets of all `inventories`, by name; of two of the same name, the later inventory's. What is needed to open them is asked for only if a
 * file is there, and a missing key is an error only once a secret is asked for: the function given back throws InputError then.
 * @throws InputError when a file is wrong.
 */
export async function openSecrets(
  inventories: readonly string[],
  environment: { readonly [name: string]: string | undefined },
  ask: AskPassphrase = noPassphrase,
): Promise<(name: string) => Secret | undefined> {
  const files = [...new Set(inventories.map(secretsFileOf))];
  const values = new Map<string, string>();
  const closed = new Map<string, InputError>();
  for (const file of files) {
    const content = readSecretsFile(file);
    if (!content) continue;
    try {
      for (const [name, value] of await openSecretsFile(content, await keyFor(content, file, environment, ask), file)) {
        values.set(name, value);
        closed.delete(name);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      for (const name of content.names) closed.set(name, error);
    }
  }
  return (name) => {
    const problem = closed.get(name);
    if (problem) throw problem;
    const value = values.get(name);
    return value === undefined ? undefined : new Secret(value);
  };
}

function noPassphrase(file: string): Promise<string> {
  return Promise.reject(InputError.of(`a passphrase opens ${file}, and nobody can be asked for it`));
}

/**
 * The secrets of all `inventories` by name alone, without opening a file: for checks that contact no host. Each has the same value, which means nothing.
 * @throws InputError when a file is wrong.
 */
export function namedSecrets(inventories: readonly string[]): (name: string) => Secret | undefined {
  const names = new Set(inventories.map(secretsFileOf).flatMap((file) => readSecretsFile(file)?.names ?? []));
  return (name) => (names.has(name) ? new Secret('the value is not looked at') : undefined);
}
