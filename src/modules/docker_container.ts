import { type Container, container } from '../questions/container.ts';
import type { DockerAnswer } from '../questions/docker.ts';
import type { HttpAnswer } from '../questions/http.ts';
import { http } from '../questions/http.ts';
import { type Image, image } from '../questions/image.ts';
import { ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { type Command, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { type ContainerParams, containerParams } from './support/container-params.ts';
import { finishCommand, previousName, recreateCommand, restoreCommand, startCommand } from './support/container-script.ts';
import { type Difference, differences, policyDiffers } from './support/container-spec.ts';
import { found, withDocker } from './support/docker.ts';

interface Answers {
  readonly container: DockerAnswer<Container>;
  readonly previous: DockerAnswer<Container>;
  readonly image?: DockerAnswer<Image>;
  readonly health?: readonly HttpAnswer[];
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
  *ask(params) {
    const seen = yield* ask({ container: container(params.name), previous: container(previousName(params.name)) });
    const answers: Answers = {
      ...seen,
      ...(params.image !== undefined && (yield* ask({ image: image(params.image) }))),
    };
    if (params.state !== 'started' || !params.wait_healthy) return answers;
    const urls = params.wait_healthy.url.map((url, index) => [`health_${index}`, http(healthRequest(url))] as const);
    return { ...answers, health: Object.values(yield* ask(Object.fromEntries(urls))) };
  },
  plan(params, answers: Answers) {
    const current = found(answers.container);
    const previous = found(answers.previous);
    const seen = { current: current?.id, previous: previous?.id };
    const everything = ['*'] as const;
    if (params.state === 'absent') return absent(params, current, previous);
    if (!params.image && !current) {
      throw new TaskError(
        `there is no container ${params.name} on this host, and no image to make it of`,
        'Give the parameter image, or run the task that creates the container before.',
      );
    }
    const different = current && params.image ? differences(params, current, answers.image && found(answers.image)) : [];
    if (previous) {
      const isFinishing = current !== undefined && different.length === 0;
      const summary = isFinishing
        ? `finish the interrupted recreation of container ${params.name}`
        : `put back container ${params.name}, left aside by an interrupted run`;
      const command = isFinishing ? finishCommand(params, seen) : restoreCommand(params, seen);
      return [{ summary, commands: [command], writes: everything, staged: true }];
    }
    if (!current)
      return [
        {
          summary: `create container ${params.name} from ${params.image}`,
          commands: [recreateCommand(params, seen, false)],
          writes: everything,
          staged: true,
        },
      ];
    if (different.length > 0) {
      const isReachableAsBefore = !different.some(({ property }) => property === 'ports' || property === 'networks');
      const summary = `recreate container ${params.name}: ${different.map(describe).join(', ')}`;
      return [
        {
          summary,
          diff: diffOf(params.name, different),
          commands: [recreateCommand(params, seen, isReachableAsBefore)],
          writes: everything,
          staged: true,
        },
      ];
    }
    return [...policy(params, current), ...running(params, current, answers.health ?? [])];
  },
  result(_params, answers: Answers) {
    const current = found(answers.container);
    if (!current) return { container: {} };
    return { container: { Id: current.id, Image: current.image, Name: _params.name, Running: current.running } };
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

/** Seconds that a healthy container may take to answer when it is only looked at. */
const glanceSeconds = 5;

function healthRequest(url: string) {
  return { url, method: 'GET', headers: {}, timeoutSeconds: glanceSeconds, followRedirects: false } as const;
}

function describe({ property, wanted, is }: Difference): string {
  return `${property} ${wanted} (was ${is})`;
}

function diffOf(name: string, different: readonly Difference[]): NonNullable<Change['diff']> {
  const text = (side: 'is' | 'wanted') => different.map((one) => `${one.property}: ${one[side]}\n`).join('');
  return { label: `container ${name}`, before: text('is'), after: text('wanted') };
}

function absent({ name, stop_timeout }: ContainerParams, current: Container | undefined, previous: Container | undefined): readonly Change[] {
  const names = [...(current ? [name] : []), ...(previous ? [previousName(name)] : [])];
  if (names.length === 0) return [];
  const option = stop_timeout === undefined ? [] : ['--time', stop_timeout];
  const commands = names.map(
    (one): Command =>
      withDocker({ ...sh`docker stop ${option} -- ${one} >/dev/null; docker rm -- ${one} >/dev/null`, timeoutSeconds: (stop_timeout ?? 10) + 120 }),
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

function running(params: ContainerParams, current: Container, health: readonly HttpAnswer[]): readonly Change[] {
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
  if (state === 'started' && !current.running) return [change('start', `start container ${name}`)];
  if (state === 'started' && current.paused) return [change('unpause', `unpause container ${name}`)];
  if (restart && current.running) return [{ ...change('restart', `restart container ${name}`), opaque: true }];
  // A host without curl and wget cannot tell; then nothing is claimed.
  const silent = state === 'started' && health.some((answer) => (answer.ok ? answer.status >= 400 : answer.problem === 'failed'));
  return silent ? [change('wait', `wait for container ${name} to answer`)] : [];
}
