import { type Container, container } from '../../questions/container.ts';
import { type ContentAnswer, content } from '../../questions/content.ts';
import type { DockerAnswer } from '../../questions/docker.ts';
import { type FileAnswer, file } from '../../questions/file.ts';
import { type Image, image } from '../../questions/image.ts';
import { type Asking, ask } from '../../questions/question.ts';
import { type SynapseValidation, synapseValidation } from '../../questions/synapse-validation.ts';
import { TaskError } from '../../values/errors.ts';
import { found } from './docker.ts';
import { type Candidate, candidateOf } from './synapse-candidate.ts';
import { checkConfiguration, checkListeners } from './synapse-checks.ts';
import type { SynapseConfigParams } from './synapse-params.ts';
import { previousPath } from './synapse-script.ts';

/** Everything that is known of a homeserver's configuration before deciding. */
export interface SynapseAnswers {
  readonly image: DockerAnswer<Image>;
  readonly container?: DockerAnswer<Container>;
  /** What an interrupted run has left. */
  readonly interrupted: FileAnswer;
  /** Absent: there is no homeserver.yaml yet. */
  readonly configuration?: Candidate;
  /** By path on the host; only what is in the data folder. */
  readonly files: ReadonlyMap<string, FileAnswer>;
  readonly log?: { readonly path: string; readonly content: ContentAnswer };
  readonly signingKey?: string;
  /** Asked only where the configuration changes and the image is there. */
  readonly validation?: SynapseValidation;
}

/**
 * Asks in one step what a homeserver usually has, in a second one what its homeserver.yaml names elsewhere, and at last the image about a new
 * file, if there is one. @throws TaskError when it is refused here already.
 */
export function* askSynapse(params: SynapseConfigParams): Asking<SynapseAnswers> {
  const path = `${params.data_folder}/homeserver.yaml`;
  const usual = usualPaths(params);
  const first = yield* ask({
    configuration: content(path),
    configuration_file: file(path, { digest: false }),
    log_config_file: file(usual.log, { digest: false }),
    signing_key: file(usual.signingKey, { digest: false }),
    interrupted: file(previousPath({ dataFolder: params.data_folder }), { digest: false }),
    image: image(params.image),
    ...(params.log_config !== undefined && { log_config: content(usual.log) }),
    ...(params.container !== undefined && { container: container(params.container) }),
  });
  const known = { image: first.image, interrupted: first.interrupted, ...(first.container && { container: first.container }) };
  if (!first.configuration_file.exists && first.configuration_file.isHidden) {
    throw new TaskError(`${params.data_folder} may not be entered by this user`, 'Add `become: true` to the task or the play.');
  }
  const before = textOf(path, first.configuration);
  if (before === undefined) return { ...known, files: new Map() };
  const configuration = candidateOf(params, before);
  const asked: Asked = {
    files: new Map([
      [path, first.configuration_file],
      [usual.log, first.log_config_file],
      [usual.signingKey, first.signing_key],
    ]),
    contents: new Map(first.log_config ? [[usual.log, first.log_config]] : []),
  };
  const answers = { ...known, ...(yield* askNamed(params, configuration, asked)), configuration };
  if (configuration.text === before) return answers;
  checkConfiguration(configuration.data);
  const running = first.container && found(first.container);
  if (running?.running && params.container !== undefined && configuration.changed.includes('listeners'))
    checkListeners(configuration.data, params.container, running.ports);
  checkNamed(params, configuration, answers.files);
  if (!found(first.image)) return answers;
  const { validation } = yield* askImage(params, configuration);
  return { ...answers, validation };
}

function* askImage(params: SynapseConfigParams, { changed, text }: Candidate) {
  const { image: name, data_folder: dataFolder, volumes, uid, gid } = params;
  const declared = Object.keys(params.settings);
  const likely = declared.filter((key) => changed.some((one) => one.split('.')[0] === key));
  const suspects = [...new Set([...likely, ...declared])];
  return yield* ask({ validation: synapseValidation({ image: name, dataFolder, volumes, uid, gid, suspects }, text) });
}

