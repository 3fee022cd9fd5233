import { type Command, quote } from '../../values/command.ts';

/** An install may download a lot over a slow line. */
const installSeconds = 3600;

/**
 * What every call of apt-get has: no questions, changed configuration files kept (dpkg(1), --force-confdef and --force-confold), locks waited
 * for, nothing restarted by needrestart on its own.
 */
const preamble = `export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
apt_get() { apt-get -y -q -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout="$lock" -o Dpkg::Use-Pty=0 "$@" </dev/null; }`;

/** Fetches the package lists; one that cannot be fetched is a failure. apt waits for no lock on the lists, so that is done here. */
export function aptUpdate(lockSeconds: number): Command {
  return apt(
    lockSeconds,
    `left=$lock
while :; do
  said=$(apt_get -o APT::Update::Error-Mode=any update 2>&1) && exit 0
  case $said in *'Could not get lock'*|*'Unable to lock directory'*) ;; *) break ;; esac
  [ "$left" -gt 0 ] || break
  sleep 1
  left=$((left - 1))
done
printf '%s\\n' "$said" >&2
exit 100`,
  );
}

/** Installs or upgrades packages, given as `NAME` or `NAME=VERSION`. */
export function aptInstall(
  names: readonly string[],
  { install_recommends, lock_timeout }: { readonly install_recommends?: boolean | undefined; readonly lock_timeout: number },
): Command {
  const recommends = install_recommends === undefined ? '' : `-o APT::Install-Recommends=${install_recommends} `;
  return apt(lock_timeout, `apt_get ${recommends}install -- ${names.map(quote).join(' ')}`);
}

export function aptRemove(
  names: readonly string[],
  { purge, autoremove, lock_timeout }: { readonly purge: boolean; readonly autoremove: boolean; readonly lock_timeout: number },
): Command {
  const options = [...(purge ? ['--purge'] : []), ...(autoremove ? ['--auto-remove'] : [])].map((option) => `${option} `).join('');
  return apt(lock_timeout, `apt_get ${options}remove -- ${names.map(quote).join(' ')}`);
}

/** Ends what an interrupted dpkg began. */
export function dpkgRepair(lockSeconds: number): Command {
  return apt(lockSeconds, 'dpkg --force-confdef --force-confold --configure -a </dev/null && apt_get -f install');
}

function apt(lockSeconds: number, script: string): Command {
  return { script: `lock=${lockSeconds}\n${preamble}\n${script}`, timeoutSeconds: installSeconds, detached: true };
}
