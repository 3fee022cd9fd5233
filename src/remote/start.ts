import { sweep } from './detached.ts';
import { endFunctions, findSelf } from './ending.ts';
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

// Once the input has ended (the session was closed, or the link broke) whatever the shell still runs is ended too; detached steps are in
// a session of their own, and what a step left behind in the background has another parent by then: both go on. A shell that was told to end has nothing
// left, and takes its parent with it, as one does that waits for its next trip and now sees that there is none: it gets a moment for that, as to look through all processes of the host takes longer than all else in a session.
const reap = oneLine(`
  exec >/dev/null;
  for homerun_n in 0.05 0.1 0.2; do kill -0 $$ || exit; sleep $homerun_n || sleep 1; done;
  kill -0 $$ || exit;
  ${findSelf}
  ${endFunctions}
  homerun_under $$ $homerun_self "";
  homerun_end;
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
 * The first lines of a session's shell, which must not be zsh: that one does not part words as others do. 3 is the real stderr; the shell's own goes nowhere (see `frameTrip`). `homerun_go N` stands before each trip of N bytes: bash reads its
 * input byte by byte, which takes a second a MiB, so there head(1) fetches what is long; other shells just go on reading.
 */
export const shellPrelude = `[ -z "\${ZSH_VERSION:-}" ] || { echo '/bin/sh is zsh: make it dash, bash or BusyBox' >&2; exit; }
exec 3>&2 2>/dev/null
if [ -n "\${BASH_VERSION:-}" ]; then homerun_go() { [ "$1" -lt 8192 ] || eval "set --; $(head -c "$1")"; }; else homerun_go() { :; }; fi
${sweep}
`;
