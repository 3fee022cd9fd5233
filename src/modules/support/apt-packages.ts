import { z } from 'zod';
import { type AptListsAnswer, aptLists, type DpkgAnswer, dpkgState } from '../../questions/apt.ts';
import { type CandidateAnswer, installedPackage, type PackageAnswer, packageCandidate, packageName } from '../../questions/package.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import { TaskError } from '../../values/errors.ts';
import { bool, commaList, line } from '../params.ts';
import { aptInstall, aptRemove, aptUpdate, dpkgRepair } from './apt-commands.ts';

/** `nginx` or `nginx=1.22.1-9`. */
const wanted = () =>
  line().transform((text, context) => {
    const [name = '', version] = text.split('=');
    if (!packageName.test(name) || (version !== undefined && !/^[A-Za-z0-9.+:~-]+$/.test(version))) {
      context.addIssue({ code: 'custom', message: `expected the name of a package, such as nginx or nginx=1.22.1-9, got ${JSON.stringify(text)}` });
      return z.NEVER;
    }
    return { name, version };
  });

/** The parameters of a task that manages packages with apt. */
export const aptParams = {
  name: commaList(wanted()).optional().describe('Packages, one or a list; `NAME=VERSION` for a version.'),
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
export const aptAliases = { pkg: 'name', package: 'name', 'update-cache': 'update_cache' };

/** Parameters of Ansible's apt that are left out. */
export const aptAbsent = {
  upgrade: 'Use the module command with apt-get upgrade.',
  deb: 'Install from a repository (module deb822_repository).',
  default_release: 'Name the version: NAME=VERSION.',
  allow_unauthenticated: 'Packages without a signature are not installed: add the key of the repository (module deb822_repository).',
  allow_downgrade: 'Use the module command with apt-get --allow-downgrades.',
  allow_change_held_packages: 'Release the package before: apt-mark unhold.',
  force: 'It would install packages without a signature.',
  dpkg_options: 'Configuration files that were changed are kept.',
  only_upgrade: 'Leave it out.',
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
  const differing = (params.name ?? []).filter((one) => isDifferent(params, one, answers));
  const repair: readonly Change[] = dpkg.isInterrupted
    ? [{ summary: 'repair the interrupted dpkg', commands: [dpkgRepair(params.lock_timeout)], writes: ['*'] }]
    : [];
  if (params.name === undefined) return [...repair, ...(lists === 'fresh' ? [] : [{ ...updateLists(params), opaque: true as const }])];
  // What is the latest is known only from fresh lists.
  if (params.update_cache && params.state === 'latest' && lists !== 'fresh') return [...repair, { ...updateLists(params), staged: true }];
  if (differing.length === 0) return repair;
  return [
    ...repair,
    ...(params.update_cache && params.state !== 'absent' && lists !== 'fresh' ? [updateLists(params)] : []),
    packageChange(params, differing, answers),
  ];
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
    ? name.filter((one) => (state === 'latest' ? true : state === 'present' && !isInstalled(packages.get(one.name))))
    : [];
  const second = yield* ask(Object.fromEntries(open.map((one) => [`candidate ${one.name}`, packageCandidate(one.name)])));
  const candidates = new Map(open.map((one) => [one.name, second[`candidate ${one.name}`] ?? {}]));
  return { dpkg: first.dpkg, lists: first.lists, packages, candidates };
}

const notInstalled: PackageAnswer = { status: 'not-installed' };

function isInstalled(answer: PackageAnswer | undefined): boolean {
  return answer?.status === 'installed' || answer?.status === 'triggers-awaited' || answer?.status === 'triggers-pending';
}

function isDifferent(
  { state, purge }: AptParams,
  { name, version }: { readonly name: string; readonly version: string | undefined },
  { packages, candidates }: AptAnswers,
): boolean {
  const found = packages.get(name) ?? notInstalled;
  if (state === 'absent') return purge ? found.status !== 'not-installed' : found.status !== 'not-installed' && found.status !== 'config-files';
  const candidate = candidates.get(name);
  if (!isInstalled(found)) return candidate?.providedBy === undefined || candidate.version !== undefined;
  if (version !== undefined) return found.version !== version;
  return state === 'latest' && candidate?.version !== undefined && candidate.version !== found.version && !found.isHeld;
}

function updateLists({ lock_timeout }: AptParams): Change {
  return { summary: 'fetch the package lists', commands: [aptUpdate(lock_timeout)], writes: ['*'] };
}

function packageChange(
  params: AptParams,
  differing: readonly { readonly name: string; readonly version: string | undefined }[],
  { packages, candidates }: AptAnswers,
): Change {
  const names = differing.map(({ name, version }) => (version === undefined ? name : `${name}=${version}`));
  if (params.state === 'absent') return { summary: `remove ${names.join(', ')}`, commands: [aptRemove(names, params)], writes: ['*'] };
  const words = differing.map(({ name, version }) => {
    const before = packages.get(name);
    const to = version ?? (isInstalled(before) ? candidates.get(name)?.version : undefined);
    return isInstalled(before) ? `${name} ${before?.version ?? ''} -> ${to ?? ''}` : `${name}${version === undefined ? '' : ` ${version}`}`;
  });
  return { summary: `install ${words.join(', ')}`, commands: [aptInstall(names, params)], writes: ['*'] };
}
