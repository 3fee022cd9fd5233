import type { BecomeMethod } from '../values/become-method.ts';
import { quote } from '../values/command.ts';
import { waitForLine } from './start.ts';
import { oneLine } from './words.ts';

/** What a host says while somebody becomes another user, each as `NONCE WORD`. */
export const words = {
  /** The new user's shell, which waits for a line. */
  up: 'up',
  /** There is no such program. */
  absent: 'absent',
  noUser: 'nouser',
  /** sudo's prompt. */
  ask: 'ask',
  /** The pipes between the two channels are there. */
  ready: 'ready',
  noPipes: 'nopipes',
  /** What is written to the terminal is not shown by it: somebody is reading a password. */
  hidden: 'hidden',
  shown: 'shown',
  noTerminal: 'noterminal',
  /** Nothing there can tell whether the terminal shows what is written to it. */
  noEcho: 'noecho',
} as const;

/** Who becomes whom, for the text of a line. */
export interface LineOptions {
  readonly method: BecomeMethod;
  readonly user: string;
  readonly nonce: string;
  /** There is a password, to be asked for. */
  readonly hasPassword: boolean;
}

const environment = oneLine(`
  export LC_ALL=C LANGUAGE=;
  PATH="\${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
`);

function variables({ user, nonce }: LineOptions): string {
  const inner = `printf '%s ${words.up}\\n' ${nonce}; ${waitForLine}`;
  return `homerun_user=${quote(user)}; homerun_inner=${quote(inner)}; homerun_say() { printf '%s %s\\n' ${nonce} "$1"; };`;
}

/** Ends as \`$homerun_rc\` says. 1 is what all three end with when they refuse; a session's shell never does (see \`startLine\`). */
const end = oneLine(`
  [ $homerun_rc = 1 ] || exit $homerun_rc;
  id -u "$homerun_user" >/dev/null 2>&1 || homerun_say ${words.noUser};
  exit 1
`);

/** As whom sudo runs what. \`-k\`: what was allowed a moment ago counts for nothing, nor will this a moment later. */
function sudo({ nonce, hasPassword }: LineOptions, input: '-S' | ''): string {
  const asking = hasPassword ? `-k ${input} -p ${quote(`${nonce} ${words.ask} `)}` : '-n';
  return `sudo ${asking} -H -u "$homerun_user" -- /bin/sh -c "$homerun_inner"`;
}

/**
 * The line that makes a waiting program (`waitForLine`) the user's, on pipes.
 *
 * sudo asks with a prompt of ours, so that it is told a password only when it wants one, and asks on its standard error. It reads to the end of the
 * line and no further. doas asks on a terminal, and is tried without a question (`-n`). su is for root, whom it asks nothing, and who takes it also for want of the others.
 */
export function pipeLine(options: LineOptions): string {
  const su = 'su -s /bin/sh "$homerun_user" -c "$homerun_inner"';
  const { method } = options;
  const asked = method === 'sudo' ? sudo(options, '-S') : method === 'doas' ? 'doas -n -u "$homerun_user" -- /bin/sh -c "$homerun_inner"' : su;
  const isRoot = '[ "$(id -u)" = 0 ]';
  return `homerun:${oneLine(`
    ${environment}
    ${variables(options)}
    if command -v ${method} >/dev/null 2>&1; then
      ${asked};
    else
      ${isRoot} && command -v su >/dev/null 2>&1 || { homerun_say ${words.absent}; exit 1; };
      ${su};
    fi;
    homerun_rc=$?;
    ${end}
  `)}\n`;
}

/**
 * The line for a program that shall only pass on, from its own streams to and from the one on the terminal (`terminalLine`). The two meet at named pipes in
 * a folder of their own, until a line says that all is well. They are opened for both directions at first, so that nobody ever waits for the other to come.
 */
export function relayLine(nonce: string, folder: string): string {
  return `homerun:${oneLine(`
    ${environment}
    umask 077;
    homerun_d=${quote(folder)};
    homerun_say() { printf '%s %s\\n' ${nonce} "$1"; };
    mkdir "$homerun_d" && mkfifo "$homerun_d/in" "$homerun_d/out" "$homerun_d/err" || { homerun_say ${words.noPipes}; exit 1; };
    exec 4<>"$homerun_d/in" 5<>"$homerun_d/out" 6<>"$homerun_d/err" 7>"$homerun_d/in" 8<"$homerun_d/out" 9<"$homerun_d/err";
    { cat <&8; kill $$ 2>/dev/null; } 4<&- 5<&- 6<&- 7<&- 9<&- &
    cat <&9 >&2 4<&- 5<&- 6<&- 7<&- 8<&- &
    homerun_say ${words.ready};
    IFS= read -r homerun_l; homerun_rc=$?;
    rm -rf "$homerun_d";
    exec 4<&- 5<&- 6<&- 8<&- 9<&-;
    [ $homerun_rc = 0 ] || exit 1;
    exec cat >&7 7>&-
  `)}\n`;
}

// Says whenever the terminal begins or ceases to show what is typed, until the folder of the pipes is gone.
const watchEcho = oneLine(`
  homerun_old=;
  while [ -d "$homerun_d" ]; do
    case " $(stty -a | tr ';\\n' '  ') " in *" -echo "*) homerun_new=${words.hidden};; *) homerun_new=${words.shown};; esac;
    [ "$homerun_new" = "$homerun_old" ] || { homerun_old=$homerun_new; homerun_say "$homerun_new"; };
    sleep 0.05 || sleep 1;
  done
`);

/**
 * The line that makes a waiting program on a terminal the user's, with the pipes of `relayLine` as its streams. Whoever asks for a password there
 * switches the echo off, whatever language the question is in. Shorter than what a terminal takes as one line. It is made a usual terminal first: OpenSSH has one made
 * without a speed that passes on each byte as it is.
 */
export function terminalLine(options: LineOptions, folder: string): string {
  const { method } = options;
  const streams = '<&7 >&8 2>&9 7<&- 8>&- 9>&-';
  const asked =
    method === 'sudo'
      ? `${sudo(options, '')} ${streams}`
      : method === 'doas'
        ? `doas -u "$homerun_user" -- /bin/sh -c "$homerun_inner" ${streams}`
        : // It asks on its standard input.
          `su -s /bin/sh "$homerun_user" -c "exec ${streams}; $homerun_inner"`;
  return `homerun:${oneLine(`
    ${environment}
    ${variables(options)}
    homerun_d=${quote(folder)};
    command -v ${method} >/dev/null 2>&1 || { homerun_say ${words.absent}; exit 1; };
    ${options.hasPassword ? `command -v stty >/dev/null 2>&1 || { homerun_say ${words.noEcho}; exit 1; };` : ''}
    [ -t 0 ] || { homerun_say ${words.noTerminal}; exit 1; };
    stty sane 38400;
    exec 7<"$homerun_d/in" 8>"$homerun_d/out" 9>"$homerun_d/err";
    { ${watchEcho}; } </dev/tty 7<&- 8>&- 9>&- &
    ${asked};
    homerun_rc=$?;
    ${end}
  `)}\n`;
}
