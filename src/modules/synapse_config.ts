import { isDeepStrictEqual } from 'node:util';
import type { Container } from '../questions/container.ts';
import type { FileAnswer } from '../questions/file.ts';
import type { Change, Diff } from '../values/change.ts';
import { explainsItself, raw, sh } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { secretIf } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { found, requireImage, withDocker } from './support/docker.ts';
import { askSynapse, type SynapseAnswers } from './support/synapse-answers.ts';
import { type Candidate, settingsOf } from './support/synapse-candidate.ts';
import { checkConfiguration } from './support/synapse-checks.ts';
import { healthFrom, type SynapseConfigParams, synapseConfigParams } from './support/synapse-params.ts';
import { reachableUrls } from './support/synapse-reach.ts';
import { checkKeys, refusal } from './support/synapse-refusal.ts';
import { configureCommand, generateCommand, modes, proveCommand, type SynapsePlace, tightenCommand } from './support/synapse-script.ts';
import { secretsIn } from './support/synapse-secrets.ts';
import { mergedData, plainData, readYaml, writeYaml } from './support/yaml-edit.ts';

export default defineModule({
  summary:
    'Generate the configuration of Synapse once and merge settings into it; each new one is checked by the image before it is put in place, and taken back if Synapse does not work with it.',
  params: synapseConfigParams,
  examples: [
    {
      description: 'Configure a homeserver that a container named synapse runs, or will run.',
      task: `synapse_config:
  data_folder: /var/matrix-synapse-data
  image: docker.io/matrixdotorg/synapse:v1.163.2
  server_name: example.org
  container: synapse
  settings:
    public_baseurl: https://example.org/
    max_upload_size: 50M
    presence: {enabled: false}
    suppress_key_server_warning: true`,
    },
    {
      description: 'Write the log configuration, and take a key out.',
      task: `synapse_config:
  data_folder: /var/matrix-synapse-data
  image: docker.io/matrixdotorg/synapse:v1.163.2
  server_name: example.org
  settings: {admin_contact: null}
  log_config:
    version: 1
    formatters: {plain: {format: "%(asctime)s %(levelname)s %(name)s %(message)s"}}
    handlers: {console: {class: logging.StreamHandler, formatter: plain}}
    root: {level: WARNING, handlers: [console]}
    disable_existing_loggers: false`,
    },
  ],
  ask: askSynapse,
  plan(params, answers) {
    const place = placeOf(params, answers);
    const { configuration, validation } = answers;
    if (!configuration) {
      const elsewhere = otherFolder(params, answers);
      if (elsewhere !== undefined) throw moved(params, elsewhere);
      return [generate(params, place)];
    }
    const declared = Object.keys(params.settings);
    if (configuration.text !== configuration.before) {
      if (validation?.state === 'refused') throw refusal(validation, params.image, configuration.changed, secretsIn(configuration.text));
      checkKeys(declared, validation?.state === 'accepted' ? validation.unknown : undefined);
    }
    const log = newLog(params, answers);
    if (configuration.text !== configuration.before || log)
      return [...tighten(place, answers, true), configure(params, place, answers, { candidate: configuration, log })];
    if (answers.interrupted.exists) {
      const command = proveCommand(place, answers.log?.path);
      return [{ summary: 'prove the homeserver.yaml that an interrupted run has left', commands: [command], writes: ['*'], staged: true }];
    }
    return tighten(place, answers, false);
  },
  result: (params, { configuration }) => ({
    server_name: params.server_name,
    public_baseurl:
      typeof configuration?.data['public_baseurl'] === 'string' ? configuration.data['public_baseurl'] : `https://${params.server_name}/`,
  }),
});

function placeOf({ data_folder, uid, gid, container, wait_healthy }: SynapseConfigParams, answers: SynapseAnswers): SynapsePlace {
  const health = healthFrom(wait_healthy);
  const current = answers.container && found(answers.container);
  if (!current) return { dataFolder: data_folder, uid, gid, container, health };
  const urls = reachableUrls(health.urls, current, answers.configuration?.data ?? {});
  // One of that name without /data is not Synapse: whose ever it is, a new configuration is no reason to restart it.
  return { dataFolder: data_folder, uid, gid, container: dataOf(current) === undefined ? undefined : container, health: { ...health, urls } };
}

/** What a container sees as /data. */
function dataOf({ volumes }: Container): string | undefined {
  return volumes.flatMap((volume) => /^(.+):\/data(?::[^/]*)?$/.exec(volume)?.[1] ?? [])[0];
}

/** Where the container has its data, if that is not the folder that is declared: a homeserver that is there already. */
function otherFolder({ data_folder }: SynapseConfigParams, { container }: SynapseAnswers): string | undefined {
  const current = container && found(container);
  const folder = current && dataOf(current);
  return folder === data_folder ? undefined : folder;
}

