import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type Reaching, reachingOf } from '../engine/connections.ts';
import { learnedLookups, learnedReaching } from '../engine/learned.ts';
import type { RunOptions } from '../engine/run.ts';
import { createLookups } from '../language/env.ts';
import type { Scope } from '../language/expression.ts';
import { extraVarsLayer } from '../language/extra-vars.ts';
import { type Host, hostNamed, type Inventory } from '../language/inventory.ts';
import { readInventory } from '../language/inventory-read.ts';
import { createReader } from '../language/load.ts';
import type { Lookups } from '../language/lookups.ts';
import { magicLayer } from '../language/magic.ts';
import { matchPattern } from '../language/pattern.ts';
import { openSecrets } from '../language/secrets.ts';
import { type Layer, layersOf, scopeOf } from '../language/variables.ts';
import { InputError, type Problem } from '../values/errors.ts';

/** An inventory without a playbook: for commands that are about hosts alone. */
export interface Hosts {
  readonly inventory: Inventory;
  /** The hosts of the pattern, in the inventory's order of the pattern. */
  readonly chosen: readonly Host[];
  readonly warnings: readonly Problem[];
  /** A host's variables from low to high precedence, `-e` last but for what the language itself knows. */
  layers(host: Host): readonly Layer[];
  scope(host: Host): Scope;
  /** @throws InputError with what is wrong in the host's connection variables. */
  reaching(host: Host): Reaching;
}

/**
 * Reads the inventories of `options` and picks the hosts of `pattern`.
 * @param playbookFolder its `group_vars` and `host_vars` are read too. @throws InputError with every problem at once.
 */
export async function readHosts(options: RunOptions, pattern: string, playbookFolder?: string): Promise<Hosts> {
  const { workingFolder, environment } = options;
  const reader = createReader({ workingFolder, environment, home: homedir(), lookups: await lookupsOf(options) });
  const { problems } = reader;
  const extraVars = extraVarsLayer(options.extraVars, reader);
  const inventory = problems.collect(() => {
    const folders = playbookFolder === undefined ? [] : [reader.files.resolve(playbookFolder)];
    return readInventory(options.inventories, reader, folders);
  });
  inventory?.warnOfStrays();
  if (problems.errors.length > 0 || !inventory) throw problems.asError();
  const chosen = hostsOf(pattern, inventory);
  const noPlay = { folder: options.workingFolder };
  const layers = (host: Host): readonly Layer[] => {
    const scopeOfHost = (name: string) => {
      const other = hostNamed(inventory, name);
      return other && scope(other);
    };
    return layersOf({
      host: host.layers,
      extraVars,
      magic: magicLayer({ inventory, host, playHosts: chosen.map(({ name }) => name), play: noPlay, scopeOfHost }),
    });
  };
  const scope = (host: Host): Scope => scopeOf(layers(host));
  const reaching = (host: Host): Reaching => {
    const found = reachingOf(host, extraVars, scope(host), options);
    return options.masker ? learnedReaching(found, options.masker) : found;
  };
  return { inventory, chosen, warnings: problems.warnings, layers, scope, reaching };
}

/** How each of the chosen hosts is reached. @throws InputError with the problems of all of them. */
export function reachAll(hosts: Hosts): readonly { readonly host: Host; readonly reaching: Reaching }[] {
  const problems: Problem[] = [];
  const reached = hosts.chosen.flatMap((host) => {
    try {
      return [{ host, reaching: hosts.reaching(host) }];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new InputError(problems);
  return reached;
}

/** `env` and `secret` of playbooks and inventories. */
export async function lookupsOf(options: RunOptions): Promise<Lookups> {
  const inventories = options.inventories.map((path) => resolve(options.workingFolder, path));
  const secret = await openSecrets(inventories, options.environment, options.passphrase);
  const lookups = createLookups({ environment: options.environment, inventories, workingFolder: options.workingFolder, secret });
  return options.masker ? learnedLookups(lookups, options.masker) : lookups;
}

function hostsOf(pattern: string, inventory: Inventory): readonly Host[] {
  const { hosts, strays } = matchPattern(pattern, inventory);
  const [stray] = strays;
  const some = `Hosts: ${[...inventory.hosts.keys()].slice(0, 20).join(', ')}.`;
  if (stray) throw InputError.of(`no host or group is called "${stray.part}"`, undefined, stray.hint ?? some);
  if (hosts.length === 0) throw InputError.of(`the pattern ${pattern} matches no host`, undefined, some);
  return hosts.flatMap((name) => hostNamed(inventory, name) ?? []);
}
