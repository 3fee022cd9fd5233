// A signed apt repository in the layout of https://download.docker.com/linux. Its packages say what they are: the distribution's own
// Docker under the names of Docker's packages. (Packages that merely depend on those would not do: docker.io refuses to be
// installed beside a docker-ce.)

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { emptyPackage, remakePackage } from './debian-package.ts';
import { type Codename, distributionOf, usualRelease } from './distributions.ts';
import { type Docker, docker } from './docker.ts';
import { cacheDirectory } from './places.ts';
import { run } from './run.ts';

interface StandInPackage {
  readonly name: string;
  /** The distribution's package with the content; none when another of these has it. */
  readonly from?: string;
}

/** The host name that the repository stands in for. */
export const packagesHost = 'download.docker.com';

/** Raise it when what is below changes: the repository is made again. */
const edition = 'edition-2';

/** Such as Docker gives its own packages: newer than those that they stand in for. */
const versions: Readonly<Record<Codename, string>> = {
  bookworm: '5:20.10.24-1~debian.12~bookworm+lab2',
  trixie: '5:26.1.5-1~debian.13~trixie+lab2',
  jammy: '5:29.0.0-1~ubuntu.22.04~jammy+lab2',
  noble: '5:29.0.0-1~ubuntu.24.04~noble+lab2',
};

/** From Debian 13 on the client is a package of its own. */
const packagesOf = (release: Codename): readonly StandInPackage[] => [
  { name: 'containerd.io', from: 'containerd' },
  { name: 'docker-ce', from: 'docker.io' },
  { name: 'docker-ce-cli', ...(release === 'trixie' && { from: 'docker-cli' }) },
];

const explanation =
  'A stand-in made by the homerun lab where download.docker.com cannot be reached: Docker as the distribution builds it, under the name of ' +
  'Docker’s own package.';

/**
 * Makes the repository unless it is there.
 * @param images a host's image of each release that packages are for; gives those that they are made from
 * @returns the folder that stands for the root of https://download.docker.com
 */
export async function dockerPackages(engine: Docker, images: Promise<ReadonlyMap<Codename, string>>): Promise<string> {
  const made = await images;
  const others = [...made.keys()].filter((release) => release !== usualRelease);
  const folder = join(cacheDirectory('apt'), [edition, ...others].join('-'));
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const signing = await openKey();
  try {
    for (const [release, image] of made) await writeSuite(engine, { release, image, fresh, signing });
  } finally {
    await signing.close();
  }
  renameSync(fresh, folder);
  return folder;
}

interface Suite {
  readonly release: Codename;
  readonly image: string;
  /** What becomes the repository. */
  readonly fresh: string;
  readonly signing: Key;
}

async function writeSuite(engine: Docker, { release, image, fresh, signing }: Suite): Promise<void> {
  const downloads = `${fresh}.downloads`;
  rmSync(downloads, { recursive: true, force: true });
  mkdirSync(downloads, { recursive: true });
  await download(engine, image, release, downloads);
  const root = join(fresh, 'linux', distributionOf(release).id);
  const architecture = (await run(['dpkg', '--print-architecture'])).trim();
  const making = { root, release, architecture, downloads };
  const entries = await Promise.all(packagesOf(release).map((one) => buildPackage(one, making)));
  const index = entries.join('\n');
  const suite = join(root, 'dists', release);
  const indexes: [string, Uint8Array][] = [
    [`stable/binary-${architecture}/Packages`, Buffer.from(index)],
    [`stable/binary-${architecture}/Packages.gz`, gzipSync(index)],
  ];
  for (const [name, content] of indexes) write(join(suite, name), content);
  write(join(suite, 'Release'), releaseFile(release, architecture, indexes));
  await signing.sign(suite);
  write(join(root, 'gpg'), signing.publicKey);
  rmSync(downloads, { recursive: true, force: true });
}

async function download(engine: Docker, image: string, release: Codename, folder: string): Promise<void> {
  const names = packagesOf(release)
    .flatMap(({ from }) => from ?? [])
    .join(' ');
  // As root of a container without apt's own user, which may not write to the folder.
  const script = `apt-get update -q && cd /downloads && apt-get -o APT::Sandbox::User=root download -q ${names}`;
  await docker(engine, ['run', '--rm', '-v', `${folder}:/downloads`, image, 'sh', '-ec', script]);
}

