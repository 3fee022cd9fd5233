import { type Container, capability, published, volume } from '../../questions/container.ts';
import { type Healthcheck, type Image, imageName } from '../../questions/image.ts';
import { quote } from '../../values/command.ts';
import type { ContainerParams } from './container-params.ts';
import { pairsOf } from './docker.ts';

/** One property in which a container is not as it shall be. Values of the environment that are there are not shown: they may be secret. */
export interface Difference {
  readonly property: string;
  readonly wanted: string;
  readonly is: string;
}

/** Ports as a container shows them. */
export function portsOf({ ports, published_ports }: ContainerParams): readonly string[] {
  return (published_ports ?? ports ?? []).map(publishedPort).sort();
}

function publishedPort(text: string): string {
  const [, address = '', host = '', port = ''] = /^(?:(\d+\.[\d.]+|\[[^\]]*\]):)?(?:(\d+):)?(\d+(?:\/\w+)?)$/.exec(text) ?? [];
  return published(port, address.replace(/^\[|\]$/g, ''), host);
}

/** The words that `docker create` is given as `--entrypoint` and after the image: it takes one word as the entry point, the others lead the command. */
export function programOf({ entrypoint, command }: ContainerParams): { readonly entrypoint?: string; readonly command?: readonly string[] } {
  if (entrypoint === undefined || entrypoint.length === 0) return { ...(command && { command }) };
  const [first = '', ...rest] = entrypoint;
  return { entrypoint: first, command: [...rest, ...(command ?? [])] };
}

/** The health check's command as Docker's shell form takes it; undefined for the image's own. */
export function healthCommand({ healthcheck }: ContainerParams): string | undefined {
  const test = healthcheck?.test;
  if (test === undefined || typeof test === 'string') return test;
  const [first = '', ...rest] = test;
  if (first === 'NONE') return first;
  if (first === 'CMD-SHELL') return rest.join(' ');
  return (first === 'CMD' ? rest : test).map(quote).join(' ');
}

const nanoseconds: { readonly [unit: string]: number } = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

function inNanoseconds(duration: string): number {
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, number = '0', unit = 's']) => sum + Number(number) * (nanoseconds[unit] ?? 0),
    0,
  );
}

const bytes: { readonly [unit: string]: number } = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function inBytes(size: string): number {
  const unit = size.slice(-1).toLowerCase();
  return Number.parseInt(size, 10) * (bytes[unit] ?? 1);
}

/**
 * What is different about a container that exists. What is not declared shall be as Docker and the image have it, but for the logging
 * driver, security options and stop timeout, whose defaults are the engine's own. What comes from the image is compared only if `image`
 * is known and the container is made of it: another image explains other defaults.
 */
export function differences(params: ContainerParams, container: Container, image: Image | undefined): readonly Difference[] {
  const isSameImage = image ? image.id === container.image : imageName(container.imageName).reference === imageName(params.image ?? '').reference;
  const inherited = image && isSameImage ? image : undefined;
  return [
    ...(isSameImage ? [] : [{ property: 'image', wanted: params.image ?? '', is: describeImage(params, container) }]),
    ...list('ports', portsOf(params).map(withoutTcp), container.ports.map(withoutTcp)),
    ...list('volumes', params.volumes.map(volume).sort(), container.volumes),
    ...list('tmpfs', [...params.tmpfs].sort(), container.tmpfs),
    ...environment(params, container, inherited),
    ...program(params, container, inherited),
    ...(params.user === undefined && !inherited ? [] : scalar('user', params.user ?? inherited?.user ?? '', container.user)),
    ...networks(params, container),
    ...labels(params, container, inherited),
    ...health(params, container, inherited),
    ...(params.log_driver === undefined ? [] : scalar('log_driver', params.log_driver, container.logDriver)),
    ...(params.log_options === undefined
      ? []
      : list('log_options', pairsOf(params.log_options).toSorted(), pairsOf(container.logOptions).toSorted())),
    ...scalar('read_only', params.read_only, container.readOnly),
    ...scalar('privileged', params.privileged, container.privileged),
    ...scalar('init', params.init, container.init),
    ...list('cap_drop', params.cap_drop.map(capability).sort(), container.capDrop),
    ...list('capabilities', params.capabilities.map(capability).sort(), container.capAdd),
    ...(params.security_opts === undefined ? [] : list('security_opts', [...params.security_opts].sort(), container.securityOptions)),
    ...list(
      'etc_hosts',
      Object.entries(params.etc_hosts)
        .map(([name, address]) => `${name}:${address}`)
        .sort(),
      container.extraHosts,
    ),
    ...scalar('memory', params.memory === undefined ? 0 : inBytes(params.memory), container.memory),
    ...(params.stop_timeout === undefined ? [] : scalar('stop_timeout', params.stop_timeout, container.stopTimeout ?? 10)),
  ];
}

/** Whether only the restart policy differs, which Docker changes in place. */
export function policyDiffers(params: ContainerParams, { restartPolicy, restartRetries }: Container): boolean {
  return params.restart_policy !== restartPolicy || (params.restart_policy === 'on-failure' && params.restart_retries !== restartRetries);
}

