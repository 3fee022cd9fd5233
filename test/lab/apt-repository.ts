// A signed apt repository in the layout of https://download.docker.com/linux/debian. Its packages say what they are: Debian's own
// Docker under the names of Docker's packages. (Packages that merely depend on Debian's would not do: docker.io refuses to be
// installed beside a docker-ce.)

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { emptyPackage, remakePackage } from './debian-package.ts';
import { type Docker, docker } from './docker.ts';
import { cacheDirectory } from './places.ts';
import { run } from './run.ts';

interface StandInPackage {
  readonly name: string;
  /** Debian's package with the content; none when another of these has it. */
  readonly from?: string;
}

/** The host name that the repository stands in for. */
export const packagesHost = 'download.docker.com';

/** Raise it when what is below changes: the repository is made again. */
const edition = 'edition-2';
const release = 'bookworm';
const version = '5:20.10.24-1~debian.12~bookworm+lab2';
const packages: readonly StandInPackage[] = [
  { name: 'containerd.io', from: 'containerd' },
  { name: 'docker-ce', from: 'docker.io' },
  { name: 'docker-ce-cli' },
];

const explanation =
  'A stand-in made by the homerun lab where download.docker.com cannot be reached: Docker as Debian builds it, under the name of ' +
  'Docker’s own package. The client is part of docker-ce.';

/**
 * Makes the repository unless it is there.
 * @param image a Debian of the release that hosts run; gives the packages that these are made from
 * @returns the folder that stands for the root of https://download.docker.com
 */
export async function dockerPackages(engine: Docker, image: Promise<string>): Promise<string> {
  const folder = join(cacheDirectory('apt'), edition);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.new`;
  const downloads = `${folder}.downloads`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(downloads, { recursive: true });
  await download(engine, await image, downloads);
  const root = join(fresh, 'linux', 'debian');
  const architecture = (await run(['dpkg', '--print-architecture'])).trim();
  const entries = await Promise.all(packages.map((one) => buildPackage(root, one, architecture, downloads)));
  const index = entries.join('\n');
  const suite = join(root, 'dists', release);
  const indexes: [string, Uint8Array][] = [
    [`stable/binary-${architecture}/Packages`, Buffer.from(index)],
    [`stable/binary-${architecture}/Packages.gz`, gzipSync(index)],
  ];
  for (const [name, content] of indexes) write(join(suite, name), content);
  await sign(suite, releaseFile(architecture, indexes), join(root, 'gpg'));
  rmSync(downloads, { recursive: true, force: true });
  renameSync(fresh, folder);
  return folder;
}

async function download(engine: Docker, image: string, folder: string): Promise<void> {
  const names = packages.flatMap(({ from }) => from ?? []).join(' ');
  // As root of a container without apt's own user, which may not write to the folder.
  const script = `apt-get update -q && cd /downloads && apt-get -o APT::Sandbox::User=root download -q ${names}`;
  await docker(engine, ['run', '--rm', '-v', `${folder}:/downloads`, image, 'sh', '-ec', script]);
}

// Returns the package's paragraph in the index.
async function buildPackage(root: string, one: StandInPackage, architecture: string, downloads: string): Promise<string> {
  const { control, deb } = await makePackage(one, architecture, downloads);
  const file = `${one.name}_${version.replace('5:', '')}_${architecture}.deb`;
  const path = join('dists', release, 'pool', 'stable', architecture, file);
  write(join(root, path), deb);
  const fields = [`Filename: ${path}`, `Size: ${deb.length}`, `SHA256: ${sha256(deb)}`];
  return control.replace(/^Description:/m, `${fields.join('\n')}\nDescription:`);
}

async function makePackage({ name, from }: StandInPackage, architecture: string, downloads: string): Promise<{ control: string; deb: Buffer }> {
  if (from !== undefined) {
    const file = readdirSync(downloads).find((one) => one.startsWith(`${from}_`));
    if (file === undefined) throw new Error(`apt-get did not download ${from}`);
    return remakePackage(join(downloads, file), (control) => remadeControl(control, name, from));
  }
  const fields = { Package: name, Version: version, Architecture: architecture, Maintainer: 'homerun lab <lab@lab.test>' };
  const control = paragraph({ ...fields, Depends: 'docker-ce', Section: 'admin', Priority: 'optional', ...description(name) });
  return { control, deb: await emptyPackage(name, control, `${explanation}\n`) };
}

/** The control file of a package that is made over from Debian's: a new name, and the other new names instead of Debian's. */
export function remadeControl(control: string, name: string, from: string): string {
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

function releaseFile(architecture: string, indexes: readonly [string, Uint8Array][]): string {
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

// The key is made for this repository and not kept: with another repository comes another key, as a host that pins one must notice.
async function sign(suite: string, content: string, keyFile: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'homerun-gpg-'));
  const gpg = ['gpg', '--homedir', home, '--batch', '--yes', '--pinentry-mode', 'loopback', '--passphrase', ''];
  try {
    await run([...gpg, '--quick-gen-key', 'homerun lab (stands in for Docker) <lab@lab.test>', 'rsa3072', 'sign', 'never']);
    writeFileSync(join(suite, 'Release'), content);
    await run([...gpg, '--clearsign', '-o', join(suite, 'InRelease'), join(suite, 'Release')]);
    await run([...gpg, '--armor', '--detach-sign', '-o', join(suite, 'Release.gpg'), join(suite, 'Release')]);
    writeFileSync(keyFile, await run([...gpg, '--armor', '--export']));
  } finally {
    await run(['gpgconf', '--homedir', home, '--kill', 'all']);
    rmSync(home, { recursive: true, force: true });
  }
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
