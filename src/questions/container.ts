import * as z from 'zod';
import { checkObjectName, type DockerAnswer, inspecting, isOneOf } from './docker.ts';
import { type ImageDefaults, labels, readRunConfig, runConfig, texts } from './image.ts';
import { type Question, type QuestionKind, question } from './question.ts';

/** A network that a container is on. */
export interface ContainerNetwork {
  readonly name: string;
  /** Further names that it answers to there; without its own id, which old engines list. */
  readonly aliases: readonly string[];
}

/** A container, in the words and forms of `docker run`. Holds nothing that changes by itself while it runs; its health is not here. */
export interface Container extends ImageDefaults {
  readonly id: string;
  /** `sha256:…` of the image that it was made of. */
  readonly image: string;
  /** What that image was called then. */
  readonly imageName: string;
  /** True as well while it is paused, or restarting after a crash. */
  readonly running: boolean;
  readonly paused: boolean;
  /** `NAME=VALUE`, the image's included. Values may be secret: never shown. */
  readonly env: readonly string[];
  /** `[ADDRESS:]HOST-PORT:PORT/PROTOCOL`, sorted. The host port is empty where Docker chooses it. */
  readonly ports: readonly string[];
  /** `SOURCE:TARGET[:OPTIONS]` of folders and volumes, sorted; without `rw`, which is the default. */
  readonly volumes: readonly string[];
  readonly networks: readonly ContainerNetwork[];
  /** `default`, `bridge`, `host`, `none`, `container:…` or the first network. */
  readonly networkMode: string;
  readonly restartPolicy: string;
  readonly restartRetries: number;
  readonly logDriver: string;
  readonly logOptions: { readonly [name: string]: string };
  readonly readOnly: boolean;
  readonly privileged: boolean;
  readonly init: boolean;
  /** Without `CAP_`, in capitals, sorted. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** `PATH[:OPTIONS]`, sorted. */
  readonly tmpfs: readonly string[];
  readonly securityOptions: readonly string[];
  /** `NAME:ADDRESS`, sorted. */
  readonly extraHosts: readonly string[];
  /** Bytes; 0 is no limit. */
  readonly memory: number;
  /** Seconds between the request to stop and the kill; absent where Docker's default (10) holds. */
  readonly stopTimeout?: number;
}

export interface ContainerParams {
  readonly name: string;
}

/** One container of the host's Docker engine. @throws TypeError when Docker does not allow such a name. */
export function container(name: string): Question<DockerAnswer<Container>> {
  return question(containerKind, { name: checkObjectName(name) });
}

const fields: { readonly [name: string]: string } = {
  id: '.ID',
  image: '.Image',
  running: '.State.Running',
  paused: '.State.Paused',
  config: '.Config',
  binds: '.HostConfig.Binds',
  mounts: '.HostConfig.Mounts',
  ports: '.HostConfig.PortBindings',
  restart: '.HostConfig.RestartPolicy',
  log: '.HostConfig.LogConfig',
  mode: '.HostConfig.NetworkMode',
  readOnly: '.HostConfig.ReadonlyRootfs',
  privileged: '.HostConfig.Privileged',
  init: '.HostConfig.Init',
  capAdd: '.HostConfig.CapAdd',
  capDrop: '.HostConfig.CapDrop',
  tmpfs: '.HostConfig.Tmpfs',
  security: '.HostConfig.SecurityOpt',
  hosts: '.HostConfig.ExtraHosts',
  memory: '.HostConfig.Memory',
};

// The condition is needed because inspect also finds a container by the first digits of its id.
function format(names: readonly string[]): string {
  const json = Object.entries(fields).map(([name, field]) => `"${name}":{{json ${field}}},`);
  const networks = `"networks":[{{range $name, $endpoint := .NetworkSettings.Networks}}["{{$name}}",{{json $endpoint.Aliases}}],{{end}}null]`;
  return `{{if ${isOneOf(
    '.Name',
    names.map((name) => `/${name}`),
  )}}}{{.Name}} {${json.join('')}${networks}}{{end}}`;
}

