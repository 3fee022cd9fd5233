// Baked hosts have their images from the start: one host pulls them once, and the others get a copy of what its engine stored.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Docker, docker, label } from './docker.ts';
import { createHost, execute, type HostSettings, removeContainer } from './hosts.ts';
import { takeTurn } from './lock.ts';
import { labAddress } from './network.ts';
import { cacheDirectory } from './places.ts';
import { attempt, waitFor } from './run.ts';
import { type Say, stage } from './stage.ts';
import type { LabHost } from './types.ts';

// No lab has that many hosts.
const seedNumber = 200;

/**
 * A volume with what Docker on a host keeps after it has pulled some images.
 * @param names what to pull
 * @param contents tells one set of images from another of the same names
 * @returns the volume's name
 */
export async function seedVolume(
  engine: Docker,
  settings: HostSettings,
  names: readonly string[],
  contents: readonly string[],
  say: Say,
): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([settings.image, names, contents]))
    .digest('hex')
    .slice(0, 16);
  const volume = `homerun-lab-seed-${key}`;
  const endTurn = await takeTurn('seed', say);
  try {
    // Written when the volume is complete.
    const mark = join(cacheDirectory('seeds'), key);
    if (existsSync(mark) && (await hasVolume(engine, volume))) return volume;
    await stage(say, `images for hosts with everything installed: ${names.join(', ')}`, () => fill(engine, settings, names, volume));
    mkdirSync(dirname(mark), { recursive: true });
    writeFileSync(mark, volume);
    return volume;
  } finally {
    endTurn();
  }
}

/**
 * Makes a host's own volume out of a seed; it goes with the lab. The files of image layers, which Docker never writes to, are
 * shared with the seed by hard links: copying them takes as long as pulling them.
 */
export async function copySeed(engine: Docker, seed: string, volume: string, image: string, lab: string): Promise<void> {
  await docker(engine, ['volume', 'create', '--label', `${label}=${lab}`, volume]);
  const root = (await docker(engine, ['info', '--format', '{{.DockerRootDir}}'])).trim();
  const script = `cd /volumes/${seed}/_data; [ ! -d overlay2 ] || cp -al overlay2 ../../${volume}/_data/
for one in *; do [ "$one" = overlay2 ] || cp -a "$one" ../../${volume}/_data/; done`;
  // One mount for both: links do not reach from one into another. With the capability to see what overlay file systems note.
  const mounts = ['--cap-add', 'SYS_ADMIN', '-v', `${root}/volumes:/volumes`];
  await docker(engine, ['run', '--rm', '--network', 'none', ...mounts, image, 'sh', '-ec', script]);
}

async function fill(engine: Docker, settings: HostSettings, names: readonly string[], volume: string): Promise<void> {
  const container = `homerun-${settings.lab}-seed`;
  const inside = labAddress(settings.network, seedNumber);
  const shape = { serverName: 'seed.lab.test', names: [], kind: 'baked', number: seedNumber } as const;
  const host: LabHost = { ...shape, name: 'seed', container, address: inside, labAddress: inside };
  await attempt([engine.client, 'rm', '-f', '-v', container]);
  await attempt([engine.client, 'volume', 'rm', volume]);
  await docker(engine, ['volume', 'create', '--label', `${label}=image`, volume]);
  try {
    await createHost(engine, host, { ...settings, volume });
    await waitFor('Docker on the host that pulls images', 60, async () =>
      (await execute(engine, container, 'docker info >/dev/null 2>&1')).code === 0 ? true : undefined,
    );
    const script = [...names.map((name) => `docker pull -q ${name}`), 'systemctl stop docker.socket docker containerd'];
    const output = await execute(engine, container, script.join(' && '));
    if (output.code !== 0) throw new Error(`a host cannot pull ${names.join(' or ')}: ${output.stderr.trim()}`);
  } finally {
    await removeContainer(engine, container);
  }
}

async function hasVolume(engine: Docker, volume: string): Promise<boolean> {
  return (await attempt([engine.client, 'volume', 'inspect', volume])).code === 0;
}
