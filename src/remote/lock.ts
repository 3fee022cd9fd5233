import { chooseBase, isOurs } from './detached.ts';
import { endFunctions, findSelf } from './ending.ts';
import { plainText } from './plain-text.ts';
import type { Step } from './session.ts';
import { byteString, oneLine, quoteAlways } from './words.ts';

/** Who a run is, for other runs that find its lock. */
export interface Holder {
  /** The id of the run, 32 hexadecimal digits. */
  readonly run: string;
  /** `alice@laptop`. */
  readonly who: string;
  /** The process on that machine. */
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/** How the lock of a host is to be taken. */
export interface LockRequest {
  readonly holder: Holder;
  /** Seconds to wait for a run that holds it. */
  readonly waitSeconds: number;
  /** End whoever holds it (`any`), or this run alone, and take it over. */
  readonly breaks?: string | undefined;
}

/** The exit code of a lock step when another run holds the lock. */
export const lockRefused = 96;

/** What a lock step came to: `held` until the session ends; `none` where there is no flock(1), or no place for a file; `shared`: another session of this run has it. */
export type Lock = 'held' | 'none' | 'shared' | { readonly run: string; readonly holder: Partial<Holder> };

// A file that was locked may have been removed by who had it before, with its folder: then it is not the one that others see.
const take = oneLine(`
  homerun_take() {
    homerun_n=0;
    while [ $homerun_n -lt 20 ]; do
      homerun_n=$((homerun_n + 1));
      [ -d "$homerun_b" ] || mkdir -m 700 "$homerun_b";
      ${isOurs} && [ ! -h "$homerun_k" ] || continue;
      ( umask 077; : >>"$homerun_k" ) || continue;
      command exec 9<>"$homerun_k" || continue;
      flock -n 9 || { exec 9>&-; return 1; };
      set -- $(stat -L -c %d:%i "$homerun_k" /proc/self/fd/9);
      [ $# = 2 ] && [ "$1" = "$2" ] && return 0;
      exec 9>&-;
    done;
    return 2;
  };
`);

// The file says RUN PID START BOOT, and in a second line who that is, which bash writes a moment later. It is believed only where such a process is alive.
const look = oneLine(`
  homerun_start_of() { homerun_l=; read -r homerun_l <"/proc/$1/stat"; set -- \${homerun_l##*) }; homerun_s=\${20}; homerun_t=$4; };
  homerun_look() {
    homerun_r=; homerun_p=; homerun_q=; homerun_o=; homerun_i=; homerun_s=; homerun_t=;
    { read -r homerun_r homerun_p homerun_q homerun_o; IFS= read -r homerun_i; } <"$homerun_k";
    case $homerun_p in ""|1|*[!0-9]*) return 1;; esac;
    [ -n "$homerun_i" ] || return 1;
    [ "$homerun_o" = "$homerun_boot" ] && homerun_start_of "$homerun_p" && [ -n "$homerun_s" ] && [ "$homerun_s" = "$homerun_q" ];
  };
`);

/**
 * A step that takes the lock of this host for the user whose session it is. The shell of the session holds it, by flock(2): with it the lock ends, whatever
 * that dies of. While a step is being ended the shell waits for it (see `frameTrip`), so that nobody else gets the lock before nothing of the step lives any more. The lock is below /run for
 * root, and where others have their jobs: a place that no other user can get at.
 *
 * Holder that cannot be found alive: its file is being written or removed, which takes no time.
 */
export function lockStep({ holder, waitSeconds, breaks }: LockRequest): Step {
  const end = breaks === undefined ? '' : endHolder(breaks);
  const script = oneLine(`
    ${take}
    ${look}
    homerun_lock() {
      [ -z "\${homerun_locked:-}" ] || { echo held; return 0; };
      command -v flock >/dev/null || { echo none; return 0; };
      ${chooseBase}
      [ -n "$homerun_b" ] || { echo none; return 0; };
      read -r homerun_boot </proc/sys/kernel/random/boot_id;
      homerun_left=${Math.ceil(waitSeconds)}; homerun_odd=30; homerun_ends=3;
      while :; do
        homerun_take;
        case $? in 0) break;; 2) echo none; return 0;; esac;
        homerun_look; homerun_x=$?;
        [ "$homerun_r" != ${quoteAlways(holder.run)} ] || { echo shared; return 0; };
        if [ $homerun_x = 0 ]; then
          ${end}
          [ $homerun_left -gt 0 ] || { printf '%s\\n%s\\n' "$homerun_r" "$homerun_i"; return ${lockRefused}; };
          homerun_left=$((homerun_left - 1)); sleep 1;
        else
          [ $homerun_odd -gt 0 ] || { printf '%s\\n%s\\n' "$homerun_r" "$homerun_i"; return ${lockRefused}; };
          homerun_odd=$((homerun_odd - 1)); sleep 0.1 || { homerun_odd=$((homerun_odd - 9)); sleep 1; };
        fi;
      done;
      ${findSelf}
      printf '%s\\n' "${holder.run} $$ $homerun_start $homerun_boot" ${quoteAlways(byteString(JSON.stringify(holder)))} >"$homerun_k";
      homerun_locked=1;
      trap 'rm -f "$homerun_k"; rmdir "$homerun_b"' EXIT;
      echo held;
    };
    homerun_lock
  `);
  return { script, inShell: true, timeoutSeconds: Math.ceil(waitSeconds) + (breaks === undefined ? secondsToTake : secondsToEnd) };
}

/** To end a run on a host takes up to three seconds, and that is tried three times. */
const secondsToEnd = 60;
/** A file that somebody is just writing is waited for. */
const secondsToTake = 10;

// Three times at most: what cannot be ended (a dead disk) keeps the lock.
function endHolder(breaks: string): string {
  const isToEnd = breaks === 'any' ? 'true' : `[ "$homerun_r" = ${quoteAlways(byteString(breaks))} ]`;
  const end = `( homerun_session=$homerun_t; homerun_known=" $homerun_p,$homerun_q "; ${endFunctions} homerun_end )`;
  return `if [ $homerun_ends -gt 0 ] && ${isToEnd}; then homerun_ends=$((homerun_ends - 1)); ${end}; continue; fi;`;
}

/** Reads the output of a lock step. What a lock file says is data, and may be anything. */
export function readLock(rc: number, stdout: string): Lock {
  const [first = '', second = ''] = stdout.split('\n');
  if (rc !== lockRefused) return first === 'held' || first === 'shared' ? first : 'none';
  return { run: first, holder: readHolder(second.slice(0, 4096)) };
}

function readHolder(text: string): Partial<Holder> {
  try {
    const { who, pid, since } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof who === 'string' && { who: plainText(who, 100) }),
      ...(typeof pid === 'number' && Number.isSafeInteger(pid) && { pid }),
      ...(typeof since === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(since) && { since }),
    };
  } catch {
    return {};
  }
}
