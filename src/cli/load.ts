import { homedir } from 'node:os';
import { catalogOf } from '../engine/catalog.ts';
import type { RunOptions } from '../engine/run.ts';
import { type Loaded, load } from '../language/load.ts';
import { loadModules } from '../modules/registry.ts';
import { lookupsOf } from './hosts.ts';

/** Reads and checks everything of a run, and does nothing. @throws InputError with every problem at once. */
export async function loadRun(options: RunOptions): Promise<Loaded> {
  const [modules, lookups] = await Promise.all([loadModules(), lookupsOf(options)]);
  return load({
    playbooks: options.playbooks,
    inventories: options.inventories,
    extraVars: options.extraVars,
    modules: catalogOf(modules),
    lookups,
    workingFolder: options.workingFolder,
    home: homedir(),
    ...(options.limit !== undefined && { limit: options.limit }),
  });
}
