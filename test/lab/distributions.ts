// The distributions that hosts of the lab can be: Debian 12 unless a test asks for another one.

/** The code name of a release, as `facts.distribution_release` has it. */
export type Codename = 'bookworm' | 'trixie' | 'jammy' | 'noble';

export interface Distribution {
  /** As it stands in the addresses of Docker's repository and of its own archive. */
  readonly id: 'debian' | 'ubuntu';
  readonly title: string;
  /** What its packages come from where this machine's own sources do not say. */
  readonly archive: string;
  readonly securityArchive: string;
  /** Parts of the archive that a server has. */
  readonly components: string;
  readonly keyring: string;
}

/** What hosts are when nothing is said, and what images of the lab are made from. */
export const usualRelease: Codename = 'bookworm';

export function isCodename(word: string): word is Codename {
  return Object.hasOwn(distributions, word);
}

export function distributionOf(release: Codename): Distribution {
  return distributions[release];
}

const debian = (title: string): Distribution => ({
  id: 'debian',
  title,
  archive: 'http://deb.debian.org/debian',
  securityArchive: 'http://deb.debian.org/debian-security',
  components: 'main',
  keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
});

const ubuntu = (title: string): Distribution => ({
  id: 'ubuntu',
  title,
  archive: 'http://archive.ubuntu.com/ubuntu',
  securityArchive: 'http://security.ubuntu.com/ubuntu',
  components: 'main universe',
  keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
});

const distributions: Readonly<Record<Codename, Distribution>> = {
  bookworm: debian('Debian 12'),
  trixie: debian('Debian 13'),
  jammy: ubuntu('Ubuntu 22.04'),
  noble: ubuntu('Ubuntu 24.04'),
};
