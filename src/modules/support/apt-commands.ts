import { listsStamp } from '../../questions/apt.ts';
import { type Command, quote } from '../../values/command.ts';

/** An install may download a lot over a slow line. */
const installSeconds = 3600;

/**
 * What every call of apt-get has: no questions, changed configuration files kept (dpkg(1), --force-confdef and --force-confold), locks waited
 * for, nothing restarted by needrestart on its own. apt itself waits for dpkg's locks only (apt.conf(5), DPkg::Lock::Timeout), and dpkg for
 * none; for these it is tried again here. Errors go through a file: a pipe would be kept open by what a package starts.
 */
const preamble = `export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
apt_get() { apt-get -y -q -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout="$lock" -o Dpkg::Use-Pty=0 "$@"; }
patiently() {
  errors=$(mktemp) || { "$@"; return; }
  trap 'rm -f -- "$errors"' EXIT
  left=$lock
  while :; do
    "$@" </dev/null 2>"$errors"
    code=$?
    [ "$code" -ne 0 ] && [ "$left" -gt 0 ] && grep -q -e 'Unable to lock directory' -e 'locked by another process' "$errors" || break
    sleep 1
    left=$((left - 1))
  done
  cat "$errors" >&2
  rm -f -- "$errors"
  return "$code"
}`;

/** Fetches the package lists; one that cannot be fetched is a failure. The time is noted: lists that did not change keep theirs. */
export function aptUpdate(lockSeconds: number): Command {
  return apt(
    lockSeconds,
    `patiently apt_get -o APT::Update::Error-Mode=any update || exit
mkdir -p -- ${listsStamp.slice(0, listsStamp.lastIndexOf('/'))} && touch -- ${listsStamp}`,
  );
}

/** Installs or upgrades packages, given as `NAME` or `NAME=VERSION`. */
export function aptInstall(
  names: readonly string[],
  {
    install_recommends,
    lock_timeout,
    ...allowed
  }: {
    readonly install_recommends?: boolean | undefined;
    readonly lock_timeout: number;
    readonly allow_downgrade?: boolean;
    readonly allow_change_held_packages?: boolean;
  },
): Command {
  const recommends = install_recommends === undefined ? '' : `-o APT::Install-Recommends=${install_recommends} `;
  return apt(lock_timeout, `patiently apt_get ${recommends}${allowing(allowed)}install -- ${names.map(quote).join(' ')}`);
}

export function aptRemove(
  names: readonly string[],
  {
    purge,
    autoremove,
    lock_timeout,
    ...allowed
  }: { readonly purge: boolean; readonly autoremove: boolean; readonly lock_timeout: number; readonly allow_change_held_packages?: boolean },
): Command {
  const options = [...(purge ? ['--purge'] : []), ...(autoremove ? ['--auto-remove'] : [])].map((option) => `${option} `).join('');
  return apt(lock_timeout, `patiently apt_get ${options}${allowing(allowed)}remove -- ${names.map(quote).join(' ')}`);
}

/** Ends what an interrupted dpkg began. */
export function dpkgRepair(lockSeconds: number): Command {
  return apt(lockSeconds, 'patiently dpkg --force-confdef --force-confold --configure -a && patiently apt_get -f install');
}

function allowing({
  allow_downgrade,
  allow_change_held_packages,
}: {
  readonly allow_downgrade?: boolean;
  readonly allow_change_held_packages?: boolean;
}): string {
  return `${allow_downgrade ? '--allow-downgrades ' : ''}${allow_change_held_packages ? '--allow-change-held-packages ' : ''}`;
}

function apt(lockSeconds: number, script: string): Command {
  return { script: `lock=${lockSeconds}\n${preamble}\n${script}`, timeoutSeconds: installSeconds, detached: true };
}
