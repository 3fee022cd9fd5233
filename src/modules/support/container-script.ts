import { type Command, explainsItself, quote, raw, sh } from '../../values/command.ts';
import { type Health, healthFunctions, stopBrokenSeconds } from './container-health.ts';
import type { ContainerParams } from './container-params.ts';
import { healthCommand, portsOf, programOf } from './container-spec.ts';
import { exclusively, optionEach, requireImage, withDocker } from './docker.ts';

/** The ids of what a script expects to find; absent: nothing of that name. */
export interface Seen {
  readonly current?: string | undefined;
  /** `NAME.homerun-previous`: what a recreation puts aside until its successor has proved itself. */
  readonly previous?: string | undefined;
}

/** The name under which the container that is being replaced waits. Nobody else has a `synapse.homerun-previous`, as somebody may have a `synapse-previous`. */
export function previousName(name: string): string {
  return `${name}.homerun-previous`;
}

/** The name of a container that is being made, beside the one that still runs. */
export function nextName(name: string): string {
  return `${name}.homerun-next`;
}

/** Creating and stopping take this long at most, in seconds, besides the waiting. */
const workSeconds = 180;

export function healthOf({ wait_healthy }: ContainerParams): Health {
  return { urls: wait_healthy?.url ?? [], timeoutSeconds: wait_healthy?.timeout ?? 0 };
}

/**
 * Creates the container, in place of the one that is there. The new one is created beside the old, which goes on meanwhile; then the old one is
 * stopped and put aside, the new one takes its name, is started and waited for. When it does not get healthy it is removed and the old
 * one put back and started. One script that a lost link does not cut; what a cut one (a power failure) left is mended by the next run.
 * @param isReachableAsBefore whether the old container answers at the same URLs; else it cannot be waited for
 */
export function recreateCommand(params: ContainerParams, seen: Seen, isReachableAsBefore: boolean): Command {
  const { name } = params;
  const networks = params.networks.map((network) => network.name);
  const others = params.networks
    .slice(1)
    .map(
      (network) =>
        sh`docker network connect ${network.aliases.flatMap((alias) => ['--alias', alias])} -- ${network.name} "$next" || give_up 'it could not join a network'`
          .script,
    );
  const script = [
    variables(name, healthOf(params)),
    sh`old_urls=${isReachableAsBefore ? quotedUrls(params) : ''}`.script,
    requireImage(params.image ?? ''),
    ...networks.map((network) => requireNetwork(network)),
    begin(seen),
    'give_up() { docker rm -f -- "$next" >/dev/null 2>&1; echo "The container $name was not created: $1." >&2; exit 1; }',
    removeNext,
    // `cat |`: Docker opens /dev/stdin anew, which works for a pipe of one's own whatever the script was given.
    sh`cat | docker create --name "$next" ${createOptions(params)} --env-file /dev/stdin -- ${createWords(params)} >/dev/null || give_up 'Docker refuses these parameters'`
      .script,
    ...others,
    'was_running=false',
    setAside,
    `start=${{ started: 'true', present: '$was_running', stopped: 'false', absent: 'false' }[params.state]}`,
    prove,
  ];
  return transaction(script, environmentFile(params), params);
}

function quotedUrls(params: ContainerParams): string {
  return healthOf(params).urls.map(quote).join(' ');
}

/** Ends a recreation that was cut after the new container had taken its name: it is started and waited for, or the old one put back. */
export function finishCommand(params: ContainerParams, seen: Seen): Command {
  const isStarted = params.state === 'started';
  const script = [variables(params.name, healthOf(params)), begin(seen), `old_urls=$urls was_running=${isStarted} start=${isStarted}`, prove];
  return transaction(script, '', params);
}

/** Puts back the container that a cut recreation had put aside, in place of an unfinished successor if there is one. */
export function restoreCommand(params: ContainerParams, seen: Seen): Command {
  const script = [
    variables(params.name, healthOf(params)),
    begin(seen),
    removeNext,
    '[ -z "$(id_of "$name")" ] || docker rm -f -- "$name" >/dev/null || exit 1',
    'docker rename "$previous" "$name" || exit 1',
    ...(params.state === 'started' ? ['docker start -- "$name" >/dev/null || :'] : []),
  ];
  return transaction(script, '', params);
}

/** Removes what a recreation that was cut early has left; the container itself had not been touched yet. */
export function tidyCommand(params: ContainerParams, seen: Seen): Command {
  return transaction([variables(params.name, healthOf(params)), begin(seen), removeNext], '', params);
}

/** Starts or restarts a container and waits for it; unpauses it where it is paused. */
export function startCommand(params: ContainerParams, verb: 'start' | 'restart' | 'unpause' | 'wait'): Command {
  const script = [
    variables(params.name, healthOf(params)),
    verb === 'wait' ? ':' : `docker ${verb} -- "$name" >/dev/null || exit 1`,
    'eval "set -- $urls"',
    `wait_until_healthy "$name" "$seconds" "$@" || { last_lines "$name"; echo "The container $name does not work: $why." >&2; exit ${explainsItself}; }`,
  ];
  return transaction(script, '', params);
}

function transaction(parts: readonly string[], stdin: string, params: ContainerParams): Command {
  const timeoutSeconds = 2 * healthOf(params).timeoutSeconds + workSeconds;
  return withDocker({ script: parts.join('\n'), stdin, detached: true, timeoutSeconds });
}

