import * as z from 'zod';
import { image, imageName } from '../questions/image.ts';
import { ask } from '../questions/question.ts';
import { type Command, explainsItself, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { line } from './params.ts';
import { found, imageParameter, withDocker } from './support/docker.ts';

const params = z
  .strictObject({
    name: imageParameter().describe('The image: `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]`. A digest pins it: the tag can then point elsewhere.'),
    tag: line()
      .refine((tag) => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag), 'expected a tag, such as v1.163.2')
      .optional()
      .describe('The tag, where the name holds none. Default `latest`.'),
    source: z
      .enum(['pull', 'local'])
      .default('pull')
      .describe('Where it comes from: `pull` gets it from its registry if it is not on the host, `local` wants it to be there.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the image shall be on the host.'),
  })
  .refine(({ name, tag }) => tag === undefined || isBare(name), { path: ['tag'], message: 'the name holds a tag or a digest already' });

function isBare(name: string): boolean {
  return !name.includes('@') && name.lastIndexOf(':') <= name.lastIndexOf('/');
}

export default defineModule({
  summary: 'Pull an image into the Docker engine of the host, or remove it.',
  params,
  examples: [
    { description: 'Have an image of one version.', task: 'docker_image: {name: "docker.io/matrixdotorg/synapse:v1.163.2"}' },
    { description: 'Remove an old version.', task: 'docker_image: {name: ghcr.io/element-hq/synapse, tag: v1.150.0, state: absent}' },
  ],
  ask: (given) => ask({ image: image(fullName(given)) }),
  plan(given, answers) {
    const name = fullName(given);
    const present = found(answers.image) !== undefined;
    if (present === (given.state === 'present')) return [];
    if (given.state === 'absent')
      return [{ summary: `remove image ${name}`, commands: [remove(name)], writes: [`image:${imageName(name).reference}`] }];
    if (given.source === 'local') {
      throw new TaskError(
        `the image ${name} is not on this host, and source: local forbids to pull it`,
        'Load it there (`docker load`), or leave out `source`.',
      );
    }
    return [{ summary: `pull image ${name}`, commands: [pull(name)], writes: [`image:${imageName(name).reference}`] }];
  },
  result(given, answers) {
    const image = found(answers.image);
    return { image: image ? { Id: image.id, RepoDigests: image.digests, name: fullName(given) } : {} };
  },
  absent: {
    build: 'images are built elsewhere and pulled from a registry',
    load_path: 'images are pulled from a registry',
    archive_path: 'use `command: docker save`',
    push: 'use `command: docker push`',
    repository: 'use `command: docker tag`',
    force_source: 'a tag that changes its meaning cannot be compared: name another tag, or pin a digest',
    force_absent: 'remove the containers of the image first, with docker_container',
    force_tag: 'use `command: docker tag`',
    pull: 'the platform is that of the host',
  },
});

function fullName({ name, tag }: { readonly name: string; readonly tag?: string | undefined }): string {
  return tag === undefined ? name : `${name}:${tag}`;
}

/** Pulling a big image over a slow line, in seconds. */
const pullTimeoutSeconds = 3600;

// What registries and the engine say, in the engine's own words, and what to make of it. The sentence comes last: it is what a failure shows.
function pull(name: string): Command {
  const command = sh`output=$(docker pull --quiet -- ${name} 2>&1) && exit 0
printf '%s\n' "$output" >&2
case $output in
  *'manifest unknown'* | *'manifest for '*' not found'* | *': not found'*)
    why='The registry has no such tag or digest: look it up on the page of the image.' ;;
  *toomanyrequests* | *'rate limit'*)
    why='The registry limits how much this address may pull: wait some hours, log in with docker login, or name the same image at another registry (ghcr.io).' ;;
  *'pull access denied'* | *'requested access to the resource is denied'* | *unauthorized* | *denied*)
    why='The registry has no such repository, or wants a login: check the name, or run docker login on the host.' ;;
  *'no such host'* | *'name resolution'* | *'server misbehaving'*)
    why='The host cannot resolve the name of the registry: check its DNS (/etc/resolv.conf) and its network.' ;;
  *x509* | *'certificate signed by unknown authority'*)
    why='The host does not trust the certificate of the registry: check its clock and its certificate authorities.' ;;
  *'connection refused'* | *timeout* | *'network is unreachable'* | *'no route to host'* | *'Client.Timeout'* | *'deadline exceeded'*)
    why='The host cannot reach the registry: check its network, firewall and proxy.' ;;
  *'no space left'*)
    why='The disk is full: docker system df shows what takes the space, docker image prune --all removes images that no container uses.' ;;
  *'Cannot connect to the Docker daemon'*)
    why='The Docker engine does not run: start it, and see journalctl -u docker for why it stopped.' ;;
  *) printf '%s\n' ${`The image ${name} could not be pulled.`} >&2; exit 1 ;;
esac
printf '%s\n' ${`The image ${name} could not be pulled.`}" $why" >&2
exit ${explainsItself}`;
  return withDocker({ ...command, detached: true, timeoutSeconds: pullTimeoutSeconds });
}

function remove(name: string): Command {
  return withDocker(sh`docker image rm -- ${name}`);
}