/** What the image's `generate` calls these files. */
function usualPaths({ data_folder, server_name }: SynapseConfigParams): { readonly log: string; readonly signingKey: string } {
  return { log: `${data_folder}/${server_name}.log.config`, signingKey: `${data_folder}/${server_name}.signing.key` };
}

function textOf(path: string, { exists, problem, text, truncated }: ContentAnswer): string | undefined {
  if (!exists) return undefined;
  if (problem === 'permission denied') throw new TaskError(`${path} may not be read by this user`, 'Add `become: true` to the task or the play.');
  if (problem || truncated || text === undefined)
    throw new TaskError(`${path} is no text file that could be a configuration`, 'Look what it is, and move it away.');
  return text;
}

/** Where a path of the container is on the host; undefined outside of the data folder. */
function onHost({ data_folder }: SynapseConfigParams, path: unknown): string | undefined {
  return typeof path === 'string' && path.startsWith('/data/') && !path.split('/').includes('..')
    ? data_folder + path.slice('/data'.length)
    : undefined;
}

type Named = Pick<SynapseAnswers, 'files' | 'log' | 'signingKey'>;

/** What is known by path. */
interface Asked {
  readonly files: ReadonlyMap<string, FileAnswer>;
  readonly contents: ReadonlyMap<string, ContentAnswer>;
}

/** Asks for the files that homeserver.yaml names, unless they have been asked for already. */
function* askNamed(params: SynapseConfigParams, { data }: Candidate, asked: Asked): Asking<Named> {
  const log = onHost(params, data['log_config']);
  const signingKey = onHost(params, data['signing_key_path']);
  if (params.log_config !== undefined && log === undefined) {
    throw new TaskError(
      `homeserver.yaml: log_config: ${JSON.stringify(data['log_config'])} is not below /data, so the log configuration cannot be put there`,
      'Set log_config to a path below /data, or leave out the parameter log_config.',
    );
  }
  const services: readonly unknown[] = Array.isArray(data['app_service_config_files']) ? data['app_service_config_files'] : [];
  const named = [log, signingKey, ...services.map((path) => onHost(params, path))].filter((path) => path !== undefined);
  const others = named.filter((path) => !asked.files.has(path));
  const answers = yield* ask(Object.fromEntries(others.map((path, index) => [`named_${index}`, file(path, { digest: false })])));
  const files = new Map(
    [...asked.files, ...others.flatMap((path, index) => entryOf(path, answers[`named_${index}`]))].filter(
      ([path]) => named.includes(path) || path.endsWith('/homeserver.yaml'),
    ),
  );
  if (log === undefined || params.log_config === undefined) return { files, ...(signingKey && { signingKey }) };
  const logContent = asked.contents.get(log) ?? (yield* ask({ named_log_config: content(log) })).named_log_config;
  return { files, log: { path: log, content: logContent }, ...(signingKey && { signingKey }) };
}

function entryOf(path: string, answer: FileAnswer | undefined): readonly (readonly [string, FileAnswer])[] {
  return answer ? [[path, answer]] : [];
}

/** Synapse's own check does not look whether these files are there; it exits at start, or does worse. */
function checkNamed(params: SynapseConfigParams, { data }: Candidate, files: ReadonlyMap<string, FileAnswer>): void {
  const missing = (path: unknown) => files.get(onHost(params, path) ?? '')?.exists === false;
  if (params.log_config === undefined && missing(data['log_config'])) {
    throw new TaskError(
      `homeserver.yaml: log_config: ${String(data['log_config'])} is not there: Synapse would write one that logs to /homeserver.log, and not start`,
      'Give the log configuration with the parameter log_config.',
    );
  }
  if (missing(data['signing_key_path'])) {
    throw new TaskError(
      `homeserver.yaml: signing_key_path: ${String(data['signing_key_path'])} is not there: Synapse would make a new key, which other servers do not know`,
      'Put the key back from a backup.',
    );
  }
  const services: readonly unknown[] = Array.isArray(data['app_service_config_files']) ? data['app_service_config_files'] : [];
  for (const path of services) {
    if (missing(path))
      throw new TaskError(
        `homeserver.yaml: app_service_config_files: ${String(path)} is not there: Synapse would not start`,
        'Put the file there before (module copy or template), or leave it out.',
      );
  }
}
