import { type Container, container } from '../questions/container.ts';
import type { DockerAnswer } from '../questions/docker.ts';
import { type HttpAnswer, http } from '../questions/http.ts';
import { type Image, image } from '../questions/image.ts';
import { ask } from '../questions/question.ts';
import type { Change, Diff } from '../values/change.ts';
import { type Command, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { type ContainerParams, containerParams } from './support/container-params.ts';
import { finishCommand, nextName, previousName, recreateCommand, restoreCommand, startCommand, tidyCommand } from './support/container-script.ts';
import { type Difference, differences, policyDiffers } from './support/container-spec.ts';
import { found, withDocker } from './support/docker.ts';

interface Answers {
  readonly container: DockerAnswer<Container>;
  readonly previous: DockerAnswer<Container>;
  readonly next: DockerAnswer<Container>;
  readonly image?: DockerAnswer<Image>;
  readonly health?: HttpAnswer;
}

export default defineModule({
  summary:
    'Run a container with the Docker engine of the host; recreate it only where it really differs, and put the old one back if the new one does not work.',
  params: containerParams,
  examples: [
    {
      description: 'Run Synapse, reachable from the host itself only.',
      task: `docker_container:
  name: synapse
  image: docker.io/matrixdotorg/synapse:v1.163.2
  restart_policy: unless-stopped
  published_ports: ["127.0.0.1:8008:8008"]
  volumes: ["/var/matrix-synapse-data:/data"]
  wait_healthy: {url: "http://127.0.0.1:8008/health"}`,
    },
    { description: 'Restart it from a handler.', task: 'docker_container: {name: synapse, restart: true}' },
    { description: 'Remove it.', task: 'docker_container: {name: synapse, state: absent}' },
  ],
  ask(params) {
    const [url] = params.state === 'started' ? (params.wait_healthy?.url ?? []) : [];
    return ask({
      container: container(params.name),
      previous: container(previousName(params.name)),
      next: container(nextName(params.name)),
      ...(params.image !== undefined && { image: image(params.image) }),
      // The first one is enough to see whether anything answers at all.
      ...(url !== undefined && { health: http(healthRequest(url)) }),
    });
  },
  plan(params, answers: Answers) {
    const { name, image: imageGiven } = params;
    const current = found(answers.container);
    const previous = found(answers.previous);
    const next = found(answers.next);
    if (params.state === 'absent') return absent(params, [current && name, previous && previousName(name), next && nextName(name)]);
    const seen = { current: current?.id, previous: previous?.id };
    const different = current && imageGiven ? differences(params, current, answers.image && found(answers.image)) : [];
    if (previous && (imageGiven || !current)) {
      return current && different.length === 0
        ? [step(`finish the interrupted recreation of container ${name}`, finishCommand(params, seen))]
        : [step(`put back container ${name}, left aside by an interrupted run`, restoreCommand(params, seen))];
    }
    if (!current && !imageGiven) {
      throw new TaskError(
        `there is no container ${name} on this host, and no image to make it of`,
        'Give the parameter image, or run the task that creates the container before.',
      );
    }
    if (!current) return [step(`create container ${name} from ${imageGiven}`, recreateCommand(params, seen, false))];
    if (different.length > 0) {
      const isReachableAsBefore = !different.some(({ property }) => property === 'ports' || property === 'networks');
      return [
        step(`recreate container ${name}: ${describe(different)}`, recreateCommand(params, seen, isReachableAsBefore), diffOf(name, different)),
      ];
    }
    const tidied = next ? [step(`remove container ${nextName(name)}, left by an interrupted run`, tidyCommand(params, seen))] : [];
    return [...tidied, ...policy(params, current), ...running(params, current, answers.health)];
  },
  result({ name }, answers: Answers) {
    const current = found(answers.container);
    if (!current) return { container: {} };
    return { container: { Id: current.id, Image: current.image, Name: name, Running: current.running } };
  },
  absent: {
    pull: 'the image is pulled by a task of its own, docker_image, so that a slow registry never keeps a service down',
    comparisons: 'every parameter is compared; what is left out is as the image and Docker have it',
    recreate: 'a container is recreated where it differs; to have a new one anyway, remove it with state: absent before',
    force_kill: 'a container is asked to stop, and killed after stop_timeout',
    detach: 'a container always runs in the background; for a command that ends use `command: docker run`',
    env_file: 'write the variables into env',
    mounts: 'write them into volumes',
    purge_networks: 'a container is on exactly the networks that are declared',
    networks_cli_compatible: 'a container is on exactly the networks that are declared',
    container_default_behavior: 'what is left out is as the image and Docker have it',
    healthy_wait_timeout: 'use wait_healthy',
    keep_volumes: 'volumes are kept',
    auto_remove: 'for a command that ends use `command: docker run --rm`',
    links: 'use networks',
  },
});

/** A change after which is looked again: another run may have been at work on the same container. */
function step(summary: string, command: Command, diff?: Diff): Change {
  return { summary, commands: [command], writes: ['*'], staged: true, ...(diff && { diff }) };
}

/** Seconds that a healthy container may take to answer when it is only looked at. */
const glanceSeconds = 5;

function healthRequest(url: string) {
  return { url, method: 'GET', headers: {}, timeoutSeconds: glanceSeconds, followRedirects: false } as const;
}

/** More differences than these are told by name alone: the diff has them all. */
const mostTold = 3;

function describe(different: readonly Difference[]): string {
  return different.map(({ property, wanted, is }) => (different.length > mostTold ? property : `${property} ${wanted} (was ${is})`)).join(', ');
}

function diffOf(name: string, different: readonly Difference[]): Diff {
  const text = (side: 'is' | 'wanted') => different.map((one) => `${one.property}: ${one[side]}\n`).join('');
  return { label: `container ${name}`, before: text('is'), after: text('wanted') };
}

function absent({ name, stop_timeout }: ContainerParams, present: readonly (string | undefined)[]): readonly Change[] {
  const names = present.filter((one) => one !== undefined);
  if (names.length === 0) return [];
  const option = stop_timeout === undefined ? [] : ['--time', stop_timeout];
  const timeoutSeconds = (stop_timeout ?? 10) + 120;
  const commands = names.map(
    (one): Command => withDocker({ ...sh`docker stop ${option} -- ${one} >/dev/null; docker rm -- ${one} >/dev/null`, timeoutSeconds }),
  );
  return [{ summary: `remove container ${name}`, commands, writes: ['*'] }];
}

function policy(params: ContainerParams, current: Container): readonly Change[] {
  if (!params.image || !policyDiffers(params, current)) return [];
  const retries = params.restart_policy === 'on-failure' && params.restart_retries > 0 ? `:${params.restart_retries}` : '';
  const wanted = `${params.restart_policy}${retries}`;
  return [
    {
      summary: `set the restart policy of container ${params.name} to ${wanted} (was ${current.restartPolicy})`,
      commands: [withDocker(sh`docker update --restart ${wanted} -- ${params.name} >/dev/null`)],
      writes: [`container:${params.name}`],
    },
  ];
}

function running(params: ContainerParams, current: Container, health: HttpAnswer | undefined): readonly Change[] {
  const { name, state, restart } = params;
  const change = (verb: 'start' | 'restart' | 'unpause' | 'wait', summary: string): Change => ({
    summary,
    commands: [startCommand(params, verb)],
    writes: ['*'],
  });
  if (state === 'stopped') {
    return current.running
      ? [
          {
            summary: `stop container ${name}`,
            commands: [withDocker({ ...sh`docker stop -- ${name} >/dev/null`, timeoutSeconds: 600 })],
            writes: ['*'],
          },
        ]
      : [];
  }
  // With restart there is no state to compare with afterwards: it runs, and would be restarted again.
  if (state === 'started' && !current.running) return [{ ...change('start', `start container ${name}`), ...(restart && { opaque: true as const }) }];
  if (state === 'started' && current.paused) return [change('unpause', `unpause container ${name}`)];
  if (restart && current.running) return [{ ...change('restart', `restart container ${name}`), opaque: true }];
  // A host without curl and wget cannot tell; then nothing is claimed.
  const silent = state === 'started' && health !== undefined && (health.ok ? health.status >= 400 : health.problem === 'failed');
  return silent ? [change('wait', `wait for container ${name} to answer`)] : [];
}
