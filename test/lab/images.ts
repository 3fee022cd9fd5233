// The images of the lab: a minimal Debian, the plain host made from it, and a host with everything installed.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Codename, distributionOf, usualRelease } from './distributions.ts';
import { buildImage, type Docker, docker, hasImage, label, type Recipe, tagOf } from './docker.ts';
import { machineFiles, mirrors } from './machine.ts';
import { assetsDirectory, cacheDirectory } from './places.ts';
import { run } from './run.ts';
import { type Say, stage } from './stage.ts';

/**
 * A minimal Debian or Ubuntu: the official image where a registry answers, else made with debootstrap.
 * @param registryAnswers whether Docker Hub can be reached
 * @returns its tag
 */
export async function baseImage(engine: Docker, registryAnswers: boolean, say: Say, release: Codename = usualRelease): Promise<string> {
  const { main } = mirrors(release);
  const { id, title } = distributionOf(release);
  const official = id === 'debian' ? `debian:${release}-slim` : `ubuntu:${release}`;
  if (await hasImage(engine, official)) return official;
  if (registryAnswers) {
    await stage(say, `pulling ${official}`, () => docker(engine, ['pull', '-q', official]));
    return official;
  }
  const tag = `homerun-lab/base:${release}`;
  if (await hasImage(engine, tag)) return tag;
  await stage(say, `minimal ${title} with debootstrap (stands in for the image ${official})`, async () => {
    const folder = cacheDirectory(`base-${release}`);
    rmSync(folder, { recursive: true, force: true });
    const keyring = id === 'ubuntu' ? [`--keyring=${await ubuntuKeyring(engine, registryAnswers, say)}`] : [];
    // One for all releases of Ubuntu; Debian 12 does not know the newest of them by name.
    const script = id === 'ubuntu' ? ['/usr/share/debootstrap/scripts/gutsy'] : [];
    await run(['debootstrap', '--variant=minbase', '--include=ca-certificates', ...keyring, release, folder, main, ...script]);
    const change = `LABEL ${label}=image`;
    await run(['sh', '-c', 'tar -C "$1" -c . | "$2" import -c "$3" - "$4"', 'sh', folder, engine.client, change, tag]);
    rmSync(folder, { recursive: true, force: true });
  });
  return tag;
}

/** The keys of Ubuntu's archive, from the package that Debian 13 has of them. @returns the file */
async function ubuntuKeyring(engine: Docker, registryAnswers: boolean, say: Say): Promise<string> {
  const folder = cacheDirectory('ubuntu-keyring');
  const file = join(folder, distributionOf('noble').keyring);
  if (existsSync(file)) return file;
  const debian = await baseImage(engine, registryAnswers, say, 'trixie');
  mkdirSync(folder, { recursive: true });
  const script =
    'apt-get update -q && cd /tmp && apt-get -o APT::Sandbox::User=root download -q ubuntu-keyring && dpkg-deb -x ubuntu-keyring_*.deb /keyring';
  await docker(engine, ['run', '--rm', '-v', `${folder}:/keyring`, debian, 'sh', '-ec', script]);
  if (!existsSync(file)) throw new Error(`the package ubuntu-keyring has no ${file}`);
  return file;
}

/**
 * The image of a host with nothing but sh, sshd and systemd.
 * @param authority the lab's root certificate, which the host trusts
 */
export async function plainHostImage(engine: Docker, base: string, authority: string, say: Say, release: Codename = usualRelease): Promise<string> {
  const files = new Map([...machineFiles(release), ['certificates/homerun-lab.crt', readFileSync(authority, 'utf8')]]);
  const recipe = { name: 'homerun-lab/host', folder: join(assetsDirectory, 'host'), files, arguments: { BASE: base } };
  return built(engine, recipe, `image of a plain host (${distributionOf(release).title}, systemd, sshd)`, say);
}

/** Builds an image as a stage, or returns at once when it is there. */
export async function built(engine: Docker, recipe: Recipe, title: string, say: Say): Promise<string> {
  const tag = tagOf(recipe);
  return (await hasImage(engine, tag)) ? tag : stage(say, title, () => buildImage(engine, recipe));
}
