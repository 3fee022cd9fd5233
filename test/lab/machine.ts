// How this machine reaches its package mirrors, so that the lab's hosts reach them the same way. Nothing of it is written
// anywhere but into images that stay on this machine.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Debian release that hosts run, and the mirrors that it comes from. */
export interface Mirrors {
  readonly release: string;
  readonly main: string;
  readonly security: string;
}

/** Files for a context of `docker build`: path below the context → content. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

const release = 'bookworm';

/** The mirrors named by this machine's own apt sources, or Debian's own. */
export function mirrors(sources: readonly string[] = aptSources()): Mirrors {
  const addresses = sources.flatMap((text) => withoutComments(text).match(/https?:\/\/[^\s\]]+/g) ?? []);
  const plain = addresses.map((address) => address.replace(/\/+$/, ''));
  return {
    release,
    main: plain.find((address) => address.endsWith('/debian')) ?? 'http://deb.debian.org/debian',
    security: plain.find((address) => address.endsWith('/debian-security')) ?? 'http://deb.debian.org/debian-security',
  };
}

/** The apt settings and CA certificates of this machine, laid out for the build of an image. */
export function machineFiles(): Files {
  return new Map([['apt/sources.list.d/debian.sources', debianSources(mirrors())], ...aptSettings(), ...certificates()]);
}

/** The sources file of a host, in apt's deb822 form. */
export function debianSources({ release, main, security }: Mirrors): string {
  const entry = (address: string, suites: string): string =>
    ['Types: deb', `URIs: ${address}`, `Suites: ${suites}`, 'Components: main', 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg', ''].join(
      '\n',
    );
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
