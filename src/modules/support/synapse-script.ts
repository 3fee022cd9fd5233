import { type Command, explainsItself, quote, raw, sh } from '../../values/command.ts';
import { Secret } from '../../values/secret.ts';
import { type Health, healthFunctions, stopBrokenSeconds } from './container-health.ts';
import { digestOf } from './content.ts';
import { exclusively, requireImage, withDocker } from './docker.ts';
import { keepAttributes } from './keep-attributes.ts';
import { cleanUp } from './shell.ts';
import { temporary } from './temporary.ts';

/** Where a homeserver's files are, and whom they belong to. */
export interface SynapsePlace {
  /** The folder of the host that the container sees as /data. */
  readonly dataFolder: string;
  readonly uid: number;
  readonly gid: number;
  /** The container that is restarted when it runs. */
  readonly container?: string | undefined;
  readonly health: Health;
}

/** Beside the data folder, so that it is on the same file system as a rule, and out of reach of what runs in the container. */
export function workFolder({ dataFolder }: Pick<SynapsePlace, 'dataFolder'>): string {
  return `${dataFolder}.homerun`;
}

/** It is there while a new configuration has not proved itself: the one before. */
export function previousPath(place: Pick<SynapsePlace, 'dataFolder'>): string {
  return `${workFolder(place)}/homeserver.yaml`;
}

/** Modes of the files that hold secrets, and of those that do not. */
export const modes = { configuration: '0640', log: '0640', key: '0600' } as const;

/** What the generation needs. */
export interface Generation {
  readonly image: string;
  readonly serverName: string;
  readonly reportStats: boolean;
}

/** Seconds; four on a quiet host. */
const generateSeconds = 300;

/**
 * Has the image write the first homeserver.yaml, log configuration and signing key, with modes that are right from the start. Into a folder of its
 * own, from which each file comes by a rename and homeserver.yaml last, so that a cut generation is simply begun again, and nothing that is there is
 * overwritten. The data folder may be a file system of its own, and full: half a key must never stand there.
 */
export function generateCommand(place: SynapsePlace, { image, serverName, reportStats }: Generation): Command {
  const script = sh`${raw(preamble(place))}
${raw(requireImage(image))}
[ ! -e "$live" ] || { echo 'There is a homeserver.yaml meanwhile: looking again.'; exit 0; }
if [ ! -d "$data" ]; then mkdir -p -m 0750 -- "$data" && chown "$owner" "$data" || exit 1; fi
fresh=$work/generated
rm -rf -- "$fresh"
mkdir -m 0700 -- "$fresh" || exit 1
said=$(docker run --rm --network none --volume "$fresh":/data --env ${`SYNAPSE_SERVER_NAME=${serverName}`} --env ${`SYNAPSE_REPORT_STATS=${reportStats ? 'yes' : 'no'}`} --env UID=${place.uid} --env GID=${place.gid} -- ${image} generate 2>&1) ||
  fail "$said
The image could not generate a configuration."
[ -f "$fresh/homeserver.yaml" ] || fail "$said
The image generated no homeserver.yaml."
for file in "$fresh"/*; do
  place=$data/\${file##*/} mode=${modes.configuration}
  case $file in *.signing.key) mode=${modes.key} ;; esac
  [ "$place" = "$live" ] || [ ! -f "$file" ] || [ -e "$place" ] || install_file "$file" "$place" "$mode" || fail "$place could not be put in place."
done
install_file "$fresh/homeserver.yaml" "$live" ${modes.configuration} || fail "$live could not be put in place."`;
  return withDocker({ ...script, detached: true, timeoutSeconds: generateSeconds });
}

/** The files of a new configuration. */
export interface NewConfiguration {
  /** What is there now: when it is not any more, nothing is done. */
  readonly before: string;
  readonly text: string;
  /** The image that accepted the text, and its id then. */
  readonly image: string;
  readonly imageId: string;
  /** The log configuration, where it is to be written. */
  readonly log?: { readonly path: string; readonly text: string } | undefined;
}

/**
 * Puts a new configuration in place, restarts the container if it runs, and waits until it answers; when it does not, the files before are put
 * back and the container is restarted with them. One script that a lost link does not cut; a configuration that a cut one (a power failure)
 * left unproved is known by the folder \`workFolder\`, and proved or put back by the next run.
 */
export function configureCommand(place: SynapsePlace, { before, text, image, imageId, log }: NewConfiguration): Command {
  const script = sh`${raw(preamble(place))}
umask 077
IFS= read -r want && cat >"$work/new" || fail "The new homeserver.yaml could not be written to $work."
[ "$(sha256 "$work/new")" = "$want" ] || fail 'The new homeserver.yaml did not arrive whole.'
before=${digestOf(before)}
if [ "$(sha256 "$live")" != "$before" ] || [ "$(docker image inspect --format '{{.ID}}' -- ${image})" != ${imageId} ]; then
  rmdir -- "$work" 2>/dev/null
  echo 'homeserver.yaml or the image was changed by somebody else meanwhile: looking again.'
  exit 0
fi
log=${log?.path ?? ''}
${raw(keepOld)}
install_file "$work/new" "$live" ${modes.configuration} || { [ -z "$has_kept" ] || rm -f -- "$old"; fail "$live could not be put in place."; }
${raw(log ? sh`printf %s ${log.text} >"$work/new-log" && install_file "$work/new-log" "$log" ${modes.log} || put_back 'the log configuration could not be written'`.script : '')}
${raw(prove)}`;
  return withDocker({ ...script, stdin: new Secret(`${digestOf(text)}\n${text}`), detached: true, timeoutSeconds: seconds(place) });
}

