// The Synapse image: the official one where a registry answers, else one built from the Python package index.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Docker } from './docker.ts';
import { hasProgram, installPackages } from './engine.ts';
import { built } from './images.ts';
import { machineFiles } from './machine.ts';
import { assetsDirectory, cacheDirectory } from './places.ts';
import { attempt, run, words } from './run.ts';
import { type Say, stage } from './stage.ts';
import type { SynapseImage } from './types.ts';

/** Newest first; the older one is for tests of upgrades. */
export const synapseVersions: readonly string[] = ['1.163.2', '1.162.0'];

// Debian 12's Python, which runs in the image, and the platforms of wheels that it accepts.
const target = words(
  ['--python-version', '3.11.2', '--only-binary', ':all:'],
  ['manylinux_2_28', 'manylinux2014', 'manylinux_2_17'].flatMap((name) => ['--platform', `${name}_${architecture()}`]),
);

/** The names that playbooks pull an image by. */
export function synapseNames(version: string): string[] {
  return [`docker.io/matrixdotorg/synapse:v${version}`, `ghcr.io/element-hq/synapse:v${version}`];
}

/**
 * Builds the stand-in for one version.
 * @returns its tag in this machine's engine
 */
export async function buildSynapse(engine: Docker, base: Promise<string>, version: string, say: Say): Promise<string> {
  const wheels = await fetchWheels(version, say);
  const recipe = {
    name: `homerun-lab/synapse-${version}`,
    folder: join(assetsDirectory, 'synapse'),
    files: machineFiles(),
    folders: { wheels },
    arguments: { BASE: await base, VERSION: version },
  };
  return built(engine, recipe, `Synapse ${version} from the Python package index (stands in for the official image)`, say);
}

/** The image as hosts see it. */
export function synapseImage(version: string): SynapseImage {
  return { version, names: synapseNames(version) };
}

/** Downloads Synapse and all that it needs as wheels. Here, not in the image's build: TLS to the index may fail in there. */
async function fetchWheels(version: string, say: Say): Promise<string> {
  const folder = join(cacheDirectory('wheels'), version);
  if (existsSync(folder)) return folder;
  const pip = await findPip(say);
  await stage(say, `downloading Synapse ${version} from the Python package index`, async () => {
    const fresh = `${folder}.new`;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    const synapse = `matrix-synapse[redis,oidc,jwt,url-preview,cache-memory]==${version}`;
    await run([...pip, 'download', '-q', '-d', fresh, ...target, synapse, 'pip']);
    if (!readdirSync(fresh).some((name) => name.startsWith('pip-'))) throw new Error(`pip did not download itself to ${fresh}`);
    renameSync(fresh, folder);
  });
  return folder;
}

async function findPip(say: Say): Promise<string[]> {
  const pip = ['python3', '-m', 'pip'];
  if ((await hasProgram('python3')) && (await attempt([...pip, '--version'])).code === 0) return pip;
  await installPackages(['python3', 'python3-pip'], say);
  return pip;
}

function architecture(): string {
  return process.arch === 'arm64' ? 'aarch64' : 'x86_64';
}
