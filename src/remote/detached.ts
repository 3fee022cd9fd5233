import { oneLine, quoteAlways } from './words.ts';

// Where the folders of jobs (`homerun_j`) and the file of the lock (`homerun_k`) are: below /run for root, else in the user's runtime folder or home; nowhere in the worst case. Hosts may share
// a home, and know nothing of each other's processes: their name is part of that of the folders.
export const chooseBase = oneLine(`
  homerun_home=\${HOME:-/nonexistent};
  if [ -w /run ] && [ "$(id -u)" = 0 ]; then homerun_b=/run/homerun;
  elif [ -w "\${XDG_RUNTIME_DIR:-/nonexistent}" ]; then homerun_b=$XDG_RUNTIME_DIR/homerun;
  elif [ -w "$homerun_home" ]; then homerun_b=$homerun_home/.homerun;
  else homerun_b=; fi;
  homerun_k=$(uname -n);
  homerun_j=$homerun_b/job.$homerun_k;
  homerun_k=$homerun_b/lock.$homerun_k;
`);

/** sh: whether `homerun_b` is a folder of this user's. */
export const isOurs = '[ -d "$homerun_b" ] && [ -O "$homerun_b" ] && [ ! -h "$homerun_b" ]';

// A fresh folder that only this user can enter; failing all else in /tmp.
const makeFolder = oneLine(`
  homerun_base=; homerun_d=;
  ${chooseBase}
  if [ -n "$homerun_b" ]; then
    mkdir -m 700 "$homerun_b" 2>/dev/null;
    if ${isOurs}; then homerun_d=$(mktemp -d "$homerun_j.XXXXXXXXXX") && homerun_base=$homerun_b; fi;
  fi;
  [ -n "$homerun_d" ] || homerun_d=$(mktemp -d "\${TMPDIR:-/tmp}/homerun.XXXXXXXXXX") || exit 1;
  echo $$ >"$homerun_d/for";
`);

/**
 * One line of sh for the start of a session: removes what finished steps have left that nobody fetched, because the link had been lost, and the file of a lock that nobody holds. The shell
 * that a step is done for may be about to: its work is left alone. What has ended is no longer alive, also where process 1 does not care for it.
 */
export const sweep = `( ${oneLine(`
  [ -d /run/homerun ] || [ -d "\${XDG_RUNTIME_DIR:-/nonexistent}/homerun" ] || [ -d "\${HOME:-/nonexistent}/.homerun" ] || exit 0;
  ${chooseBase}
  [ -n "$homerun_b" ] && ${isOurs} || exit 0;
  homerun_lives() { kill -0 "$1" || return 1; homerun_l=; read -r homerun_l <"/proc/$1/stat"; case $homerun_l in *") Z "*) return 1;; esac; };
  for homerun_o in "$homerun_j".??????????; do
    [ -d "$homerun_o" ] && [ ! -h "$homerun_o" ] || continue;
    homerun_p=; read -r homerun_p <"$homerun_o/for" && ! homerun_lives "$homerun_p" || continue;
    homerun_p=; read -r homerun_p <"$homerun_o/pid" || continue;
    if [ -f "$homerun_o/rc" ] || ! homerun_lives "$homerun_p"; then rm -rf "$homerun_o"; fi;
  done;
  [ ! -f "$homerun_k" ] || flock -n "$homerun_k" rm -f "$homerun_k";
  rmdir "$homerun_b" 2>/dev/null
`)} ) </dev/null >/dev/null 2>&1`;

/**
 * Wraps a framed step (`2>&3 3>&-` at its end) so that it outlives the session's shell and the link: a shell in a session of its own
 * (setsid(1)), which no hang-up reaches, gets its text on its input and keeps pid, out, err and rc in a fresh folder of mode 0700, beside
 * the pid of the session's shell in `for`. The wrapper waits for it, passes its output on, and removes the folder.
 */
export function detach(frame: string): string {
  const job = `{\necho $$ >"$1/pid"; exec 3>&2 2>/dev/null\n${frame}\nhomerun_rc=$?; echo $homerun_rc >"$1/rc"; exit $homerun_rc\n}\n`;
  return [
    makeFolder,
    `printf %s ${quoteAlways(job)} 2>/dev/null | setsid /bin/sh -s "$homerun_d" >"$homerun_d/out" 2>"$homerun_d/err"; homerun_rc=$?;`,
    // Kept if nobody takes it any more: the link may break just now.
    '{ cat "$homerun_d/out" && cat "$homerun_d/err" >&2; } && rm -rf "$homerun_d";',
    '[ -z "$homerun_base" ] || rmdir "$homerun_base" 2>/dev/null; exit $homerun_rc',
  ].join(' ');
}
