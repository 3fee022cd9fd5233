import { sweep } from './detached.ts';
import { oneLine } from './words.ts';

/**
 * Reads lines from its input until one starts with `homerun:`, and runs the rest of that one. `read` takes its line byte by byte, so
 * that what follows is left for whatever that line starts; other lines (a password that sudo did not want) are dropped unread.
 */
export const waitForLine = 'while IFS= read -r l; do case $l in homerun:*) eval "${l#homerun:}";; esac; done';

/**
 * What every SSH channel is asked to run: the same text always, on one line and without quotes, backslashes or exclamation marks inside
 * its quotes, so that fish and csh as login shells read it as sh does.
 */
export const execCommand = `exec /bin/sh -c '${waitForLine}'`;

/** The processes below `$1`: sets homerun_found to their ids, `$1` first. With `$2`: only those of that session (setsid(2)). */
export const treeFunction = oneLine(`
  homerun_tree() {
    homerun_all=;
    for homerun_f in /proc/[0-9]*/stat; do
      read -r homerun_l <"$homerun_f" || continue;
      homerun_p=\${homerun_l%% *}; homerun_l=\${homerun_l##*) }; homerun_l=\${homerun_l#* };
      homerun_q=\${homerun_l%% *}; homerun_l=\${homerun_l#* }; homerun_l=\${homerun_l#* };
      homerun_all="$homerun_all $homerun_p,$homerun_q,\${homerun_l%% *}";
    done;
    homerun_found=" $1 "; homerun_grown=1;
    while [ $homerun_grown = 1 ]; do
      homerun_grown=0;
      for homerun_e in $homerun_all; do
        homerun_p=\${homerun_e%%,*}; homerun_l=\${homerun_e#*,}; homerun_q=\${homerun_l%%,*};
        case $homerun_found in *" $homerun_p "*) continue;; esac;
        case $homerun_found in *" $homerun_q "*) ;; *) continue;; esac;
        [ -z "$2" ] || [ "\${homerun_l#*,}" = "$2" ] || continue;
        homerun_found="$homerun_found$homerun_p "; homerun_grown=1;
      done;
    done;
  };
`);

// Once the input has ended (the session was closed, or the link broke) whatever the shell still runs is ended too; detached steps are in
// a session of their own, and what a step left behind in the background has another parent by then: both go on.
const reap = oneLine(`
  read -r homerun_self homerun_l </proc/self/stat;
  homerun_l=\${homerun_l##*) }; homerun_l=\${homerun_l#* }; homerun_l=\${homerun_l#* }; homerun_l=\${homerun_l#* };
  ${treeFunction}
  homerun_tree $$ "\${homerun_l%% *}";
  homerun_kill() { for homerun_p in $homerun_found; do case $homerun_p in $$|$homerun_self) ;; *) kill "$1" "$homerun_p" && homerun_any=1;; esac; done; };
  homerun_any=0; homerun_kill -TERM;
  [ $homerun_any = 0 ] || { sleep 2; homerun_kill -KILL; };
`);

/** Exit code of `startLine` when the shell's `printf` is no builtin. */
export const noBuiltinPrintf = 97;

/**
 * The line that turns a waiting program (`waitForLine`) into a session's shell: a plain environment, then `cat` as the reader of the
 * input, which sees its end even while the shell waits for a step. The whole ends with the shell (the pipeline alone would wait for `cat`),
 * and never with 1, which means that sudo refused. Markers and scripts rely on a builtin printf: another one would show them in its
 * argument list.
 */
export const startLine = `homerun:${oneLine(`
  unset CDPATH ENV BASH_ENV;
  export LC_ALL=C LANGUAGE= PATH="\${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  umask 022;
  cd "\${HOME:-/}" 2>/dev/null || cd /;
  case $(command -v printf) in printf) ;; *) exit ${noBuiltinPrintf};; esac;
  { cat; ${reap} } 2>/dev/null | { /bin/sh; kill $$; };
  exit 0
`)}\n`;

/**
 * The line that ends everything below the process `pid`, politely first, for a waiting program; it prints nothing.
 * All are stopped before the first is told to end: no parent may go on with its next command because its child is gone, and no child
 * may print what would seem to be the next step's.
 */
export function killLine(pid: number): string {
  return `homerun:${oneLine(`
    exec 2>/dev/null;
    ${treeFunction}
    homerun_signal() { homerun_any=0; for homerun_p in $homerun_found; do [ "$homerun_p" = ${pid} ] || { kill "$1" "$homerun_p" && homerun_any=1; }; done; };
    homerun_tree ${pid} ""; homerun_signal -STOP;
    homerun_tree ${pid} ""; homerun_signal -STOP;
    homerun_signal -TERM; homerun_signal -CONT;
    for homerun_i in 1 2 3; do homerun_signal -0; [ $homerun_any = 0 ] || sleep 1; done;
    [ $homerun_any = 0 ] || homerun_signal -KILL;
    exit 0
  `)}\n`;
}

/**
 * The first lines of a session's shell. 3 is the real stderr; the shell's own goes nowhere (see `frameTrip`). `homerun_go N` stands before each trip of N bytes: bash reads its
 * input byte by byte, which takes a second a MiB, so there head(1) fetches what is long; other shells just go on reading.
 */
export const shellPrelude = `exec 3>&2 2>/dev/null
if [ -n "\${BASH_VERSION:-}" ]; then homerun_go() { [ "$1" -lt 8192 ] || eval "set --; $(head -c "$1")"; }; else homerun_go() { :; }; fi
${sweep}
`;
