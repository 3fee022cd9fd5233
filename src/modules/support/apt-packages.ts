import * as z from 'zod';
import { type AptListsAnswer, aptLists, type DpkgAnswer, dpkgState } from '../../questions/apt.ts';
import { type CandidateAnswer, installedPackage, type PackageAnswer, packageCandidate } from '../../questions/package.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import { sh } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import { bool, commaList } from '../params.ts';
import { aptInstall, aptRemove, aptUpdate, dpkgRepair } from './apt-commands.ts';
import { argumentFor, chosenVersion, heldBack, isWantedVersion, refuseImpossible, type Wanted, wantedPackage } from './apt-wanted.ts';

/** The parameters of a task that manages packages with apt. */
export const aptParams = {
  name: commaList(wantedPackage())
    .optional()
    .describe('Packages, one or a list; `NAME=VERSION` for a version, in which `*` stands for anything, and `NAME>=VERSION` for the least one.'),
  state: z.enum(['present', 'latest', 'absent']).default('present').describe('`latest` also upgrades; `absent` removes.'),
  update_cache: bool()
    .default(false)
    .describe('Fetch the package lists first, if there is something to install (or `state` is `latest`) and they are older than `cache_valid_time`.'),
  cache_valid_time: z.coerce
    .number()
    .int()
    .min(0)
    .max(31_536_000)
    .default(0)
    .describe('Seconds for which fetched lists are fresh, unless a file of sources has changed since.'),
  install_recommends: bool().optional().describe('Whether recommended packages are installed too. Default: as apt is set up on the host.'),
  only_upgrade: bool().default(false).describe('Leave alone what is not installed.'),
  allow_downgrade: bool().default(false).describe('Let a version that is named be older than the one that is installed.'),
  allow_change_held_packages: bool().default(false).describe('Change packages that are held, too.'),
  purge: bool().default(false).describe('With `state: absent`: remove the configuration too.'),
  autoremove: bool().default(false).describe('With `state: absent`: remove what was installed for these packages alone.'),
  lock_timeout: z.coerce.number().int().min(0).max(3600).default(300).describe('Seconds to wait while another program holds the locks of apt.'),
};

const params = z.object(aptParams);
export type AptParams = z.output<typeof params>;

export interface AptAnswers {
  readonly dpkg: DpkgAnswer;
  readonly lists: AptListsAnswer | undefined;
  readonly packages: ReadonlyMap<string, PackageAnswer>;
  readonly candidates: ReadonlyMap<string, CandidateAnswer>;
}

/** Other names of the parameters. */
export const aptAliases = {
  pkg: 'name',
  package: 'name',
  'update-cache': 'update_cache',
  'install-recommends': 'install_recommends',
  allow_downgrades: 'allow_downgrade',
  'allow-downgrade': 'allow_downgrade',
  'allow-downgrades': 'allow_downgrade',
};

/** Parameters of Ansible's apt that are left out. */
export const aptAbsent = {
  upgrade: 'Use the module command with apt-get upgrade.',
  default_release: 'Name the version: NAME=VERSION.',
  allow_unauthenticated: 'Packages without a signature are not installed: add the key of the repository (module deb822_repository).',
  force: 'It would install packages without a signature.',
  dpkg_options: 'Configuration files that were changed are kept.',
  autoclean: 'Use the module command with apt-get autoclean.',
  clean: 'Use the module command with apt-get clean.',
  policy_rc_d: 'Write /usr/sbin/policy-rc.d with the module copy before.',
  fail_on_autoremove: 'Look at the run in check mode.',
  force_apt_get: 'apt-get is always used.',
  update_cache_retries: 'Use until and retries of the task.',
  update_cache_retry_max_delay: 'Use until, retries and delay of the task.',
};

/** @param withoutApt what to do on a host that has no apt. @throws TaskError there. */
export function planApt(params: AptParams, answers: AptAnswers, withoutApt: string): readonly Change[] {
  const { dpkg, lists } = answers;
  if (!dpkg.isDebian) throw noApt(dpkg.system, withoutApt);
  const names = params.name ?? [];
  const differing = names.filter((one) => isDifferent(params, one, answers));
  const repair: readonly Change[] = dpkg.isInterrupted
    ? [{ summary: 'repair the interrupted dpkg', commands: [dpkgRepair(params.lock_timeout)], writes: ['*'] }]
    : [];
  if (params.name === undefined)
    return [...repair, ...(lists === undefined || lists === 'fresh' ? [] : [{ ...updateLists(params), opaque: true as const }])];
  const isStale = params.update_cache && params.state !== 'absent' && lists !== 'fresh';
  // What is the latest is known only from fresh lists.
  if (isStale && params.state === 'latest') return [...repair, { ...updateLists(params), staged: true }];
  const automatic =
    params.state === 'absent' ? [] : names.filter((one) => isAutomatic(one, answers) && !differing.includes(one)).map(({ name }) => name);
  const marked: readonly Change[] = automatic.length === 0 ? [] : [markChange(automatic)];
  if (differing.length === 0) return [...repair, ...marked];
  if (!isStale) for (const one of differing) refuse(params, one, answers);
  return [...repair, ...(isStale ? [updateLists(params)] : []), packageChange(params, differing, answers), ...marked];
}

