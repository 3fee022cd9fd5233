// The Docker engine of this machine, and images that are built once and known by a digest of what went into them.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Files } from './machine.ts';
import { attempt, type RunOptions, run } from './run.ts';

/** A client that understands this machine's engine. */
export interface Docker {
  readonly client: string;
}

/** The label that every container, network and image of a lab carries. */
export const label = 'homerun.lab';

/**
 * The first client that can talk to a running engine: a newer one, earlier in PATH, may be too new for the engine.
 * @returns undefined when no engine answers
 */
export async function findDocker(): Promise<Docker | undefined> {
  for (const client of ['docker', '/usr/bin/docker']) {
    const answer = await attempt([client, 'version', '--format', '{{.Server.Version}}'], { timeoutSeconds: 20 });
    if (answer.code === 0 && answer.stdout.trim() !== '') return { client };
  }
  return undefined;
}

/** Runs `docker …` and returns its standard output. */
export async function docker(engine: Docker, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return run([engine.client, ...args], options);
}

export async function hasImage(engine: Docker, tag: string): Promise<boolean> {
  return (await attempt([engine.client, 'image', 'inspect', tag])).code === 0;
}

export interface Recipe {
  /** Name without tag, such as `homerun-lab/host`. */
  readonly name: string;
  /** The folder with the Dockerfile. */
  readonly folder: string;
  /** More files for the context. */
  readonly files?: Files;
  /** Folders whose content goes into the context below a name. */
  readonly folders?: Readonly<Record<string, string>>;
  readonly arguments?: Readonly<Record<string, string>>;
}

/** The tag of an image: a digest of everything that goes into it. */
export function tagOf(recipe: Recipe): string {
  const digest = createHash('sha256');
  const add = (name: string, content: string | Uint8Array): void => {
    digest.update(`${name}\0${content.length}\0`).update(content);
  };
  for (const [name, content] of context(recipe)) add(name, content);
  for (const [name, value] of Object.entries(recipe.arguments ?? {})) add(name, value);
  return `${recipe.name}:${digest.digest('hex').slice(0, 16)}`;
}

/**
 * Builds an image unless one of the same inputs is there.
 * @returns its tag
 */
export async function buildImage(engine: Docker, recipe: Recipe): Promise<string> {
  const tag = tagOf(recipe);
  if (await hasImage(engine, tag)) return tag;
  const folder = mkdtempSync(join(tmpdir(), 'homerun-lab-'));
  try {
    for (const [name, content] of context(recipe)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const values = Object.entries(recipe.arguments ?? {}).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    // The classic builder is part of the engine: the other one needs a plugin of the client that need not be there.
    const environment = { DOCKER_BUILDKIT: '0' };
    await docker(engine, ['build', '--force-rm', '--label', `${label}=image`, '-t', tag, ...values, folder], { environment });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return tag;
}

function context(recipe: Recipe): [string, string | Uint8Array][] {
  return [
    ...filesBelow(recipe.folder, ''),
    ...(recipe.files ?? new Map<string, string>()),
    ...Object.entries(recipe.folders ?? {}).flatMap(([name, folder]) => filesBelow(folder, `${name}/`)),
  ];
}

function filesBelow(folder: string, prefix: string): [string, Uint8Array][] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name): [string, Uint8Array][] => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesBelow(path, `${prefix}${name}/`) : [[`${prefix}${name}`, readFileSync(path)]];
    });
}
