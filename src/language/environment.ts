import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import dotenv from 'dotenv';
import { Secret } from '../values/secret.ts';

const fileName = '.env';

/**
 * The values that `env` gives: a variable of the environment, else of `.env` in `folder`. A playbook sees those that it asks for by name, nothing more;
 * the file never becomes part of the environment.
 */
export function readEnvironment(folder: string, environment: { readonly [name: string]: string | undefined }): (name: string) => Secret | undefined {
  let file: Record<string, string> | undefined;
  return (name) => {
    file ??= readFile(join(folder, fileName));
    const value = environment[name] ?? file[name];
    return value === undefined ? undefined : new Secret(value);
  };
}

function readFile(path: string): Record<string, string> {
  try {
    return dotenv.parse(readFileSync(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}
