import { oneLine } from './words.ts';

/**
 * sh functions that end processes and all below them, as systemd does with a control group: `homerun_end` does for those that `homerun_known`
 * lists (` PID,START …`, the start so that a number given anew is not taken for them) and says whether all are gone. `homerun_under PID NOT LATEST`
 * lists the children of PID but NOT that began at LATEST or before (empty: whenever). With `homerun_session` set, other sessions (setsid(2)) are not looked at.
 *
 * - `homerun_freeze` stops what is known and looks again until nothing more is found. What is stopped cannot fork, so then nothing is missing, no parent
 *   goes on with its next command because its child is gone, and nobody reacts to the end of another before it is told itself.
 * - Told to end, they go on and may clean up for three seconds: start other processes too, or leave them without a parent. What was found once stays
 *   known, and all are frozen again before they are killed.
 * - What has ended and is not reaped yet counts as gone. A process that had left its parents behind before it was looked at is not found: that is
 *   what a daemon does.
 */
export const endFunctions = oneLine(`
  homerun_scan() {
    homerun_all=;
    for homerun_f in /proc/[0-9]*/stat; do
      homerun_l=;
      while IFS= read -r homerun_p; do homerun_l=$homerun_l$homerun_p; done <"$homerun_f";
      homerun_p=\${homerun_l%% *};
      set -- \${homerun_l##*) };
      [ -n "\${20}" ] || continue;
      [ -z "$homerun_session" ] || [ "$4" = "$homerun_session" ] || continue;
      homerun_all="$homerun_all $homerun_p,\${20}/$1/$2";
    done;
  };
  homerun_under() {
    homerun_scan; homerun_known=" ";
    for homerun_e in $homerun_all; do
      homerun_i=\${homerun_e%%/*};
      [ "\${homerun_e##*/}" = "$1" ] && [ "\${homerun_i%,*}" != "$2" ] || continue;
      [ -z "$3" ] || [ "\${homerun_i#*,}" -le "$3" ] || continue;
      homerun_known="$homerun_known$homerun_i ";
    done;
  };
  homerun_look() {
    homerun_scan; homerun_old=$homerun_known; homerun_known=" "; homerun_new=; homerun_living=; homerun_more=1;
    while [ -n "$homerun_more" ]; do
      homerun_more=;
      for homerun_e in $homerun_all; do
        homerun_i=\${homerun_e%%/*};
        case $homerun_known in *" $homerun_i "*) continue;; esac;
        case $homerun_old in
          *" $homerun_i "*) ;;
          *) case $homerun_known in *" \${homerun_e##*/},"*) homerun_new=1;; *) continue;; esac;;
        esac;
        homerun_known="$homerun_known$homerun_i "; homerun_more=1;
        case $homerun_e in */[ZX]/*) ;; *) homerun_living=1;; esac;
      done;
    done;
  };
  homerun_signal() { for homerun_i in $homerun_known; do kill "$1" "\${homerun_i%,*}"; done; };
  homerun_freeze() {
    homerun_n=0; homerun_new=1;
    while [ -n "$homerun_new" ] && [ $homerun_n -lt 50 ]; do homerun_n=$((homerun_n + 1)); homerun_signal -STOP; homerun_look; done;
  };
  homerun_gone() {
    homerun_n=$1; homerun_look;
    while [ -n "$homerun_living" ]; do
      [ $homerun_n -gt 0 ] || return 1;
      homerun_n=$((homerun_n - 1));
      sleep 0.1 || { sleep 1; homerun_n=$((homerun_n - 9)); };
      homerun_look;
    done;
  };
  homerun_end() {
    homerun_freeze; homerun_signal -TERM; homerun_signal -CONT;
    homerun_gone 30 || { homerun_freeze; homerun_signal -KILL; homerun_gone 30; };
  };
`);

/** One line of sh: sets homerun_self, homerun_start and homerun_session to the id, the start and the session of the shell that runs it. */
export const findSelf = oneLine(`
  homerun_own() { homerun_session=$4; homerun_start=\${20}; };
  read -r homerun_l </proc/self/stat;
  homerun_self=\${homerun_l%% *};
  homerun_own \${homerun_l##*) };
`);

/**
 * Ends the step that the session's shell `pid` is at, for a waiting program (see \`waitForLine\`); prints nothing. \`seconds\` is how long the step is known to have run: what began
 * much later is not it, but the next one, which has begun since somebody wanted this one ended.
 *
 * The shell is stopped meanwhile, so that its next step begins when nothing of this one lives. What cannot be ended keeps it stopped: then it is of
 * no use any more.
 */
export function killLine(pid: number, seconds: number): string {
  // Ticks of a hundredth of a second. Half of them, as the clocks of two machines (of which one may have been paused) do not agree.
  const ticks = Math.floor(seconds * 50);
  return `homerun:${oneLine(`
    exec 2>/dev/null;
    ${findSelf}
    homerun_session=;
    ${endFunctions}
    kill -STOP ${pid} || exit 0;
    homerun_under ${pid} "" $((homerun_start - ${ticks}));
    homerun_end && kill -CONT ${pid};
    exit 0
  `)}\n`;
}