function variables(name: string, { urls, timeoutSeconds }: Health): string {
  return sh`name=${name} previous=${previousName(name)} next=${nextName(name)} seconds=${timeoutSeconds} urls=${urls.map(quote).join(' ')}
${raw(healthFunctions)}
id_of() { docker container inspect --format '{{if eq .Name "/'"$1"'"}}{{.ID}}{{end}}' -- "$1" 2>/dev/null; }`.script;
}

/** Takes the lock; when what was planned for is not there any more (another run was faster), nothing is done, and the engine looks again. */
function begin({ current = '', previous = '' }: Seen): string {
  return sh`${raw(exclusively('container-"$name"'))}
if [ "$(id_of "$name")" != ${current} ] || [ "$(id_of "$previous")" != ${previous} ]; then
  echo "The container $name was changed by somebody else meanwhile: looking again."
  exit 0
fi`.script;
}

function requireNetwork(name: string): string {
  return sh`docker network inspect -- ${name} >/dev/null 2>&1 || { echo ${`There is no network ${name} on this host: create it before, with the module docker_network.`} >&2; exit ${explainsItself}; }`
    .script;
}

const removeNext = '[ -z "$(id_of "$next")" ] || docker rm -f -- "$next" >/dev/null || exit 1';

const setAside = `if [ -n "$(id_of "$name")" ]; then
  was_running=$(docker container inspect --format '{{.State.Running}}' -- "$name")
  if ! docker stop -- "$name" >/dev/null || ! docker rename "$name" "$previous"; then
    [ "$was_running" != true ] || docker start -- "$name" >/dev/null
    give_up 'the one before it could not be put aside'
  fi
fi
docker rename "$next" "$name" || exit 1`;

const prove = `put_back() {
  last_lines "$name"
  docker stop -t ${stopBrokenSeconds} -- "$name" >/dev/null 2>&1
  docker rm -f -- "$name" >/dev/null 2>&1
  failure="The new container $name did not work: $1."
  if [ -z "$(id_of "$previous")" ]; then
    echo "$failure It was removed, as there was none before it." >&2
  elif ! docker rename "$previous" "$name"; then
    echo "$failure The one before it is still named $previous." >&2
  elif [ "$was_running" != true ]; then
    echo "$failure The one before it is back, stopped as it was." >&2
  elif ! docker start -- "$name" >/dev/null; then
    echo "$failure The one before it is back, but could not be started." >&2
  else
    eval "set -- $old_urls"
    if wait_until_healthy "$name" "$seconds" "$@"; then echo "$failure The one before it is back." >&2
    else echo "$failure The one before it is back, but does not work either: $why." >&2; fi
  fi
  exit ${explainsItself}
}
refusal_of() {
  printf '%s\\n' "$1" | sed -n '1{ s/^Error response from daemon: //; s/driver failed programming external connectivity on endpoint [^:]*: //; s/address already in use$/& (ss -ltnp on the host shows by what)/; p; }'
}
if [ "$start" = true ]; then
  said=$(docker start -- "$name" 2>&1) || put_back "it could not be started: $(refusal_of "$said")"
  eval "set -- $urls"
  wait_until_healthy "$name" "$seconds" "$@" || put_back "$why"
fi
[ -z "$(id_of "$previous")" ] || docker rm -- "$previous" >/dev/null`;

function createOptions(params: ContainerParams): readonly string[] {
  const [first] = params.networks;
  const flag = (name: string, values: readonly string[]) => values.flatMap((value) => [name, value]);
  const one = (name: string, value: string | number | undefined) => (value === undefined ? [] : [name, String(value)]);
  const on = (name: string, isOn: boolean) => (isOn ? [name] : []);
  const retries = params.restart_policy === 'on-failure' && params.restart_retries > 0 ? `:${params.restart_retries}` : '';
  return [
    ...one('--restart', `${params.restart_policy}${retries}`),
    ...flag(
      '--publish',
      portsOf(params).map((port) => port.replace(/^:/, '')),
    ),
    ...flag('--volume', params.volumes),
    ...flag('--tmpfs', params.tmpfs),
    ...one('--user', params.user),
    ...one('--entrypoint', programOf(params).entrypoint),
    ...one('--network', first?.name ?? params.network_mode),
    ...flag('--network-alias', first?.aliases ?? []),
    ...optionEach('--label', params.labels),
    ...healthOptions(params),
    ...one('--log-driver', params.log_driver),
    ...optionEach('--log-opt', params.log_options),
    ...on('--read-only', params.read_only),
    ...on('--privileged', params.privileged),
    ...on('--init', params.init),
    ...flag('--cap-drop', params.cap_drop),
    ...flag('--cap-add', params.capabilities),
    ...flag('--security-opt', params.security_opts ?? []),
    ...flag(
      '--add-host',
      Object.entries(params.etc_hosts).map(([host, address]) => `${host}:${address}`),
    ),
    ...one('--memory', params.memory),
    ...one('--stop-timeout', params.stop_timeout),
  ];
}

function healthOptions(params: ContainerParams): readonly string[] {
  const command = healthCommand(params);
  if (command === 'NONE') return ['--no-healthcheck'];
  const { interval, timeout, start_period, retries } = params.healthcheck ?? {};
  const options = {
    '--health-cmd': command,
    '--health-interval': interval,
    '--health-timeout': timeout,
    '--health-start-period': start_period,
    '--health-retries': retries,
  };
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
}

function createWords(params: ContainerParams): readonly string[] {
  return [params.image ?? '', ...(programOf(params).command ?? [])];
}

/** `docker create --env-file`: a line a variable, the value verbatim. Beside argument lists it also keeps commas and quotes out of the way. */
function environmentFile({ env }: ContainerParams): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