/** What a container has of the host: the fields of its HostConfig. */
export const places = {
  binds: texts,
  mounts: z.array(z.object({ Type: z.string(), Source: z.string().optional(), Target: z.string(), ReadOnly: z.boolean().optional() })).nullish(),
  ports: z.record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullish()).nullish(),
};

const inspected = z.object({
  ...places,
  id: z.string().regex(/^[0-9a-f]{64}$/),
  image: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  running: z.boolean(),
  paused: z.boolean(),
  config: runConfig.extend({ Image: z.string(), StopTimeout: z.number().nullish() }),
  restart: z.object({ Name: z.string(), MaximumRetryCount: z.number() }),
  log: z.object({ Type: z.string(), Config: labels }),
  mode: z.string(),
  readOnly: z.boolean(),
  privileged: z.boolean(),
  init: z.boolean().nullish(),
  capAdd: texts,
  capDrop: texts,
  tmpfs: labels,
  security: texts,
  hosts: texts,
  memory: z.number(),
  networks: z.array(z.tuple([z.string(), texts]).nullable()),
});

export const containerKind: QuestionKind<ContainerParams, DockerAnswer<Container>> = inspecting({
  object: 'container',
  nameOf: ({ name }) => name,
  format,
  prefix: '/',
  seen: inspected,
  read: readContainer,
});

function readContainer(seen: z.output<typeof inspected>): Container {
  const { config } = seen;
  return {
    id: seen.id,
    image: seen.image,
    imageName: config.Image,
    running: seen.running,
    paused: seen.paused,
    ...readRunConfig(config),
    ...readPlaces(seen),
    networks: seen.networks
      .filter((network) => network !== null)
      .map(([name, aliases]) => ({ name, aliases: aliases.filter((alias) => !seen.id.startsWith(alias)) })),
    networkMode: seen.mode,
    restartPolicy: seen.restart.Name || 'no',
    restartRetries: seen.restart.MaximumRetryCount,
    logDriver: seen.log.Type,
    logOptions: seen.log.Config,
    readOnly: seen.readOnly,
    privileged: seen.privileged,
    init: seen.init ?? false,
    capAdd: seen.capAdd.map(capability).sort(),
    capDrop: seen.capDrop.map(capability).sort(),
    tmpfs: Object.entries(seen.tmpfs)
      .map(([path, options]) => (options ? `${path}:${options}` : path))
      .sort(),
    securityOptions: [...seen.security].sort(),
    extraHosts: [...seen.hosts].sort(),
    memory: seen.memory,
    ...(config.StopTimeout !== null && config.StopTimeout !== undefined && { stopTimeout: config.StopTimeout }),
  };
}

/** The ports and volumes of a container, in the forms of `Container`. */
export function readPlaces({ binds, mounts, ports }: z.output<z.ZodObject<typeof places>>): Pick<Container, 'ports' | 'volumes'> {
  return {
    ports: Object.entries(ports ?? {})
      .flatMap(([port, bindings]) => (bindings ?? []).map((binding) => published(port, binding.HostIp, binding.HostPort)))
      .sort(),
    volumes: [...binds.map(volume), ...(mounts ?? []).filter(({ Type }) => Type !== 'tmpfs').map(mounted)].sort(),
  };
}

/** A published port as `docker run -p` writes it. */
export function published(port: string, address: string, hostPort: string): string {
  const host = address === '' ? '' : `${address.includes(':') ? `[${address}]` : address}:`;
  return `${host}${hostPort}:${port.includes('/') ? port : `${port}/tcp`}`;
}

/** A bind or volume in its one form: no slash at the ends of paths, options sorted, without `rw`. */
export function volume(text: string): string {
  const [source = '', target = '', options = ''] = text.split(':');
  const kept = options.split(',').filter((option) => option !== '' && option !== 'rw');
  return [trimmed(source), trimmed(target), ...(kept.length > 0 ? [kept.sort().join(',')] : [])].join(':');
}

function mounted(mount: { readonly Source?: string | undefined; readonly Target: string; readonly ReadOnly?: boolean | undefined }): string {
  return volume(`${mount.Source ?? ''}:${mount.Target}${mount.ReadOnly ? ':ro' : ''}`);
}

function trimmed(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

/** `net_admin`, `CAP_NET_ADMIN` → `NET_ADMIN`. */
export function capability(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '');
}
