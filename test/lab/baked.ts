// The image of a host on which Docker, nginx and the rest are installed already.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dockerPackages } from './apt-repository.ts';
import { usualRelease } from './distributions.ts';
import type { Docker } from './docker.ts';
import { type HostSettings, hostExists, startHost } from './hosts.ts';
import { built } from './images.ts';
import { assetsDirectory } from './places.ts';
import { copySeed, seedVolume } from './seed.ts';
import type { Say } from './stage.ts';
import type { Supplies } from './supplies.ts';
import type { LabHost } from './types.ts';

export interface Baked {
  readonly image: string;
  /** A volume with the images that each host has from the start. */
  readonly seed: string;
}

/** Gets ready what baked hosts are made from. @param plain settings of a plain host */
export async function prepareBaked(engine: Docker, plain: HostSettings, supplies: Supplies, say: Say): Promise<Baked> {
  const image = await bakedHostImage(engine, plain.image, say);
  const contents = await supplies.published;
  const [newest] = supplies.synapseImages;
  const seed = await seedVolume(engine, { ...plain, image }, newest?.names ?? [], contents.slice(0, 1), say);
  return { image, seed };
}

/** Starts a baked host; the first time it gets a copy of the seed. @returns its public host keys */
export async function startBaked(engine: Docker, host: LabHost, plain: HostSettings, { image, seed }: Baked): Promise<string[]> {
  const volume = `${host.container}-docker`;
  if (!(await hostExists(engine, host))) await copySeed(engine, seed, volume, image, plain.lab);
  return startHost(engine, host, { ...plain, image, volume });
}

/**
 * Builds the image of a baked host unless it is there. Its Docker is Debian's, under the names of Docker's own packages, wherever
 * the lab runs: the same bytes in every test.
 * @param plain the image of a plain host
 */
async function bakedHostImage(engine: Docker, plain: string, say: Say): Promise<string> {
  const folder = await dockerPackages(engine, Promise.resolve(new Map([[usualRelease, plain]])));
  const debs = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.deb'));
  const files = new Map(debs.map((name) => [`debs/${basename(name)}`, readFileSync(join(folder, name))]));
  const recipe = { name: 'homerun-lab/baked', folder: join(assetsDirectory, 'baked'), files, arguments: { BASE: plain } };
  return built(engine, recipe, 'image of a host with Docker, nginx and certbot installed', say);
}
