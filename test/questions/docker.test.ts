import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { container, containerKind, published, volume } from '../../src/questions/container.ts';
import { containers, containersKind } from '../../src/questions/containers.ts';
import { dockerVolume, dockerVolumeKind } from '../../src/questions/docker-volume.ts';
import { image, imageKind, imageName } from '../../src/questions/image.ts';
import { network, networkKind } from '../../src/questions/network.ts';
import { type SynapseAccount, synapseAccount, synapseAccountKind } from '../../src/questions/synapse-account.ts';
import { type SynapseMedia, synapseMedia } from '../../src/questions/synapse-media.ts';
import { synapseValidation, synapseValidationKind } from '../../src/questions/synapse-validation.ts';
import { Secret } from '../../src/values/secret.ts';
import { type Shell, shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

const id = 'ab'.repeat(32);

/** What a real engine (20.10) printed for these templates. */
const containerLine = `/synapse {"id":"${id}","image":"sha256:${id}","running":true,"paused":false,"config":{"Hostname":"x","User":"991:991","Env":["A=b c","PATH=/bin"],"Cmd":["600"],"Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":15000000000},"Image":"homerun/base:1","Volumes":null,"Entrypoint":["sleep"],"Labels":{"a":"b"}},"binds":["/srv/x/:/data:rw","/srv/y:/y:z,ro"],"mounts":[{"Type":"volume","Source":"v","Target":"/v","ReadOnly":true},{"Type":"tmpfs","Target":"/t"}],"ports":{"8008/tcp":[{"HostIp":"127.0.0.1","HostPort":"8008"},{"HostIp":"::1","HostPort":"8008"}],"53/udp":[{"HostIp":"","HostPort":""}]},"restart":{"Name":"","MaximumRetryCount":0},"log":{"Type":"local","Config":{}},"mode":"none","readOnly":true,"privileged":false,"init":null,"capAdd":["cap_net_admin"],"capDrop":["ALL"],"tmpfs":{"/run":"","/tmp":"size=1m"},"security":null,"hosts":null,"memory":0,"networks":[["none",null],["matrix",["hs","${id.slice(0, 12)}"]],null]}`;
const imageLine = `synapse:1 {"id":"sha256:${id}","digests":["synapse@sha256:${id}",null],"config":{"Env":null,"Cmd":null,"Entrypoint":["/start.py"],"User":"","Labels":null}}`;
const networkLine = `matrix {"Id":"${id}","Driver":"bridge","Internal":false,"Attachable":false,"EnableIPv6":false,"Options":{},"Labels":{},"Ipam":[{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.1"}]}`;

const volumeLine = `media {"Driver":"local","Mountpoint":"/var/lib/docker/volumes/media/_data","Options":null,"Labels":{"a":"it is"}}`;

/** The shell with a `docker` before all else, or without any. */
function withDocker(t: ExecutionContext, shell: Shell, script: string | undefined): Shell {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-docker-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  if (script !== undefined) {
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'docker'), 0o755);
    return { ...shell, path: `${folder}:${shell.path}` };
  }
  // Whatever else the script needs, by name: the machine that runs the tests may have Docker.
  for (const name of ['sed', 'tr', 'base64', 'cat', 'sh']) {
    writeFileSync(join(folder, name), `#!/bin/sh\nPATH=${shell.path}\nexec ${name} "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { ...shell, path: folder };
}

const engine = `case "$1 $2" in
  'version --format') echo 20.10 ;;
  *' inspect')
    rc=0
    while [ "$1" != -- ]; do shift; done; shift
    for name do
      case $name in
        synapse) echo '${containerLine}' ;;
        synapse:1) echo '${imageLine}'; echo ;;
        matrix) echo '${networkLine}' ;;
        media) echo '${volumeLine}' ;;
        *) echo "Error: No such object: $name" >&2; echo; rc=1 ;;
      esac
    done
    exit $rc ;;