/** @throws TaskError for what apt would refuse. */
function refuse(params: AptParams, one: Wanted, { packages, candidates }: AptAnswers): void {
  const found = packages.get(one.name) ?? notInstalled;
  if (params.state !== 'absent') refuseImpossible(one, found, candidates.get(one.name) ?? {}, params);
  else if (found.isHeld && !params.allow_change_held_packages) throw heldBack(one.name);
}

function isAutomatic({ name }: Wanted, { packages }: AptAnswers): boolean {
  const found = packages.get(name);
  return isInstalled(found) && found?.isAutomatic === true;
}

function markChange(names: readonly string[]): Change {
  return {
    summary: `keep ${names.join(', ')} for itself, whoever else needs it`,
    commands: [sh`apt-mark manual -- ${names}`],
    writes: ['file:/var/lib/apt/extended_states'],
  };
}

function noApt(system: string, otherwise: string): TaskError {
  return /^(Debian|Ubuntu)\b/.test(system)
    ? new TaskError(
        `this host runs ${system}, but apt-get or dpkg is missing`,
        'Look for them on the host: command -v apt-get dpkg. They come with the packages apt and dpkg, which belong to every Debian and Ubuntu.',
      )
    : new TaskError(`this host has no apt: it runs ${system}`, otherwise);
}

/** Lists of the last minute are those that the task itself has just fetched. */
const justFetchedSeconds = 60;

/** Asks for the packages, and for what is offered where that matters. */
export function* askApt({ name = [], state, update_cache, cache_valid_time, lock_timeout }: AptParams): Asking<AptAnswers> {
  const first = yield* ask({
    dpkg: dpkgState(lock_timeout),
    ...(update_cache && { lists: aptLists(state === 'latest' ? Math.max(cache_valid_time, justFetchedSeconds) : cache_valid_time) }),
    ...Object.fromEntries(name.map((one) => [`package ${one.name}`, installedPackage(one.name)])),
  });
  // Keys that are made of names have no types of their own; their answers are those of the kind that was asked.
  const found = first as unknown as Record<string, PackageAnswer>;
  const packages = new Map(name.map((one) => [one.name, found[`package ${one.name}`] ?? notInstalled]));
  const open = first.dpkg.isDebian
    ? name.filter((one) => state === 'latest' || (state === 'present' && !isAsWanted(one, packages.get(one.name))))
    : [];
  const second = yield* ask(Object.fromEntries(open.map((one) => [`candidate ${one.name}`, packageCandidate(one.name)])));
  const candidates = new Map(open.map((one) => [one.name, second[`candidate ${one.name}`] ?? {}]));
  return { dpkg: first.dpkg, lists: first.lists, packages, candidates };
}

const notInstalled: PackageAnswer = { status: 'not-installed' };

function isAsWanted(one: Wanted, found: PackageAnswer | undefined): boolean {
  return isInstalled(found) && isWantedVersion(one, found?.version ?? '');
}

function isInstalled(answer: PackageAnswer | undefined): boolean {
  return answer?.status === 'installed' || answer?.status === 'triggers-awaited' || answer?.status === 'triggers-pending';
}

function isDifferent(
  { state, purge, only_upgrade, allow_change_held_packages }: AptParams,
  wanted: Wanted,
  { packages, candidates }: AptAnswers,
): boolean {
  const found = packages.get(wanted.name) ?? notInstalled;
  if (state === 'absent') return purge ? found.status !== 'not-installed' : found.status !== 'not-installed' && found.status !== 'config-files';
  const candidate = candidates.get(wanted.name) ?? {};
  if (!isInstalled(found)) return !only_upgrade && (candidate.providedBy === undefined || candidate.version !== undefined);
  if (!isAsWanted(wanted, found)) return true;
  if (state !== 'latest' || (found.isHeld && !allow_change_held_packages)) return false;
  const newest = chosenVersion(wanted, candidate);
  return newest !== undefined && newest !== found.version;
}

function updateLists({ lock_timeout }: AptParams): Change {
  return { summary: 'fetch the package lists', commands: [aptUpdate(lock_timeout)], writes: ['*'] };
}

function packageChange(params: AptParams, differing: readonly Wanted[], { packages, candidates }: AptAnswers): Change {
  if (params.state === 'absent') {
    const names = differing.map(({ name }) => name);
    return { summary: `remove ${names.join(', ')}`, commands: [aptRemove(names, params)], writes: ['*'] };
  }
  const names = differing.map((one) => argumentFor(one, candidates.get(one.name) ?? {}));
  const words = differing.map((one) => {
    const { name, version, least } = one;
    const before = packages.get(name);
    const to = chosenVersion(one, candidates.get(name) ?? {}) ?? version ?? least ?? '';
    if (isInstalled(before)) return `${name} ${before?.version ?? ''} -> ${to}`;
    return (version ?? least) === undefined ? name : `${name} ${to}`;
  });
  return { summary: `install ${words.join(', ')}`, commands: [aptInstall(names, params)], writes: ['*'] };
}
