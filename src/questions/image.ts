import * as z from 'zod';
import { type DockerAnswer, inspecting, isOneOf } from './docker.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** The name of an image, taken apart. */
export interface ImageName {
  /** As Docker itself shows it: without `docker.io/` and `library/`. */
  readonly repository: string;
  /** Absent where a digest or an id is given alone. */
  readonly tag?: string;
  /** `sha256:…` of the manifest: the image can never be another one. */
  readonly digest?: string;
  /** What Docker lists the image under: `repository:tag`, `repository@digest`, or its id. The same image name gives the same one. */
  readonly reference: string;
}

const digestPattern = /^sha256:[0-9a-f]{64}$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^(?:(?:[A-Za-z0-9.-]+|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?/)?${component}(?:/${component})*$`);

/**
 * Reads `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]`, or an image's id `sha256:…`. Without tag and digest the tag is `latest`.
 * @throws Error with a sentence when it is none. Source: the grammar of references in Docker's distribution.
 */
export function imageName(text: string): ImageName {
  if (digestPattern.test(text)) return { repository: '', reference: text };
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !digestPattern.test(digest))) {
    throw new Error(`expected an image digest of the form sha256: and 64 hexadecimal digits, got ${JSON.stringify(text)}`);
  }
  const at = named.lastIndexOf(':');
  const hasTag = at > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(at + 1) : digest === undefined ? 'latest' : undefined;
  const repository = familiar(hasTag ? named.slice(0, at) : named);
  if (!repositoryPattern.test(repository) || (tag !== undefined && !tagPattern.test(tag))) {
    throw new Error(`expected the name of an image, such as docker.io/matrixdotorg/synapse:v1.163.2, got ${JSON.stringify(text)}`);
  }
  return {
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest && { digest }),
    reference: digest ? `${repository}@${digest}` : `${repository}:${tag}`,
  };
}

function familiar(repository: string): string {
  return repository.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\/(?=[^/]+$)/, '');
}

/** What an image says about the containers made of it: what they inherit. */
export interface ImageDefaults {
  readonly env: readonly string[];
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
  /** Empty for root. */
  readonly user: string;
  readonly labels: { readonly [name: string]: string };
  readonly healthcheck?: Healthcheck;
}

/** A health check as inspect shows it; durations in nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[] | undefined;
  readonly Interval?: number | undefined;
  readonly Timeout?: number | undefined;
  readonly StartPeriod?: number | undefined;
  readonly Retries?: number | undefined;
}

export interface Image extends ImageDefaults {
  /** `sha256:…` of its configuration: two images with the same id are the same. */
  readonly id: string;
  /** `repository@sha256:…` under which registries offer it, for the asked repository; empty for one that was never pulled. */
  readonly digests: readonly string[];
}

export interface ImageParams {
  readonly reference: string;
}

/** One image of the host's Docker engine. @param name as `imageName` reads it. @throws Error when it is no name of an image. */
export function image(name: string): Question<DockerAnswer<Image>> {
  return question(imageKind, { reference: imageName(name).reference });
}

/** A line for each asked reference that the image has, as inspect does not tell which name an image was found by. */
function format(references: readonly string[]): string {
  return references.map(formatOfOne).join('');
}

function formatOfOne(reference: string): string {
  const { repository, tag, digest } = imageName(reference);
  const digests = `[{{range $image.RepoDigests}}{{if ${isOneOf('(index (split . "@") 0)', [repository])}}}{{json .}},{{end}}{{end}}null]`;
  const line = `${reference} {"id":{{json $image.ID}},"digests":${digests},"config":{{json $image.Config}}}{{println}}`;
  if (tag === undefined && digest === undefined) return `{{$image := .}}{{if ${isOneOf('.ID', [reference])}}}${line}{{end}}`;
  return `{{$image := .}}{{range ${digest ? '.RepoDigests' : '.RepoTags'}}}{{if ${isOneOf('.', [reference])}}}${line}{{end}}{{end}}`;
}

/** Lists and mappings that Go may print as null. */
export const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
export const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});
const healthcheck = z.object({
  Test: z.array(z.string()).optional(),
  Interval: z.number().optional(),
  Timeout: z.number().optional(),
  StartPeriod: z.number().optional(),
  Retries: z.number().optional(),
});

/** `.Config` of an image, or of a container. */
export const runConfig = z.object({
  Env: texts,
  Cmd: texts,
  Entrypoint: texts,
  User: z.string().nullish(),
  Labels: labels,
  Healthcheck: healthcheck.nullish(),
});

/** The same in our words; of an image without one, nothing of each. */
export function readRunConfig(config: z.output<typeof runConfig> | null | undefined): ImageDefaults {
  return {
    env: config?.Env ?? [],
    command: config?.Cmd ?? [],
    entrypoint: config?.Entrypoint ?? [],
    user: config?.User ?? '',
    labels: config?.Labels ?? {},
    ...(config?.Healthcheck && { healthcheck: config.Healthcheck }),
  };
}

const inspected = z.object({
  id: z.string().regex(digestPattern),
  digests: z.array(z.string().nullable()).transform((list) => list.filter((digest) => digest !== null)),
  config: runConfig.nullish(),
});

export const imageKind: QuestionKind<ImageParams, DockerAnswer<Image>> = inspecting({
  object: 'image',
  nameOf: ({ reference }) => reference,
  format,
  seen: inspected,
  read: readImage,
});

function readImage({ id, digests, config }: z.output<typeof inspected>): Image {
  return { id, digests, ...readRunConfig(config) };
}