esac`;

for (const shell of shells()) {
  test(`${shell.name} › containers, images and networks are asked for together`, async (t) => {
    const docker = withDocker(t, shell, engine);
    const [there, absent, again] = await askAll(t, docker, [container('synapse'), container('gone'), container('synapse')]);
    t.deepEqual(absent, { docker: 'running' });
    t.deepEqual(again, there);
    t.like(there, {
      found: {
        running: true,
        env: ['A=b c', 'PATH=/bin'],
        volumes: ['/srv/x:/data', '/srv/y:/y:ro,z', 'v:/v:ro'],
        ports: ['127.0.0.1:8008:8008/tcp', ':53/udp', '[::1]:8008:8008/tcp'],
        networks: [
          { name: 'none', aliases: [] },
          { name: 'matrix', aliases: ['hs'] },
        ],
        restartPolicy: 'no',
        capAdd: ['NET_ADMIN'],
        tmpfs: ['/run', '/tmp:size=1m'],
        init: false,
      },
    });
    const [one, none] = await askAll(t, docker, [image('docker.io/library/synapse:1'), image('other')]);
    t.like(one, { found: { id: `sha256:${id}`, digests: [`synapse@sha256:${id}`], entrypoint: ['/start.py'], env: [] } });
    t.deepEqual(none, { docker: 'running' });
    t.deepEqual(await askAll(t, docker, [dockerVolume('media'), dockerVolume('gone'), dockerVolume('media')]), [
      { docker: 'running', found: { driver: 'local', mountpoint: '/var/lib/docker/volumes/media/_data', options: {}, labels: { a: 'it is' } } },
      { docker: 'running' },
      { docker: 'running', found: { driver: 'local', mountpoint: '/var/lib/docker/volumes/media/_data', options: {}, labels: { a: 'it is' } } },
    ]);
    t.like((await askAll(t, docker, [network('matrix'), network('gone')]))[0], { found: { subnets: ['172.18.0.0/16'], gateways: ['172.18.0.1'] } });
  });

  test(`${shell.name} › a host without Docker has nothing of Docker's`, async (t) => {
    const docker = withDocker(t, shell, undefined);
    t.deepEqual(await askAll(t, docker, [container('synapse'), container('gone')]), [{ docker: 'absent' }, { docker: 'absent' }]);
    t.deepEqual(await askAll(t, docker, [image('nginx')]), [{ docker: 'absent' }]);
    t.deepEqual(await askAll(t, docker, [account('admin')]), [{ state: 'unknown', reason: 'there is no Docker on this host' }]);
  });

  test(`${shell.name} › an engine that does not answer is told from a missing container`, async (t) => {
    const docker = withDocker(t, shell, 'echo "Cannot connect to the Docker daemon." >&2; echo "Is it running?" >&2; exit 1');
    const unusable = { docker: 'unusable', reason: 'Cannot connect to the Docker daemon. Is it running?' };
    t.deepEqual(await askAll(t, docker, [container('synapse'), container('gone')]), [unusable, unusable]);
  });

  test(`${shell.name} › all containers are listed by name, and none is not an engine that does not answer`, async (t) => {
    const line = (name: string, more: string) => `/${name} {"running":true,"temporary":false,"binds":["/srv/x/:/data:rw"],"mounts":null,${more}}`;
    const listing = (ids: string, lines: readonly string[], rc = 0) =>
      withDocker(
        t,
        shell,
        `case "$1" in ps) echo '${ids}' ;; version) echo 20.10 ;; container) [ "$6 $7" = 'a1 b2' ] || exit 9; printf '%s\\n' ${lines.map((one) => `'${one}'`).join(' ')}; exit ${rc} ;; esac`,
      );
    const ports = '"ports":{"8008/tcp":[{"HostIp":"127.0.0.1","HostPort":"8008"}]}';
    const both = [line('synapse', ports), line('a', '"ports":null')];
    const found = [
      { name: 'a', running: true, ports: [], volumes: ['/srv/x:/data'] },
      { name: 'synapse', running: true, ports: ['127.0.0.1:8008:8008/tcp'], volumes: ['/srv/x:/data'] },
    ];
    t.deepEqual(await askAll(t, listing('a1 b2', both), [containers(), containers()]), [
      { docker: 'running', found },
      { docker: 'running', found },
    ]);
    // One that went away between both commands.
    t.deepEqual(await askAll(t, listing('a1 b2', both.slice(1), 1), [containers()]), [{ docker: 'running', found: found.slice(0, 1) }]);
    t.deepEqual(await askAll(t, listing('', []), [containers()]), [{ docker: 'running', found: [] }]);
    t.deepEqual(await askAll(t, withDocker(t, shell, undefined), [containers()]), [{ docker: 'absent' }]);
    const deaf = withDocker(t, shell, 'echo "Is it running?" >&2; exit 1');
    t.deepEqual(await askAll(t, deaf, [containers()]), [{ docker: 'unusable', reason: 'Is it running?' }]);
  });

  test(`${shell.name} › accounts of a container are looked up together`, async (t) => {
    const docker = withDocker(
      t,
      shell,
      `case "$1 $2" in
  'container inspect') for last do :; done; case $last in synapse) echo 'true false false' ;; stopped) echo 'false false false' ;; *) echo No such container >&2; exit 1 ;; esac ;;
  'exec -i') cat >/dev/null; shift 6; shift; for name do case $name in admin) echo '{"server": "a.org", "admin": true, "deactivated": false}' ;; broken) echo '{"error": "no route"}' ;; *) echo '{"server": "a.org"}' ;; esac; done ;;
esac`,
    );
    const answers = await askAll(t, docker, [
      account('admin'),
      account('nobody'),
      account('x', 'stopped'),
      account('admin'),
      account('broken'),
      account('y', 'gone'),
    ]);
    const expected: readonly SynapseAccount[] = [
      { state: 'present', server: 'a.org', admin: true, deactivated: false },
      { state: 'absent', server: 'a.org' },
      { state: 'unknown', reason: 'the container stopped does not run' },
      { state: 'present', server: 'a.org', admin: true, deactivated: false },
      { state: 'unknown', reason: 'the database of Synapse cannot be read: no route' },
      { state: 'unknown', reason: 'there is no container gone on this host' },
    ];
    t.deepEqual(answers, expected);
  });

  test(`${shell.name} › uploaded files are told apart by what is asked of them`, async (t) => {
    const docker = withDocker(
      t,
      shell,
      `case "$1 $2" in
  'container inspect') for last do :; done; case $last in synapse) echo 'true false false' ;; *) echo No such container >&2; exit 1 ;; esac ;;
  'exec -i') cat >/dev/null; shift 6; [ "$1 $2 $4" = '/data/homeserver.yaml admin 3' ] || exit 1; case "$5 $6" in 'a b.png image/png') echo '{"server": "a.org", "media": "AbC"}' ;; broken*) echo '{"error": "no route"}' ;; *) echo '{"server": "a.org", "media": null}' ;; esac ;;
esac`,
    );
    const expected: readonly SynapseMedia[] = [
      { state: 'present', server: 'a.org', mediaId: 'AbC' },
      { state: 'absent', server: 'a.org' },
      { state: 'unknown', reason: 'the database of Synapse cannot be read: no route' },
      { state: 'unknown', reason: 'there is no container gone on this host' },
    ];
    t.deepEqual(await askAll(t, docker, [media('a b.png'), media("it's $(id)"), media('broken'), media('a', 'gone')]), expected);
  });

  test(`${shell.name} › a configuration is given to the image on standard input, byte for byte`, async (t) => {
    const text = "a: 'b'\n# $(id) \\n “ü”\n";
    const docker = withDocker(
      t,
      shell,
      `[ "$(cat | cksum)" = "${'$'}(printf '%s' "$(cat <<'END'
${text}END
)
" | cksum)" ] && echo warning && echo '{"reason": null, "keys": [], "unknown": ["x"]}'; echo`,
    );
    const params = { image: 'good:1', dataFolder: '/srv/x', volumes: [], uid: 991, gid: 991, suspects: ['x'] };
    t.deepEqual(await askAll(t, docker, [synapseValidation(params, text)]), [{ state: 'accepted', unknown: ['x'] }]);
    const none = withDocker(t, shell, 'echo "docker: no space left on device." >&2; exit 125');
    t.deepEqual(await askAll(t, none, [synapseValidation(params, text)]), [{ state: 'not run', reason: 'docker: no space left on device.' }]);
  });
}

