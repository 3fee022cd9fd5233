// How this machine reaches its package mirrors, so that the lab's hosts reach them the same way. Nothing of it is written
// anywhere but into images that stay on this machine.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Codename, distributionOf, usualRelease } from './distributions.ts';

/** A release that hosts run, and the mirrors that it comes from. */
export interface Mirrors {
  readonly release: Codename;
  readonly main: string;
  readonly security: string;
}

/** Files for a context of `docker build`: path below the context → content. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

/** The mirrors named by this machine's own apt sources, or those of the distribution itself. */
export function mirrors(release: Codename = usualRelease, sources: readonly string[] = aptSources()): Mirrors {
  const { id, archive, securityArchive } = distributionOf(release);
  const addresses = sources.flatMap((text) => withoutComments(text).match(/https?:\/\/[^\s\]]+/g) ?? []);
  const plain = addresses.map((address) => address.replace(/\/+$/, ''));
  return {
    release,
    main: plain.find((address) => address.endsWith(`/${id}`)) ?? archive,
    security: plain.find((address) => address.endsWith(`/${id}-security`)) ?? securityArchive,
  };
}

/** The apt settings and CA certificates of this machine, laid out for the build of an image. */
export function machineFiles(release: Codename = usualRelease): Files {
  const { id } = distributionOf(release);
  return new Map([[`apt/sources.list.d/${id}.sources`, sourcesFile(mirrors(release))], ...aptSettings(), ...certificates()]);
}

/** The sources file of a host, in apt's deb822 form. */
export function sourcesFile({ release, main, security }: Mirrors): string {
  const { components, keyring } = distributionOf(release);
  const entry = (address: string, suites: string): string =>
    ['Types: deb', `URIs: ${address}`, `Suites: ${suites}`, `Components: ${components}`, `Signed-By: ${keyring}`, ''].join('\n');
  return `${entry(main, `${release} ${release}-updates`)}\n${entry(security, `${release}-security`)}`;
}

function aptSources(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...list(folder).map((name) => join(folder, name))];
  return files.filter((file) => /\.(list|sources)$/.test(file) && existsSync(file)).map((file) => readFileSync(file, 'utf8'));
}

// Only what concerns fetching: proxies, time checks, TLS. The rest is this machine's own business.
function aptSettings(): [string, string][] {
  const settings = list('/etc/apt/apt.conf.d')
    .map((name) => readFileSync(join('/etc/apt/apt.conf.d', name), 'utf8'))
    .flatMap((text) => text.split('\n'))
    .filter((line) => /^\s*Acquire::(http|https|ftp|Check-|Retries|ForceIPv)/i.test(line));
  const proxies = ['http', 'https'].flatMap((scheme) => {
    const proxy = process.env[`${scheme}_proxy`] ?? process.env[`${scheme.toUpperCase()}_PROXY`];
    return proxy === undefined || proxy === '' ? [] : [`Acquire::${scheme}::Proxy "${proxy}";`];
  });
  return [['apt/apt.conf.d/90-as-on-the-machine', [...settings, ...proxies, ''].join('\n')]];
}

function certificates(): [string, string][] {
  const folder = '/usr/local/share/ca-certificates';
  return list(folder)
    .filter((name) => name.endsWith('.crt'))
    .map((name) => [`certificates/${name}`, readFileSync(join(folder, name), 'utf8')]);
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

function withoutComments(text: string): string {
  return text.replace(/^\s*#.*$/gm, '');
}
