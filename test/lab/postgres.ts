// The PostgreSQL image: the official one where a registry answers, else one built from Debian's packages.

import { join } from 'node:path';
import type { Docker } from './docker.ts';
import { built } from './images.ts';
import { machineFiles } from './machine.ts';
import { assetsDirectory } from './places.ts';
import type { Say } from './stage.ts';

/** The name that playbooks pull it by. */
export const postgresImage = 'docker.io/library/postgres:15-bookworm';

/**
 * Builds the stand-in.
 * @returns its tag in this machine's engine
 */
export async function buildPostgres(engine: Docker, base: Promise<string>, say: Say): Promise<string> {
  const recipe = {
    name: 'homerun-lab/postgres',
    folder: join(assetsDirectory, 'postgres'),
    files: machineFiles(),
    arguments: { BASE: await base },
  };
  return built(engine, recipe, 'PostgreSQL from Debian’s packages (stands in for the official image)', say);
}
