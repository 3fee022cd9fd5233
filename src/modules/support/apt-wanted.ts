import * as z from 'zod';
import { type CandidateAnswer, type PackageAnswer, packageName } from '../../questions/package.ts';
import { compareVersions } from '../../values/debian-version.ts';
import { TaskError } from '../../values/errors.ts';
import { line } from '../params.ts';

/** A package by its name, with a version (in which `*` stands for anything) or the least one where that is meant. */
export interface Wanted {
  readonly name: string;
  readonly version?: string | undefined;
  readonly least?: string | undefined;
}

/** `nginx`, `nginx=1.22.1-9`, `nginx=1.22*` or `nginx>=1.22`. */
export const wantedPackage = () =>
  line().transform((text, context): Wanted => {
    const [, name = '', operator, version = ''] = /^(.*?)(?:(>?=)(.*))?$/.exec(text.trim()) ?? [];
    const isVersion = operator === '=' ? /^[A-Za-z0-9.+:~*?-]+$/.test(version) : /^[A-Za-z0-9.+:~-]+$/.test(version);
    if (!packageName.test(name) || (operator !== undefined && !isVersion)) {
      context.addIssue({
        code: 'custom',
        message: `expected the name of a package, such as nginx, nginx=1.22.1-9, nginx=1.22* or nginx>=1.22, got ${JSON.stringify(text)}`,
      });
      return z.NEVER;
    }
    return { name, ...(operator === '=' && { version }), ...(operator === '>=' && { least: version }) };
  });

/** Whether a version is one that is wanted. */
export function isWantedVersion({ version, least }: Wanted, found: string): boolean {
  if (version !== undefined) return patternOf(version).test(found);
  return least === undefined || compareVersions(found, least) >= 0;
}

function patternOf(version: string): RegExp {
  const escaped = version.replace(/[.+]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${escaped}$`);
}

/** The version that apt would install; undefined where it is not known, or is left to apt. */
export function chosenVersion(wanted: Wanted, { version, offered = [] }: CandidateAnswer): string | undefined {
  if (version !== undefined && isWantedVersion(wanted, version)) return version;
  return offered
    .filter((one) => isWantedVersion(wanted, one))
    .sort(compareVersions)
    .at(-1);
}

/** What an argument of apt-get says of it. */
export function argumentFor(wanted: Wanted, candidate: CandidateAnswer): string {
  if (wanted.version === undefined && wanted.least === undefined) return wanted.name;
  return `${wanted.name}=${chosenVersion(wanted, candidate) ?? wanted.version ?? wanted.least}`;
}

/**
 * Refuses what apt would refuse, as far as fresh lists tell.
 * @throws TaskError for a package or version that nobody offers, for one that is held, and for an older one.
 */
export function refuseImpossible(
  wanted: Wanted,
  found: PackageAnswer,
  candidate: CandidateAnswer,
  { allow_downgrade, allow_change_held_packages }: { readonly allow_downgrade: boolean; readonly allow_change_held_packages: boolean },
): void {
  const { name } = wanted;
  const { offered, version } = candidate;
  if (offered === undefined) return;
  if (version === undefined && offered.length === 0 && candidate.providedBy === undefined && !candidate.isVirtual)
    throw new TaskError(
      `apt knows no package ${name}`,
      'Look at its name; fetch the lists (update_cache: true); or add the repository that has it (module deb822_repository).',
    );
  const isOpen = wanted.version === undefined && wanted.least === undefined;
  const chosen = chosenVersion(wanted, candidate);
  if (!isOpen && chosen === undefined)
    throw new TaskError(
      `apt is offered no version ${wanted.least === undefined ? wanted.version : `${wanted.least} or newer`} of ${name}, but ${offered.join(', ') || 'none'}`,
      'Name one of these, or add the repository that has it (module deb822_repository).',
    );
  if (found.isHeld && found.version !== undefined && !allow_change_held_packages) throw heldBack(name);
  if (chosen !== undefined && found.version !== undefined && !allow_downgrade && compareVersions(chosen, found.version) < 0 && isThere(found))
    throw new TaskError(`${name} ${found.version} is installed, and ${chosen} is older`, 'Say allow_downgrade: true to install it all the same.');
}

export function heldBack(name: string): TaskError {
  return new TaskError(`${name} is held (apt-mark hold)`, 'Release it before (apt-mark unhold), or say allow_change_held_packages: true.');
}

function isThere({ status }: PackageAnswer): boolean {
  return status !== 'not-installed' && status !== 'config-files';
}
