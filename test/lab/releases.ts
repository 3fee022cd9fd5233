// Release tarballs of the admin panel and of the web client, under the addresses that github.com would have.

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { digestOf } from './digest.ts';
import { assetsDirectory, cacheDirectory } from './places.ts';
import { run, words } from './run.ts';
import { type Say, stage } from './stage.ts';
import type { Release } from './types.ts';
import { buildWebClient, webClientSource } from './web-client.ts';

/** The host name that the releases are served under. */
export const releasesHost = 'github.com';

/** Raise it when the way of packing below changes: the tarballs are made again. */
const edition = 'edition-1';

const panelSource = join(assetsDirectory, 'panel');

// Two versions each, the newest first, so that upgrades and downgrades can be tested.
const panelVersions = ['1.4.0', '1.3.0'];
const clientVersions = ['0.3.1-lab.2', '0.3.1-lab.1'];

// A placeholder in the sources, for the version that people see.
const placeholder = '@@VERSION@@';

/** Makes the tarballs unless they are there. */
export async function releasesFolder(say: Say): Promise<{ folder: string; releases: Release[] }> {
  const folder = join(cacheDirectory('releases'), digestOf([panelSource, webClientSource], edition));
  const list = join(folder, 'releases.json');
  // Written below, and by nothing else.
  if (existsSync(list)) return { folder, releases: JSON.parse(readFileSync(list, 'utf8')) as Release[] };
  return stage(say, 'release files of the admin panel and the web client', async () => {
    const fresh = `${folder}.new`;
    rmSync(fresh, { recursive: true, force: true });
    const panels = panelVersions.map((version) => panel(fresh, version));
    const client = await buildWebClient(say);
    const clients = clientVersions.map((version) => webClient(fresh, client, version));
    const made = await Promise.all([...panels, ...clients]);
    const releases = made.map((release) => ({ ...release, file: release.file.replace(fresh, folder) }));
    writeFileSync(join(fresh, 'releases.json'), JSON.stringify(releases, null, 2));
    renameSync(fresh, folder);
    return { folder, releases };
  });
}

async function panel(folder: string, version: string): Promise<Release> {
  const path = `etkecc/ketesa/releases/download/v${version}/ketesa.tar.gz`;
  const shape = { application: 'ketesa', version, topFolder: 'ketesa' } as const;
  return pack(folder, path, shape, (target) => {
    cpSync(panelSource, target, { recursive: true });
    fill(target, version);
  });
}

async function webClient(folder: string, client: string, version: string): Promise<Release> {
  const path = `element-hq/hydrogen-web/releases/download/v${version}/hydrogen-v${version}.tar.gz`;
  const shape = { application: 'hydrogen', version, topFolder: 'hydrogen' } as const;
  return pack(folder, path, shape, (target) => {
    cpSync(client, target, { recursive: true });
    fill(target, version);
  });
}

// Names assets by their content, as build tools do, so that unpacking over an older version leaves its assets behind.
function fill(folder: string, version: string): void {
  const page = join(folder, 'index.html');
  let html = readFileSync(page, 'utf8').replaceAll(placeholder, version);
  for (const name of readdirSync(join(folder, 'assets')).filter((one) => one.includes('.unhashed.'))) {
    const file = join(folder, 'assets', name);
    const content = readFileSync(file, 'utf8').replaceAll(placeholder, version);
    const hashed = `${basename(name, `.unhashed${extname(name)}`)}-${sha256(Buffer.from(content)).slice(0, 8)}${extname(name)}`;
    writeFileSync(join(folder, 'assets', hashed), content);
    rmSync(file);
    html = html.replaceAll(name, hashed);
  }
  writeFileSync(page, html);
}

// The same files give the same bytes: sorted names, one time, one owner (a number that no host has, as in real releases).
async function pack(
  folder: string,
  path: string,
  shape: Pick<Release, 'application' | 'version' | 'topFolder'>,
  make: (target: string) => void,
): Promise<Release> {
  const work = mkdtempSync(join(tmpdir(), 'homerun-lab-release-'));
  try {
    make(join(work, shape.topFolder));
    await run(['chmod', '-R', 'u=rwX,go=rX', work]);
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    const tar = words(
      ['tar', '--sort=name', '--mtime=2026-06-19 12:00:00Z', '--owner=1001', '--group=1001', '--numeric-owner'],
      ['--format=gnu', '-C', work, '-cf', `${file}.tar`, shape.topFolder],
    );
    await run(tar);
    await run(['gzip', '-n', '-9', '-f', `${file}.tar`]);
    renameSync(`${file}.tar.gz`, file);
    return { ...shape, file, url: `https://${releasesHost}/${path}`, sha256: sha256(readFileSync(file)) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
