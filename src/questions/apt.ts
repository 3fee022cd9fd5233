import { splitLines } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface AptListsParams {
  /** Lists younger than this, and than every file of sources, are fresh. Seconds. */
  readonly validSeconds: number;
}

/** How old the package lists are: `never` fetched, `stale`, or `fresh`. */
export type AptListsAnswer = 'fresh' | 'stale' | 'never';

/** The time stamp of the last successful fetch; what Ubuntu's update-notifier touches and Ansible reads. */
export const listsStamp = '/var/lib/apt/periodic/update-success-stamp';

/** Whether apt's package lists are fresh by the host's own clock. @param validSeconds 0 or more. */
export function aptLists(validSeconds: number): Question<AptListsAnswer> {
  return question(aptListsKind, { validSeconds });
}

// Lists that a file of sources is newer than do not speak of it, however young they are. A stamp of the future is from a wrong clock.
export const aptListsKind: QuestionKind<AptListsParams, AptListsAnswer> = {
  kind: 'apt lists',
  reads: () => ['apt:lists', 'file:/etc/apt', 'file:/var/lib/apt'],
  volatile: true,
  script: (params) => `stamp=${listsStamp}
[ -e "$stamp" ] || stamp=/var/lib/apt/lists
age=-1 newer=
if [ -n "$(ls /var/lib/apt/lists/*Release /var/lib/apt/lists/*Packages* 2>/dev/null)" ]; then
  age=$(( $(date +%s) - $(stat -c %Y -- "$stamp") ))
  newer=$(find /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/keyrings -newer "$stamp" 2>/dev/null | head -n 1)
  [ "$age" -ge 0 ] || newer=clock
fi
for valid in ${params.map(({ validSeconds }) => Math.floor(validSeconds)).join(' ')}; do
  if [ "$age" -lt 0 ] && [ -z "$newer" ]; then echo never
  elif [ -n "$newer" ] || [ "$age" -gt "$valid" ]; then echo stale
  else echo fresh; fi
done`,
  split: (output, params) => splitLines(output, params.length),
  parse(part) {
    const word = part.trimEnd();
    if (word !== 'fresh' && word !== 'stale' && word !== 'never')
      throw new Error(`the age of the package lists is not understood: ${JSON.stringify(word)}`);
    return word;
  },
};

/** The state of the package system as a whole. */
export interface DpkgAnswer {
  /** apt-get, dpkg and a Debian-like folder of sources are there. */
  readonly isDebian: boolean;
  /** What os-release calls the system: `Alpine Linux v3.20`. */
  readonly system: string;
  /** dpkg was interrupted and refuses everything until `dpkg --configure -a` has run. */
  readonly isInterrupted: boolean;
}

export interface DpkgParams {
  /** How long to wait for a package manager at work; seconds, at most `longestWaitSeconds`. */
  readonly waitSeconds: number;
}

/** Whether packages can be managed with apt here. @param lockSeconds how long the user would wait for a package manager at work. */
export function dpkgState(lockSeconds: number): Question<DpkgAnswer> {
  return question(dpkgKind, { waitSeconds: Math.min(lockSeconds, longestWaitSeconds) });
}

/**
 * Most seconds to wait for a package manager at work to end: what it has not come to yet would be taken for what is missing. Not longer, as
 * the question rides along with every change: a lock that is never released would cost its time again and again.
 */
const longestWaitSeconds = 60;

// dpkg(1): files with numbers for names in `updates` are what an interrupted run left behind; apt looks for the same. While a package
// manager is at work they are there too: it holds the lock, which proc_locks(5) shows by its inode. The numbers of devices there are not
// those of stat on all file systems, so a lock of the same kind is taken for it that has the same inode elsewhere.
export const dpkgKind: QuestionKind<DpkgParams, DpkgAnswer> = {
  kind: 'dpkg',
  reads: () => ['package:*', 'file:/var/lib/dpkg/updates', 'file:/etc/os-release'],
  timeoutSeconds: () => longestWaitSeconds + 60,
  script: (params) => `left=${Math.max(...params.map(({ waitSeconds }) => waitSeconds))}
while [ "$left" -gt 0 ] && inode=$(stat -c %i /var/lib/dpkg/lock-frontend 2>/dev/null) && grep -q " POSIX .* WRITE .*:$inode " /proc/locks 2>/dev/null; do
  sleep 1
  left=$((left - 1))
done
system=$( [ -r /etc/os-release ] && . /etc/os-release; printf '%s' "\${PRETTY_NAME:-\${NAME:-$(uname -s)}}" )
state=none
if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
  state=clean
  for left in /var/lib/dpkg/updates/[0-9]*; do if [ -e "$left" ]; then state=interrupted; fi; done
fi
printf '%s %s\\n' "$state" "$(printf %s "$system" | tr -c '[:alnum:] ._()/+-' '_')"`,
  split: (output, params) => params.map(() => splitLines(output, 1)[0] ?? ''),
  parse(part) {
    const [state = '', ...system] = part.trimEnd().split(' ');
    if (!['none', 'clean', 'interrupted'].includes(state)) throw new Error(`the state of dpkg is not understood: ${JSON.stringify(state)}`);
    return { isDebian: state !== 'none', system: system.join(' '), isInterrupted: state === 'interrupted' };
  },
};