function media(name: string, container = 'synapse') {
  return synapseMedia({
    container,
    config: '/data/homeserver.yaml',
    localpart: 'admin',
    sha256: 'ab'.repeat(32),
    size: 3,
    name,
    contentType: 'image/png',
  });
}

function account(localpart: string, name = 'synapse') {
  return synapseAccount({ container: name, config: '/data/homeserver.yaml', localpart });
}

test('what is not understood is said in a sentence, not as a stack', (t) => {
  for (const kind of [containerKind, imageKind, networkKind, dockerVolumeKind])
    t.throws(() => kind.parse('/synapse {"id":5}\n', { name: 'synapse', reference: 'a:1' }), { message: /in a form that is not understood/ });
  t.throws(() => containersKind.parse('/synapse {"running":5}\n', {}), { message: /in a form that is not understood/ });
  t.throws(() => synapseAccountKind.parse('bm9uc2Vuc2U=\n.\n', { container: 'a', config: '/b', localpart: 'c' }));
  t.deepEqual(
    synapseValidationKind.parse('bm9uc2Vuc2U=\n.\n', {
      image: 'a',
      dataFolder: '/b',
      volumes: [],
      uid: 1,
      gid: 1,
      suspects: [],
      digest: '',
      text: new Secret(''),
    }),
    {
      state: 'not run',
      reason: 'nonsense',
    },
  );
});

