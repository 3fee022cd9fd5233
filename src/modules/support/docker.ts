import type { DockerAnswer } from '../../questions/docker.ts';
import { objectName } from '../../questions/docker.ts';
import { imageName } from '../../questions/image.ts';
import { type Command, explainsItself, raw, sh } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import { line } from '../params.ts';

/** A parameter that names an image: `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]`. */
export const imageParameter = () =>
  line().superRefine((value, context) => {
    try {
      imageName(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });

/** A parameter that names a container or a network. */
export const objectParameter = () =>
  line().refine((name) => objectName.test(name), 'expected a name of letters, digits, `_`, `.` and `-`, at least two');

/**
 * The object that was asked for, `undefined` when there is none. A host without Docker has none: the change that is planned then says so when it
 * runs, and a forecast for a host on which Docker will be installed first comes out right.
 * @throws TaskError when Docker is installed but does not answer: nothing is known then.
 */
export function found<Found>(answer: DockerAnswer<Found>): Found | undefined {
  if (answer.docker === 'unusable') throw new TaskError(`Docker on this host does not answer: ${answer.reason}`, dockerHint(answer.reason));
  return answer.docker === 'running' ? answer.found : undefined;
}

/** What to do about an engine that does not answer, by what its command said. */
export function dockerHint(reason: string): string {
  return /permission denied/i.test(reason)
    ? 'Only root and the members of the group docker may use it: add `become: true` to the task or the play.'
    : 'Start it, with a task such as `systemd: {name: docker, state: started}`; `journalctl -u docker` on the host says why it stopped.';
}

/** `--label NAME=VALUE` and the like: an option of docker's for each entry. */
export function optionEach(option: string, entries: { readonly [name: string]: string } = {}): readonly string[] {
  return pairsOf(entries).flatMap((pair) => [option, pair]);
}

/** `NAME=VALUE` of each entry. */
export function pairsOf(entries: { readonly [name: string]: string }): readonly string[] {
  return Object.entries(entries).map(([name, value]) => `${name}=${value}`);
}

/** The same command, which says so when Docker is not installed. */
export function withDocker(command: Command): Command {
  const script = `if ! command -v docker >/dev/null 2>&1; then
  echo 'Docker is not installed on this host: install it before, as playbooks/docker.yaml does.' >&2
  exit ${explainsItself}
fi
${command.script}`;
  return { ...command, script };
}

/** sh lines that end the script with code 1, after a sentence on standard error, unless an image is on the host. */
export function requireImage(name: string): string {
  return sh`if ! docker image inspect -- ${name} >/dev/null 2>&1; then
  echo ${`The image ${name} is not on this host: pull it before, with the module docker_image.`} >&2
  exit ${explainsItself}
fi`.script;
}

/**
 * sh that lets one script a name run at a time on a host: a later one waits for the earlier, whose runner may be gone. The lock goes with the
 * script; one whose script is dead (or never wrote its number) is taken over. Whoever had to wait must look again at what it had seen.
 * @param name letters, digits, `_`, `.` and `-`.
 */
export function exclusively(name: string): string {
  return sh`homerun_lock=/run/homerun-${raw(name)}.lock
[ -w /run ] || homerun_lock=/tmp/homerun-$(id -u)-${raw(name)}.lock
homerun_waited=0
until mkdir -m 0700 "$homerun_lock" 2>/dev/null; do
  homerun_owner=$(cat "$homerun_lock/pid" 2>/dev/null) || homerun_owner=
  if [ -z "$homerun_owner" ] && [ "$homerun_waited" -ge 10 ] || [ -n "$homerun_owner" ] && ! kill -0 "$homerun_owner" 2>/dev/null; then
    rm -rf "$homerun_lock"
  elif [ "$homerun_waited" -ge 600 ]; then
    echo "Another run has been at work on ${raw(name)} for ten minutes (process \${homerun_owner:-unknown} on the host, lock $homerun_lock)." >&2
    exit ${explainsItself}
  else
    homerun_waited=$((homerun_waited + 1))
    sleep 1
  fi
done
trap 'rm -rf "$homerun_lock"' EXIT
sh -c 'echo "$PPID"' >"$homerun_lock/pid"`.script;
}
