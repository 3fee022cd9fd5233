import type { RunOptions } from '../engine/run.ts';
import { createUnlock } from '../remote/passphrase.ts';
import type { Io } from './io.ts';
import { defaultInventory, type RunArguments } from './options.ts';
import { passphraseOf } from './passphrase.ts';
import type { Passwords } from './passwords.ts';

/** What the engine can be asked on the command line. */
type Typed = Partial<
  Pick<
    RunArguments,
    'inventory' | 'extraVars' | 'limit' | 'tags' | 'skipTags' | 'forks' | 'serial' | 'startAtTask' | 'user' | 'privateKey' | 'prefetch' | 'verbose'
  >
>;

/** The options of the engine for what was typed. Commands that know fewer options leave out the rest; there is no playbook in it yet. */
export function runOptions(typed: Typed, io: Io, passwords: Passwords = {}): RunOptions {
  return {
    playbooks: [],
    inventories: typed.inventory ?? [defaultInventory],
    extraVars: typed.extraVars ?? [],
    tags: typed.tags ?? [],
    skipTags: typed.skipTags ?? [],
    check: false,
    diff: false,
    forks: typed.forks ?? 1,
    prefetch: typed.prefetch ?? true,
    verbosity: typed.verbose ?? 0,
    workingFolder: io.workingFolder,
    environment: io.environment,
    passphrase: passphraseOf(io),
    ...passwords,
    ...(io.canAsk && { unlock: createUnlock((question) => io.askSecret(question)) }),
    ...(typed.limit !== undefined && { limit: typed.limit }),
    ...(typed.serial && { serial: typed.serial }),
    ...(typed.startAtTask !== undefined && { startAtTask: typed.startAtTask }),
    ...(typed.user !== undefined && { user: typed.user }),
    ...(typed.privateKey !== undefined && { privateKey: typed.privateKey }),
  };
}