function moved({ container, data_folder, server_name }: SynapseConfigParams, elsewhere: string): TaskError {
  return new TaskError(
    `the container ${container} has its data in ${elsewhere}, and ${data_folder} holds no homeserver.yaml: a homeserver without users and with another key would take its place`,
    `Set data_folder to ${elsewhere}; or stop the container and move the folder; or remove the container, if ${server_name} shall begin anew.`,
  );
}

function generate(params: SynapseConfigParams, place: SynapsePlace): Change {
  const { server_name: serverName, report_stats: reportStats, image } = params;
  // What can be known to be wrong already is refused before anything is written.
  checkKeys(Object.keys(params.settings), undefined);
  checkConfiguration(mergedData({}, settingsOf(params)));
  return {
    summary: `generate homeserver.yaml for ${serverName}`,
    commands: [generateCommand(place, { image, serverName, reportStats })],
    writes: [`file:${params.data_folder}`],
    staged: true,
  };
}

interface Log {
  readonly path: string;
  readonly before: string | undefined;
  readonly text: string;
}

/** The log configuration that must be written: none where what is there means the same. */
function newLog({ log_config }: SynapseConfigParams, { log }: SynapseAnswers): Log | undefined {
  if (!log || log_config === undefined) return undefined;
  const { text: before } = log.content;
  if (typeof log_config === 'string') {
    const text = log_config.endsWith('\n') ? log_config : `${log_config}\n`;
    return text === before ? undefined : { path: log.path, before, text };
  }
  const data = plainData(log_config);
  if (before !== undefined && isDeepStrictEqual(meaningOf(before), data)) return undefined;
  return { path: log.path, before, text: writeYaml(mergedData({}, log_config)) };
}

function meaningOf(text: string): unknown {
  try {
    return readYaml(text).data;
  } catch {
    return undefined;
  }
}

interface Wanted {
  readonly candidate: Candidate;
  readonly log: Log | undefined;
}

function configure(params: SynapseConfigParams, place: SynapsePlace, answers: SynapseAnswers, { candidate, log }: Wanted): Change {
  const names = [...candidate.changed, ...(log ? ['the log configuration'] : [])];
  const running = place.container !== undefined && answers.container && found(answers.container)?.running;
  const imageFound = found(answers.image);
  const isAccepted = candidate.text === candidate.before || answers.validation?.state === 'accepted';
  const command =
    isAccepted && imageFound
      ? configureCommand(place, { ...candidate, image: params.image, imageId: imageFound.id, log })
      : withDocker(sh`${raw(requireImage(params.image))}
echo ${`The new homeserver.yaml could not be checked by ${params.image}, and was not put in place: ${answers.validation?.state === 'not run' ? answers.validation.reason : 'the image was not there when it was asked'}`} >&2
exit ${explainsItself}`);
  return {
    summary: `configure Synapse: ${names.join(', ')}${running ? ` (restarts container ${params.container})` : ''}`,
    diff: diffOf(params, candidate, log),
    commands: [command],
    writes: running ? ['*'] : [`file:${params.data_folder}`],
    staged: true,
  };
}

/** The difference of one file, or of both in one text, each under its name. A text that holds secrets is one, of which the rest is shown. */
function diffOf({ data_folder }: SynapseConfigParams, { before, text }: Candidate, log: Log | undefined): Diff {
  const path = `${data_folder}/homeserver.yaml`;
  if (log && before === text) return { label: log.path, ...(log.before !== undefined && { before: log.before }), after: log.text };
  const secrets = [...secretsIn(before), ...secretsIn(text)];
  const shown = (configuration: string, logText = '') => {
    const whole = log ? `# ${path}\n${configuration.replace(/\n?$/, '\n')}# ${log.path}\n${logText}` : configuration;
    return secretIf(secrets.length > 0, whole);
  };
  return { label: log ? `${path} and ${log.path}` : path, before: shown(before, log?.before), after: shown(text, log?.text), secrets };
}

/** Files of Synapse's whose mode lets others in, or that belong to somebody else. Stricter modes stay. */
function tighten(place: SynapsePlace, { files, log, signingKey }: SynapseAnswers, isRewritten: boolean): readonly Change[] {
  const written = new Set(isRewritten ? [`${place.dataFolder}/homeserver.yaml`, log?.path] : []);
  return [...files].flatMap(([path, file]) => {
    if (!file.exists || file.type !== 'file' || written.has(path) || isTight(place, file)) return [];
    const mode = path === signingKey ? modes.key : modes.configuration;
    return [
      {
        summary: `set owner and mode of ${path} to ${place.uid}:${place.gid} ${mode} (was ${file.uid}:${file.gid} ${file.mode})`,
        commands: [tightenCommand(place, path, mode)],
        writes: [`file:${path}`],
      },
    ];
  });
}

function isTight({ uid, gid }: SynapsePlace, file: Extract<FileAnswer, { exists: true }>): boolean {
  return file.uid === uid && file.gid === gid && (Number.parseInt(file.mode, 8) & ~Number.parseInt(modes.configuration, 8)) === 0;
}
