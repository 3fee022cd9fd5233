import * as z from 'zod';
import { type DockerVolume, dockerVolume } from '../questions/docker-volume.ts';
import { ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { type Command, sh } from '../values/command.ts';
import { defineModule } from './module.ts';
import { line } from './params.ts';
import { found, objectParameter, optionEach, withDocker } from './support/docker.ts';

const params = z.strictObject({
  name: objectParameter().describe('The name of the volume.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether the volume shall be there; `absent` removes it with all that is in it.'),
  driver: line().default('local').describe('The driver.'),
  driver_options: z.record(line(), line()).default({}).describe('Options of the driver.'),
  labels: z.record(line(), line()).default({}).describe('Labels.'),
  recreate: z
    .enum(['always', 'never', 'options-changed'])
    .default('never')
    .describe(
      'When a volume that is there is removed, with all that is in it, and made anew: `options-changed` when its driver, options or labels differ, `always` in each run. With `never` they only count for a new one.',
    ),
});
type Params = z.output<typeof params>;

export default defineModule({
  summary: 'Create or remove a volume of Docker.',
  params,
  examples: [
    { description: 'Have a volume for a database.', task: 'docker_volume: {name: database}' },
    {
      description: 'Have one on another disk.',
      task: 'docker_volume:\n  name: media\n  driver_options: {type: none, o: bind, device: /srv/media}\n  recreate: options-changed',
    },
  ],
  ask: ({ name }) => ask({ volume: dockerVolume(name) }),
  plan(given, answers) {
    const present = found(answers.volume);
    const { name, state, recreate } = given;
    if (state === 'absent') return present ? [change(given, `remove volume ${name}`, remove(given))] : [];
    if (!present) return [change(given, `create volume ${name}`, create(given))];
    const different = recreate === 'never' ? [] : differences(given, present);
    if (different.length === 0 && recreate !== 'always') return [];
    const summary = `recreate volume ${name}, empty${different.length === 0 ? '' : `: ${different.join(', ')}`}`;
    const anew = change(given, summary, remove(given), create(given));
    return [recreate === 'always' ? { ...anew, opaque: true } : anew];
  },
  result(given, answers) {
    const present = found(answers.volume);
    if (!present) return { volume: {} };
    const { driver, mountpoint, options, labels } = present;
    return { volume: { Name: given.name, Driver: driver, Mountpoint: mountpoint, Options: { ...options }, Labels: { ...labels } } };
  },
  aliases: { volume_name: 'name' },
  absent: { debug: 'Use -v.' },
});

/** What differs of what is asked for; options and labels that are not are left alone. */
function differences({ driver, driver_options, labels }: Params, present: DockerVolume): readonly string[] {
  return [
    ...(driver === present.driver ? [] : [`driver ${driver} (was ${present.driver})`]),
    ...pairs('option', driver_options, present.options),
    ...pairs('label', labels, present.labels),
  ];
}

function pairs(what: string, wanted: { readonly [name: string]: string }, is: { readonly [name: string]: string }): readonly string[] {
  return Object.entries(wanted).flatMap(([name, value]) => (is[name] === value ? [] : [`${what} ${name}=${value} (was ${is[name] ?? 'not there'})`]));
}

function create({ name, driver, driver_options, labels }: Params): Command {
  const options = ['--driver', driver, ...optionEach('--opt', driver_options), ...optionEach('--label', labels)];
  return withDocker(sh`docker volume create ${options} -- ${name} >/dev/null`);
}

/** A volume that a container has is not removed; the engine says whose it is by the container's number alone. */
function remove({ name }: Params): Command {
  return withDocker(sh`docker volume rm -- ${name} >/dev/null || {
  echo ${`Containers that have the volume ${name}, if that is why:`} $(docker ps --all --filter ${`volume=${name}`} --format ${'{{.Names}}'}) >&2
  exit 1
}`);
}

function change({ name }: Params, summary: string, ...commands: readonly Command[]): Change {
  return { summary, commands, writes: [`volume:${name}`, `file:/var/lib/docker/volumes/${name}`] };
}