test('two configurations are two questions, and neither shows in its name', (t) => {
  const params = { image: 'a:1', dataFolder: '/b', volumes: [], uid: 1, gid: 1, suspects: [] };
  const [one, two] = ['pass: secret1', 'pass: secret2'].map((text) => synapseValidation(params, text).id);
  t.not(one, two);
  t.false(`${one}${two}`.includes('secret'));
});

test('names of images come in one form', (t) => {
  const reference = (name: string) => imageName(name).reference;
  t.is(reference('docker.io/library/nginx'), 'nginx:latest');
  t.is(reference('index.docker.io/matrixdotorg/synapse:v1'), 'matrixdotorg/synapse:v1');
  t.is(reference('localhost:5000/a/b'), 'localhost:5000/a/b:latest');
  t.is(reference(`ghcr.io/a/b:v1@sha256:${id}`), `ghcr.io/a/b@sha256:${id}`);
  t.is(reference(`sha256:${id}`), `sha256:${id}`);
  for (const wrong of ['', 'A', 'a b', 'a:', ':a', 'a@sha256:1', 'a//b', '-a', 'a"b', "a'b", 'a\nb', 'http://a/b', '{{.Id}}'])
    t.throws(() => imageName(wrong), undefined, wrong);
});

test('volumes and ports come in one form', (t) => {
  t.is(volume('/a/:/b/:rw'), '/a:/b');
  t.is(volume('/a:/b:z,ro'), '/a:/b:ro,z');
  t.is(volume('/:/host'), '/:/host');
  t.is(published('80', '', '8080'), '8080:80/tcp');
  t.is(published('53/udp', '::1', '53'), '[::1]:53:53/udp');
});

test('names that Docker does not allow are not asked for', (t) => {
  for (const wrong of ['', 'a', '-ab', 'a b', 'a"b', 'a\nb', '/ab'])
    for (const ask of [container, dockerVolume]) t.throws(() => ask(wrong), { instanceOf: TypeError });
});
