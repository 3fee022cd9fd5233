import { statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import dotenv from 'dotenv';
import { InputError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import { textOfFile } from './files.ts';
import type { Lookups } from './lookups.ts';

/** Where values that are asked for by name come from. */
export interface LookupSources {
  /** The process's own environment. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Files or folders; `.env` is looked for beside each. */
  readonly inventories: readonly string[];
  /** `.env` here is read too. */
  readonly workingFolder: string;
  /** A value of the secrets file. */
  readonly secret: (name: string) => Secret | undefined;
}

/** One value of a `.env`, or what is wrong with it. */
type Entry = Secret | InputError;

/**
 * `env` looks into the environment of the process, then into `.env` beside the inventories (the last first), then into that of the working
 * folder; the process's own environment is never changed, and nothing of it reaches a host unless a playbook asks for it by name.
 * @throws InputError from `env`, for a value that `.env` does not give as it is written.
 */
export function createLookups({ environment, inventories, workingFolder, secret }: LookupSources): Lookups {
  let entries: ReadonlyMap<string, Entry> | undefined;
  return {
    secret,
    inventoryOption: inventoryOption(inventories, workingFolder),
    env(name) {
      const own = environment[name];
      if (own !== undefined) return new Secret(own);
      entries ??= readAll(inventories, workingFolder);
      const entry = entries.get(name);
      if (entry instanceof InputError) throw entry;
      return entry;
    },
  };
}

/** The later inventory's secrets count more, so that is where one is set. */
function inventoryOption(inventories: readonly string[], workingFolder: string): string {
  const path = resolve(workingFolder, inventories.at(-1) ?? 'inventory');
  const short = relative(workingFolder, path);
  return short === '' || short === 'inventory' ? '' : ` -i ${short.startsWith('..') ? path : short}`;
}

function readAll(inventories: readonly string[], workingFolder: string): ReadonlyMap<string, Entry> {
  const folders = inventories.map((path) => resolve(workingFolder, path)).map((path) => (isFolder(path) ? path : dirname(path)));
  const files = [...new Set([workingFolder, ...folders].map((folder) => join(folder, '.env')))];
  return new Map(
    // A folder of this name is somebody's virtual environment of Python.
    files.filter(isFile).flatMap((file) => [...readEnvFile(textOfFile(file, relative(workingFolder, file)), relative(workingFolder, file))]),
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * The entries of a `.env`, by name. Pure.
 * @param file its name, for messages.
 */
export function readEnvFile(text: string, file: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>(Object.entries(dotenv.parse(text)).map(([name, value]) => [name, new Secret(value)]));
  // Without quotes dotenv takes # as the start of a comment, even in the middle of a password.
  for (const match of text.matchAll(/^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?!["'`])[^\n]*?[^\s#=](#)/gm)) {
    const before = text.slice(0, match.index + match[0].length - 1).split('\n');
    const source = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    entries.set(
      match[1] ?? '',
      InputError.of(
        `the value of ${match[1]} holds a # and is not quoted, so it would be cut there`,
        source,
        `Put single quotes around it: ${match[1]}='…'.`,
      ),
    );
  }
  return entries;
}
