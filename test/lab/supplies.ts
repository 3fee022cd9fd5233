// What the hosts of a lab fetch from the outside world, and what stands in for it.

import { dockerPackages, packagesHost } from './apt-repository.ts';
import type { Authority } from './authority.ts';
import { type Codename, usualRelease } from './distributions.ts';
import type { Docker } from './docker.ts';
import { baseImage, plainHostImage } from './images.ts';
import { buildPostgres, postgresImage } from './postgres.ts';
import type { Reachable } from './reachable.ts';
import { publishImage, registryHosts, startRegistry } from './registry.ts';
import { releasesFolder, releasesHost } from './releases.ts';
import { type Say, sideBySide, stage } from './stage.ts';
import { buildSynapse, synapseImage } from './synapse.ts';
import type { Release, StandIn, SynapseImage } from './types.ts';

export interface Supplies {
  /** Host name → folder of files. */
  readonly documents: Readonly<Record<string, string>>;
  /** Host name → port on this machine's loopback. */
  readonly forwards: Readonly<Record<string, number>>;
  readonly standIns: readonly StandIn[];
  readonly synapseImages: readonly SynapseImage[];
  readonly releases: readonly Release[];
  /** The image of a plain host of each release that is asked for, the usual one among them. */
  readonly hostImages: ReadonlyMap<Codename, string>;
  /** Settles when the registry has all images: hosts may start meanwhile. Gives what they were made from. */
  readonly published: Promise<readonly string[]>;
}

export interface SuppliesOptions {
  readonly authority: Authority;
  readonly reachable: Reachable;
  readonly synapseVersions: readonly string[];
  /** Whether hosts can pull an image of PostgreSQL. */
  readonly postgres: boolean;
  /** What hosts run besides the usual release. */
  readonly otherReleases: readonly Codename[];
  /** Gives the minimal Debian that images are made from; the work that does not need it goes on meanwhile. */
  readonly base: Promise<string>;
  readonly say: Say;
}

/** Gets everything ready, side by side; what is there already costs nothing. */
export async function prepareSupplies(engine: Docker, options: SuppliesOptions): Promise<Supplies> {
  const { reachable, say } = options;
  const hostImages = plainHostImages(engine, options);
  const registry = reachable.registry ? undefined : startRegistry();
  const published = registry === undefined ? Promise.resolve([]) : containerImages(engine, registry, options);
  // Whoever waits for it hears of a failure; until then it is nobody's unhandled rejection.
  published.catch(() => undefined);
  const [hosts, port, packages, made] = await sideBySide([
    hostImages,
    registry,
    reachable.dockerPackages ? undefined : dockerPackages(engine, hostImages),
    reachable.releases ? undefined : releasesFolder(say),
  ]);
  return {
    documents: {
      ...(packages === undefined ? {} : { [packagesHost]: packages }),
      ...(made === undefined ? {} : { [releasesHost]: made.folder }),
    },
    forwards: port === undefined ? {} : Object.fromEntries(registryHosts.map((host) => [host, port])),
    standIns: standIns(reachable),
    synapseImages: options.synapseVersions.map(synapseImage),
    releases: made?.releases ?? [],
    hostImages: hosts,
    published,
  };
}

async function plainHostImages(engine: Docker, options: SuppliesOptions): Promise<Map<Codename, string>> {
  const { authority, reachable, base, otherReleases, say } = options;
  const image = async (minimal: Promise<string>, release: Codename): Promise<[Codename, string]> => [
    release,
    await plainHostImage(engine, await minimal, authority.certificateFile, say, release),
  ];
  // One after another: what Ubuntu is made with is made from Debian 13.
  const others = async (): Promise<[Codename, string][]> => {
    const made: [Codename, string][] = [];
    for (const release of otherReleases) made.push(await image(baseImage(engine, reachable.registry, say, release), release));
    return made;
  };
  const [usual, more] = await sideBySide([image(base, usualRelease), others()]);
  return new Map([usual, ...more]);
}

async function containerImages(engine: Docker, registry: Promise<number>, options: SuppliesOptions): Promise<string[]> {
  const { base, synapseVersions, postgres, say } = options;
  const tags: string[] = [];
  for (const version of synapseVersions) {
    const tag = await buildSynapse(engine, base, version, say);
    await stage(say, `Synapse ${version} into the lab's registry`, () =>
      registry.then((port) => publishImage(engine, port, tag, synapseImage(version).names)),
    );
    tags.push(tag);
  }
  if (postgres) {
    const tag = await buildPostgres(engine, base, say);
    await stage(say, 'PostgreSQL into the lab’s registry', () => registry.then((port) => publishImage(engine, port, tag, [postgresImage])));
  }
  return tags;
}

function standIns(reachable: Reachable): StandIn[] {
  const all: [boolean, string, string][] = [
    [reachable.registry, `the image registries ${registryHosts.join(', ')}`, 'a registry of the lab with a Synapse image built from PyPI'],
    [reachable.dockerPackages, packagesHost, 'a signed apt repository of the lab with the distribution’s own Docker under those names'],
    [reachable.releases, releasesHost, 'release files of the lab: a small admin panel of its own, and Hydrogen built from npm'],
  ];
  return all.flatMap(([answers, standsFor, what]) => (answers ? [] : [{ standsFor, what, why: 'the real one does not answer' }]));
}