/** Proves, or puts back, what an interrupted run has left. @param log the path of the log configuration on the host. */
export function proveCommand(place: SynapsePlace, log: string | undefined): Command {
  const script = sh`${raw(preamble(place))}
log=${log ?? ''}
[ -e "$old" ] || exit 0
${raw(prove)}`;
  return withDocker({ ...script, detached: true, timeoutSeconds: seconds(place) });
}

/** Sets owner and mode of a file of Synapse's, and of nothing that a link leads to, also not one that Synapse puts in its place meanwhile. */
export function tightenCommand({ dataFolder, uid, gid }: SynapsePlace, path: string, mode: string): Command {
  return sh`data=${dataFolder} owner=${`${uid}:${gid}`}
${raw(inData)}
tighten ${path} ${mode}`;
}

function seconds({ health }: SynapsePlace): number {
  return 2 * health.timeoutSeconds + 180;
}

function preamble(place: SynapsePlace): string {
  const { dataFolder, uid, gid, container = '', health } = place;
  return sh`data=${dataFolder} work=${workFolder(place)} owner=${`${uid}:${gid}`} container=${container} seconds=${health.timeoutSeconds} urls=${health.urls.map(quote).join(' ')}
live=$data/homeserver.yaml old=$work/homeserver.yaml
${raw(functions)}
${raw(exclusively(`synapse${dataFolder.replaceAll(/[^A-Za-z0-9_.-]/g, '-')}`))}
[ ! -L "$work" ] && { [ -d "$work" ] || mkdir -m 0700 -- "$work"; } && chmod 0700 "$work" || fail "The folder $work could not be made."
trap 'if [ -e "$old" ]; then rm -rf -- "$work/new" "$work/new-log" "$work/keep" "$work/generated"; else rm -rf -- "$work"; fi; rm -rf "$homerun_lock"' EXIT`
    .script;
}

// In the data folder, whose owner Synapse is: no link that it puts there, at any moment, leads to another file of the host.
const inData = `${keepAttributes}
${temporary}
install_file() (
  ${cleanUp('leave_temporary')}
  enter_below "$data" "$2" && enter_temporary_here && cat -- "$1" >new || exit 1
  place=../\${2##*/}
  if own_file "$place" old 2>/dev/null; then keep_attributes old new; fi
  chown "$owner" new && chmod "$3" new && { sync -- new 2>/dev/null || sync; } && put_in_place new "$place" || exit 1
  sync -- .. 2>/dev/null || :
)
keep_file() (
  ${cleanUp('leave_temporary')}
  enter_below "$data" "$1" && enter_temporary_here && own_file "../\${1##*/}" old && cp -- old "$2"
)
tighten() (
  ${cleanUp('leave_temporary')}
  enter_below "$data" "$1" && enter_temporary_here && own_file "../\${1##*/}" old && chown "$owner" old && chmod "$2" old
)`;

// A file is put in place by a rename within its folder: nobody ever sees half of it.
const functions = `${healthFunctions}
fail() { printf '%s\\n' "$1" >&2; exit 1; }
refuse() { printf '%s\\n' "$1" >&2; exit ${explainsItself}; }
sha256() { set -- "$(sha256sum <"$1")"; echo "\${1%% *}"; }
${inData}
runs() { [ -n "$container" ] && [ "$(docker container inspect --format '{{.State.Running}}' -- "$container" 2>/dev/null)" = true ]; }
restart() {
  said=$(docker restart $1 -- "$container" 2>&1) || { why="it could not be restarted: $said"; return 1; }
  eval "set -- $urls"
  wait_until_healthy "$container" "$seconds" "$@"
}
put_back() {
  install_file "$old" "$live" ${modes.configuration} || fail "Synapse does not work with the new configuration: $1. The one before could not be put back: it is in $old."
  if [ -e "$work/log" ]; then install_file "$work/log" "$log" ${modes.log}; fi
  rm -rf -- "$work"
  if ! runs; then refuse "The new configuration was put back: $1."; fi
  last_lines "$container"
  reason=$1
  if restart '-t ${stopBrokenSeconds}'; then refuse "Synapse does not work with the new configuration: $reason. The one before is back, and Synapse works again."
  else refuse "Synapse does not work with the new configuration: $reason. The one before is back, but Synapse does not work with it either: $why."; fi
}`;

// What is kept already is from an interrupted run: it is the last configuration that is known to work.
const keepOld = `has_kept=
if [ ! -e "$old" ]; then
  if [ -n "$log" ] && [ -e "$log" ]; then keep_file "$log" "$work/log" || fail "The old log configuration could not be kept in $work."; fi
  keep_file "$live" "$work/keep" && [ "$(sha256 "$work/keep")" = "$before" ] && sync && mv -- "$work/keep" "$old" || fail "The old homeserver.yaml could not be kept in $work."
  has_kept=yes
fi`;

const prove = `if runs; then restart || put_back "$why"; fi
rm -rf -- "$work"`;