interface Making {
  readonly root: string;
  readonly release: Codename;
  readonly architecture: string;
  readonly downloads: string;
}

// Returns the package's paragraph in the index.
async function buildPackage(one: StandInPackage, making: Making): Promise<string> {
  const { root, release, architecture } = making;
  const { control, deb } = await makePackage(one, making);
  const file = `${one.name}_${versions[release].replace('5:', '')}_${architecture}.deb`;
  const path = join('dists', release, 'pool', 'stable', architecture, file);
  write(join(root, path), deb);
  const fields = [`Filename: ${path}`, `Size: ${deb.length}`, `SHA256: ${sha256(deb)}`];
  return control.replace(/^Description:/m, `${fields.join('\n')}\nDescription:`);
}

async function makePackage({ name, from }: StandInPackage, { release, architecture, downloads }: Making): Promise<{ control: string; deb: Buffer }> {
  const version = versions[release];
  if (from !== undefined) {
    const file = readdirSync(downloads).find((one) => one.startsWith(`${from}_`));
    if (file === undefined) throw new Error(`apt-get did not download ${from}`);
    return remakePackage(join(downloads, file), (control) => remadeControl(control, { name, from, version }));
  }
  const fields = { Package: name, Version: version, Architecture: architecture, Maintainer: 'homerun lab <lab@lab.test>' };
  const control = paragraph({ ...fields, Depends: 'docker-ce', Section: 'admin', Priority: 'optional', ...description(name) });
  return { control, deb: await emptyPackage(name, control, `${explanation} The client is part of docker-ce.\n`) };
}

/** The control file of a package that is made over: a new name and version, and the other new names instead of the distribution's. */
export function remadeControl(
  control: string,
  { name, from, version }: { readonly name: string; readonly from: string; readonly version: string },
): string {
  const fields = Object.fromEntries(
    // A line that begins with a space goes on with the field before it.
    control.split(/\n(?=\S)/).map((field): [string, string] => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    }),
  );
  const { Depends = '', Architecture = '', 'Pre-Depends': before, 'Installed-Size': size = '0' } = fields;
  return paragraph({
    Package: name,
    Version: version,
    Architecture,
    Maintainer: 'homerun lab <lab@lab.test>',
    'Installed-Size': size,
    ...(before === undefined ? {} : { 'Pre-Depends': before }),
    Depends: Depends.replace(/\bcontainerd \([^)]*\)/, 'containerd.io'),
    Conflicts: from,
    Replaces: from,
    Section: 'admin',
    Priority: 'optional',
    ...description(name),
  });
}

function description(name: string): Record<string, string> {
  return { Description: `${name} (stand-in of the homerun lab)\n ${explanation}` };
}

function paragraph(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

function releaseFile(release: Codename, architecture: string, indexes: readonly [string, Uint8Array][]): string {
  return [
    'Origin: Docker',
    'Label: Docker CE (stand-in of the homerun lab)',
    `Suite: ${release}`,
    `Codename: ${release}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Architectures: ${architecture}`,
    'Components: stable',
    'SHA256:',
    ...indexes.map(([name, content]) => ` ${sha256(content)} ${content.length} ${name}`),
    '',
  ].join('\n');
}

interface Key {
  readonly publicKey: string;
  /** Signs the file Release of a folder. */
  sign(suite: string): Promise<void>;
  close(): Promise<void>;
}

// The key is made for this repository and not kept: with another repository comes another key, as a host that pins one must notice.
async function openKey(): Promise<Key> {
  const home = mkdtempSync(join(tmpdir(), 'homerun-gpg-'));
  const gpg = ['gpg', '--homedir', home, '--batch', '--yes', '--pinentry-mode', 'loopback', '--passphrase', ''];
  await run([...gpg, '--quick-gen-key', 'homerun lab (stands in for Docker) <lab@lab.test>', 'rsa3072', 'sign', 'never']);
  return {
    publicKey: await run([...gpg, '--armor', '--export']),
    sign: async (suite) => {
      await run([...gpg, '--clearsign', '-o', join(suite, 'InRelease'), join(suite, 'Release')]);
      await run([...gpg, '--armor', '--detach-sign', '-o', join(suite, 'Release.gpg'), join(suite, 'Release')]);
    },
    close: async () => {
      await run(['gpgconf', '--homedir', home, '--kill', 'all']);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
