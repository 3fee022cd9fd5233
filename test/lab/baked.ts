// The image of a host on which Docker, nginx and the rest are installed already.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dockerPackages } from './apt-repository.ts';
import type { Docker } from './docker.ts';
import { built } from './images.ts';
import { assetsDirectory } from './places.ts';
import type { Say } from './stage.ts';

/**
 * Builds the image of a baked host unless it is there. Its Docker is Debian's, under the names of Docker's own packages, wherever
 * the lab runs: the same bytes in every test.
 * @param plain the image of a plain host
 */
export async function bakedHostImage(engine: Docker, plain: string, say: Say): Promise<string> {
  const folder = await dockerPackages(engine, Promise.resolve(plain));
  const debs = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.deb'));
  const files = new Map(debs.map((name) => [`debs/${basename(name)}`, readFileSync(join(folder, name))]));
  const recipe = { name: 'homerun-lab/baked', folder: join(assetsDirectory, 'baked'), files, arguments: { BASE: plain } };
  return built(engine, recipe, 'image of a host with Docker, nginx and certbot installed', say);
}