function describeImage({ image = '' }: ContainerParams, container: Container): string {
  const isNameSame = imageName(container.imageName).reference === imageName(image).reference;
  // The same name for another image: only its id tells them apart.
  return isNameSame ? `another one of that name, ${container.image.slice('sha256:'.length, 'sha256:'.length + 12)}` : container.imageName;
}

function withoutTcp(port: string): string {
  return port.replace(/\/tcp$/, '');
}

function scalar(property: string, wanted: string | number | boolean, is: string | number | boolean): readonly Difference[] {
  return wanted === is ? [] : [{ property, wanted: String(wanted) || 'none', is: String(is) || 'none' }];
}

function list(property: string, wanted: readonly string[], is: readonly string[]): readonly Difference[] {
  const shown = (entries: readonly string[]) => entries.join(' ') || 'none';
  return JSON.stringify(wanted) === JSON.stringify(is) ? [] : [{ property, wanted: shown(wanted), is: shown(is) }];
}

function environment(params: ContainerParams, container: Container, inherited: Image | undefined): readonly Difference[] {
  const is = byName(container.env);
  const wanted = new Map([...byName(inherited?.env ?? []), ...Object.entries(params.env)]);
  const changed = [...wanted].filter(([name, value]) => is.get(name) !== value);
  // Without the image it is not known which of the others come from it.
  const surplus = inherited ? [...is.keys()].filter((name) => !wanted.has(name)) : [];
  return [
    ...changed.map(([name, value]) => ({ property: `env ${name}`, wanted: value, is: is.has(name) ? 'another value' : 'none' })),
    ...surplus.map((name) => ({ property: `env ${name}`, wanted: 'none', is: 'a value' })),
  ];
}

function byName(env: readonly string[]): ReadonlyMap<string, string> {
  return new Map(env.map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]));
}

function program(params: ContainerParams, container: Container, inherited: Image | undefined): readonly Difference[] {
  const { entrypoint, command } = programOf(params);
  const wantedEntrypoint = entrypoint === undefined ? inherited?.entrypoint : [entrypoint];
  const wantedCommand = command ?? (entrypoint === undefined ? inherited?.command : []);
  return [
    ...(wantedEntrypoint === undefined ? [] : list('entrypoint', wantedEntrypoint, container.entrypoint)),
    ...(wantedCommand === undefined ? [] : list('command', wantedCommand, container.command)),
  ];
}

function networks(params: ContainerParams, container: Container): readonly Difference[] {
  const names = params.networks.map(({ name }) => name);
  const wanted = names.length > 0 ? names : [params.network_mode ?? 'bridge'];
  const is = container.networks.map(({ name }) => name);
  const missing = params.networks.flatMap(({ name, aliases }) => {
    const has = container.networks.find((one) => one.name === name)?.aliases ?? [];
    return aliases.filter((alias) => !has.includes(alias)).map((alias) => `${name}/${alias}`);
  });
  const differing = list('networks', [...wanted].sort(), [...is].sort());
  return differing.length > 0 || missing.length === 0 ? differing : [{ property: 'network aliases', wanted: missing.join(' '), is: 'none' }];
}

/** Only the labels that differ are named: an image may bring many. */
function labels(params: ContainerParams, container: Container, inherited: Image | undefined): readonly Difference[] {
  const wanted = pairsOf({ ...inherited?.labels, ...params.labels }).toSorted();
  // Without the image it is not known which of the others come from it.
  const is = pairsOf(container.labels)
    .toSorted()
    .filter((pair) => inherited || (pair.split('=', 1)[0] ?? '') in params.labels);
  return list(
    'labels',
    wanted.filter((pair) => !is.includes(pair)),
    is.filter((pair) => !wanted.includes(pair)),
  );
}

function health(params: ContainerParams, container: Container, inherited: Image | undefined): readonly Difference[] {
  if (!inherited && !params.healthcheck) return [];
  const command = healthCommand(params);
  const { interval, timeout, start_period, retries } = params.healthcheck ?? {};
  if (command === 'NONE') return list('healthcheck', ['NONE'], container.healthcheck?.Test ?? []);
  const wanted: Healthcheck = {
    ...inherited?.healthcheck,
    ...(command !== undefined && { Test: ['CMD-SHELL', command] }),
    ...(interval !== undefined && { Interval: inNanoseconds(interval) }),
    ...(timeout !== undefined && { Timeout: inNanoseconds(timeout) }),
    ...(start_period !== undefined && { StartPeriod: inNanoseconds(start_period) }),
    ...(retries !== undefined && { Retries: retries }),
  };
  const is = container.healthcheck ?? {};
  return list('healthcheck', describeHealth(wanted, wanted), describeHealth(is, inherited ? is : wanted));
}

/** The fields of a health check as text, as far as `mask` has them. */
function describeHealth(check: Healthcheck, mask: Healthcheck): readonly string[] {
  const times = (['Interval', 'Timeout', 'StartPeriod', 'Retries'] as const).flatMap((field) => {
    const value = mask[field] ? (check[field] ?? 0) : 0;
    return value === 0 ? [] : [`${field}=${field === 'Retries' ? value : `${value / 1e9}s`}`];
  });
  return [...(mask.Test ? (check.Test ?? []) : []), ...times];
}
