import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Shell } from '../shell/shells.ts';

/**
 * A `docker` and a `curl` for scripts under test, in a folder that stands first in the shell's path. Containers are folders. What an image is called
 * says how its containers fare: `good:1` answers, `deaf:1` runs and does not answer, `crash:1` is restarted over and over, `stuck:1` cannot be
 * started. What the fake does not know ends with 99 and is written down in `unknown`.
 */
export interface FakeDocker {
  readonly shell: Shell;
  readonly folder: string;
  /** Puts a container there as if it had been made before. */
  add(name: string, image: string, running: boolean): void;
  /** `name image running` of each container. */
  containers(): readonly string[];
  /** What `--env-file` of the last creation gave. */
  environment(): string;
  /** Commands that only a real Docker understands; must be empty at the end. */
  unknown(): string;
}

const docker = `#!/bin/sh
s=@FOLDER@
echo "$*" >>$s/calls
refuse() { echo "$*" >>$s/unknown; exit 99; }
there() { [ -d "$s/containers/$1" ] || { echo "Error: No such container: $1" >&2; exit 1; }; }
case "$1 $2" in
  'container inspect')
    [ "$3" = --format ] && [ "$5" = -- ] || refuse "$@"
    there "$6"; c=$s/containers/$6; image=$(cat $c/image); running=$(cat $c/running)
    case $4 in
      '{{if eq .Name "/'*) echo "id-of-$(cat $c/id)" ;;
      '{{.State.Running}}') echo $running ;;
      '{{.State.ExitCode}}') echo 3 ;;
      '{{.State.Running}} {{.State.Restarting}} {{.RestartCount}} {{.State.ExitCode}}')
        if [ $running = true ] && [ $image = crash:1 ]; then echo 'true true 1 3'; else echo "$running false 0 0"; fi ;;
      *) refuse "$@" ;;
    esac ;;
  'image inspect')
    for last do :; done
    [ "$last" != missing:1 ] || exit 1
    case $* in *'--format {{.ID}}'*) echo sha256:aa ;; esac ;;
  'network inspect') for last do :; done; [ "$last" != nonet ] ;;
  'create --name')
    name=$3
    while [ "$1" != -- ]; do case $1 in --volume) [ "$2" != bad:/x ] || { echo 'invalid volume' >&2; exit 1; } ;; esac; shift; done
    cat >$s/environment
    mkdir $s/containers/$name || exit 1
    echo $name-$2 >$s/containers/$name/id; echo $2 >$s/containers/$name/image; echo false >$s/containers/$name/running ;;
  'start --' | 'restart --' | 'restart -t')
    for last do :; done
    there "$last"
    if [ $(cat $s/containers/$last/image) = stuck:1 ]; then echo 'Error response from daemon: driver failed programming external connectivity on endpoint x (0a1b): Bind for 127.0.0.1:22 failed: address already in use' >&2; exit 1; fi
    echo true >$s/containers/$last/running ;;
  'stop --' | 'stop -t')
    for last do :; done
    there "$last"; echo false >$s/containers/$last/running ;;
  'rm --' | 'rm -f')
    for last do :; done
    there "$last"
    [ "$2" = -f ] || [ $(cat $s/containers/$last/running) = false ] || exit 1
    rm -r $s/containers/$last ;;
  'rename '*) there "$2"; [ ! -e $s/containers/$3 ] && mv $s/containers/$2 $s/containers/$3 ;;
  'logs --tail') printf 'first line\\n 10:00 WARNING AnError: not so bad\\n'; for again in 1 2; do printf '  SomeError: the reason\\nfile x\\nOtherError: what followed\\n'; done ;;
  'run --rm')
    while [ $# -gt 0 ]; do case $1 in --volume) data=\${2%:/data} ;; --env) case $2 in SYNAPSE_SERVER_NAME=*) name=\${2#*=} ;; esac ;; esac; shift; done
    if [ "$name" = refused.test ]; then echo 'no such name' >&2; exit 2; fi
    echo key >$data/$name.signing.key; echo 'version: 1' >$data/$name.log.config; chmod 644 $data/*
    echo "server_name: $name" >$data/homeserver.yaml ;;
  *) refuse "$@" ;;
esac
`;

// Answers while the container answers and the file that a test may name holds no line \`broken\`.
const curl = `#!/bin/sh
s=@FOLDER@
for last do :; done
name=\${last##*/}
[ "$(cat $s/containers/$name/running 2>/dev/null)" = true ] || exit 7
[ "$(cat $s/containers/$name/image)" = good:1 ] || exit 7
! grep -q broken "$(cat $s/watched 2>/dev/null)" 2>/dev/null || exit 22
`;

export function fakeDocker(t: ExecutionContext, shell: Shell): FakeDocker {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-docker-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  mkdirSync(join(folder, 'containers'));
  for (const [name, text] of Object.entries({ docker, curl })) {
    writeFileSync(join(bin, name), text.replaceAll('@FOLDER@', folder));
    chmodSync(join(bin, name), 0o755);
  }
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '');
  return {
    folder,
    shell: { ...shell, path: `${bin}:${shell.path}` },
    add(name, image, running) {
      mkdirSync(join(folder, 'containers', name));
      for (const [file, text] of Object.entries({ id: `${name}-${image}`, image, running }))
        writeFileSync(join(folder, 'containers', name, file), `${text}\n`);
    },
    containers: () =>
      readdirSync(join(folder, 'containers'))
        .sort()
        .map((name) => `${name} ${read(`containers/${name}/image`).trim()} ${read(`containers/${name}/running`).trim()}`),
    environment: () => read('environment'),
    unknown: () => read('unknown'),
  };
}
