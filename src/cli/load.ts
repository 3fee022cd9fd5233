import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { catalogOf } from '../engine/catalog.ts';
import type { RunOptions } from '../engine/run.ts';
import { createLookups } from '../language/env.ts';
import { type Loaded, load } from '../language/load.ts';
import { namedSecrets } from '../language/secrets.ts';
import { loadModules } from '../modules/registry.ts';
import { factNames } from '../questions/facts.ts';

/**
 * Reads and checks everything of a run, and does nothing.
 * @param foresees whether tasks that are certain to fail are warned of.
 * @throws InputError with every problem at once.
 */
export async function loadRun(options: RunOptions, foresees = false): Promise<Loaded> {
  const modules = await loadModules();
  const inventories = options.inventories.map((path) => resolve(options.workingFolder, path));
  // Opening the secrets file takes longer than all the rest, and no value of it is looked at.
  const lookups = createLookups({
    environment: options.environment,
    inventories,
    workingFolder: options.workingFolder,
    secret: namedSecrets(inventories),
  });
  return load({
    playbooks: options.playbooks,
    inventories: options.inventories,
    extraVars: options.extraVars,
    modules: catalogOf(modules),
    facts: factNames,
    lookups,
    workingFolder: options.workingFolder,
    home: homedir(),
    environment: options.environment,
    foresees,
    ...(options.limit !== undefined && { limit: options.limit }),
  });
}
