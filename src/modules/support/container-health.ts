/** What is asked of a container before it counts as good. */
export interface Health {
  /** Each must answer 2xx. */
  readonly urls: readonly string[];
  /** Seconds. */
  readonly timeoutSeconds: number;
}

/**
 * Seconds that a container which does not work has between the request to stop and the kill. A program that has hardly started does not hear the
 * request; what stands in its place is waiting meanwhile.
 */
export const stopBrokenSeconds = 5;

/** Stands before a URL that is asked in the container, whatever the host has. */
export const insideMark = 'inside:';

const insideContainer = `if command -v curl >/dev/null; then exec curl -q -fs -o /dev/null --max-time 5 --noproxy "*" -- "$1"; fi
if command -v wget >/dev/null; then exec wget -q -O /dev/null -T 5 "$1"; fi
for python in python3 python; do
  if command -v $python >/dev/null; then exec $python -c "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=5)" "$1"; fi
done
exit 96`;

/**
 * sh functions. \`answers CONTAINER URL\` asks a URL once, on the host or, where neither curl nor wget is there or \`insideMark\` says so, in the container.
 * \`wait_until_healthy CONTAINER SECONDS URL…\` comes back with 0 as soon as all answer, with 1 and the reason in \`why\` when the container
 * stops, crashes (Docker counts restarts from 0 at each start by hand) or the time is up; what its log says of it stands behind: the last two
 * different lines that tell of an error, as the first of an exception and the one that followed from it. No URL: nothing is waited for.
 * \`last_lines CONTAINER\` shows the end of its log on standard error.
 */
export const healthFunctions = `answers() {
  if [ "\${2#${insideMark}}" != "$2" ]; then docker exec "$1" sh -c '${insideContainer}' sh "\${2#${insideMark}}" >/dev/null 2>&1
  elif command -v curl >/dev/null 2>&1; then curl -q -fs -o /dev/null --max-time 5 --noproxy '*' -- "$2" 2>/dev/null
  elif command -v wget >/dev/null 2>&1; then (unset http_proxy https_proxy; wget -q -O /dev/null -T 5 "$2" 2>/dev/null)
  else docker exec "$1" sh -c '${insideContainer}' sh "$2" >/dev/null 2>&1; fi
}
wait_until_healthy() {
  waited_for=$1 wait_seconds=$2 wait_until=$(($(date +%s) + $2)) why=
  shift 2
  while [ $# -gt 0 ]; do
    answers "$waited_for" "$1"
    case $? in
      0) shift; continue ;;
      96) why="neither the host nor the container has curl or wget to ask $1: install curl on the host"; return 1 ;;
    esac
    case $(docker container inspect --format '{{.State.Running}} {{.State.Restarting}} {{.RestartCount}} {{.State.ExitCode}}' -- "$waited_for" 2>/dev/null) in
      'true false 0 '*) ;;
      'true '*) why="it crashed and was restarted$(cause "$waited_for")"; return 1 ;;
      *' '*) why="it stopped with exit code $(docker container inspect --format '{{.State.ExitCode}}' -- "$waited_for")$(cause "$waited_for")"; return 1 ;;
      *) why='it is gone'; return 1 ;;
    esac
    if [ "$(date +%s)" -ge "$wait_until" ]; then why="\${1#${insideMark}} did not answer within $wait_seconds seconds"; return 1; fi
    sleep 0.2 2>/dev/null || sleep 1
  done
}
cause() {
  said=$(docker logs --tail 100 -- "$1" 2>&1 | grep -E '(Error|Exception|error|ERROR|FATAL|fatal):' | sed 's/^[[:space:]]*//' | cut -c 1-250)
  raised=$(printf '%s\\n' "$said" | grep -E '^[A-Za-z_.]+: ')
  said=$(printf '%s\\n' "\${raised:-$said}" | tail -n 2 | uniq | sed '2s/^/; /' | tr -d '\\n')
  [ -z "$said" ] || printf ' (%s)' "$said"
}
last_lines() {
  lines=$(docker logs --tail 20 -- "$1" 2>&1)
  [ -z "$lines" ] || printf 'The last lines of the log of the container %s:\\n%s\\n' "$1" "$lines" >&2
}`;
