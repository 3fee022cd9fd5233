// The lab: real hosts on this machine, and what stands in for the outside world where that cannot be reached. Used by the demo
// and by the tests alike.

import { mkdirSync, rmSync } from 'node:fs';
import { type Authority, openAuthority } from './authority.ts';
import { prepareBaked, startBaked } from './baked.ts';
import { type Codename, usualRelease } from './distributions.ts';
import { type Docker, docker, findDocker, label } from './docker.ts';
import { prepareMachine } from './engine.ts';
import { execute, reachableAddress, removeContainer, startHost } from './hosts.ts';
import { baseImage } from './images.ts';
import { takeTurn } from './lock.ts';
import { mailServerName } from './mail-server.ts';
import { gatewayOf, labAddress, type Network, openNetwork, removeNetwork } from './network.ts';
import { startOutside, stopOutside } from './outside.ts';
import { labDirectory } from './places.ts';
import { probe, type StandInPolicy } from './reachable.ts';
import { stopRegistry } from './registry.ts';
import { attempt, type Output } from './run.ts';
import { type Say, sideBySide, stage } from './stage.ts';
import { identityFile, knownHostsFile, type LabState, labNames, newUsers, openIdentity, readState, writeKnownHosts, writeState } from './state.ts';
import { prepareSupplies, type Supplies } from './supplies.ts';
import { synapseVersions as knownSynapseVersions } from './synapse.ts';
import type { HostRequest, Lab, LabHost } from './types.ts';

export interface LabOptions {
  /** Labs of different names live side by side: letters, digits and hyphens. */
  readonly name: string;
  /** Hosts of an earlier call stay as they are, whether they are named here or not. */
  readonly hosts: readonly HostRequest[];
  /** What stands in for the outside world; default `auto`: only what cannot be reached. */
  readonly standIns?: StandInPolicy;
  /** Versions of Synapse that hosts can pull; default the newest that the lab knows. */
  readonly synapseVersions?: readonly string[];
  /** Names outside of the lab that a program on this machine answers for, over https with the lab's certificate: host name → its port on the loopback. */
  readonly forwards?: Readonly<Record<string, number>>;
  /** Whether hosts can pull an image of PostgreSQL (`postgresImage`); default not. */
  readonly postgres?: boolean;
  /** Makes the image of plain hosts over; default: they are as plain as can be. Called with the image that they would have. */
  readonly plainImage?: (engine: Docker, image: string) => Promise<string>;
  /** Gets a line for each stage; default: nothing is said. */
  readonly say?: Say;
}

/**
 * Starts a lab, or what is missing of it: the same call again takes seconds and changes nothing.
 * @throws Error that says which stage failed and what the failing command printed
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { name } = options;
  const say = options.say ?? (() => undefined);
  // A lab that is being started counts as one that is there: another one's end does not stop what they share.
  mkdirSync(labDirectory(name), { recursive: true });
  const before = readState(name);
  const { engine, authority, supplies } = await prepareShared(options, otherReleases([...(before?.hosts ?? []), ...options.hosts]), say);
  for (const { standsFor, what, why } of supplies.standIns) say(`  stand-in for ${standsFor}: ${what} (${why})`);

  const network = await openNetwork(engine, name);
  const identity = await openIdentity(name);
  const users = before?.users ?? newUsers();
  const hosts = await allHosts(name, network, before?.hosts ?? [], options.hosts);
  const { documents, synapseImages, releases, standIns } = supplies;
  const forwards = { ...supplies.forwards, ...options.forwards };
  const state = { hosts, users, synapseImages, releases, standIns };
  writeState(name, state);
  const records = lookUps(network, hosts, [...Object.keys(documents), ...Object.keys(forwards), mailServerName]);
  await startOutside(name, authority, { address: network.gateway, records, documents, forwards });

  const plainImages = new Map<Codename, string>();
  for (const [release, image] of supplies.hostImages) plainImages.set(release, (await options.plainImage?.(engine, image)) ?? image);
  const settings = { lab: name, network, image: imageOf(supplies.hostImages, usualRelease), publicKey: identity.publicKey, users };
  const baked = hosts.some((host) => host.kind === 'baked') ? prepareBaked(engine, settings, supplies, say) : undefined;
  const keys = new Map<LabHost, readonly string[]>();
  const start = async (host: LabHost): Promise<void> => {
    if (host.kind === 'baked' && baked !== undefined) keys.set(host, await startBaked(engine, host, settings, await baked));
    else keys.set(host, await startHost(engine, host, { ...settings, image: imageOf(plainImages, host.release ?? usualRelease) }));
  };
  await sideBySide([supplies.published, ...hosts.map((host) => stage(say, `host ${host.name} (${host.kind})`, () => start(host)))]);
  writeKnownHosts(name, new Map(hosts.map((host) => [host, keys.get(host) ?? []])));
  return asLab(name, state, engine, network, authority);
}

/** A lab that was started before, also by another process; undefined when there is none. */
export async function openLab(name: string): Promise<Lab | undefined> {
  const state = readState(name);
  const engine = await findDocker();
  if (state === undefined || engine === undefined || (await gatewayOf(engine, name)) === undefined) return undefined;
  return asLab(name, state, engine, await openNetwork(engine, name), await openAuthority());
}

/** Runs a POSIX shell script as root on a host, past SSH. */
export async function onHost(lab: Lab, host: string, script: string): Promise<Output> {
  return execute(lab.engine, hostNamed(lab, host).container, script);
}

/** @throws Error when the lab has no such host */
export function hostNamed(lab: Lab, name: string): LabHost {
  const host = lab.hosts.find((one) => one.name === name);
  if (host === undefined) throw new Error(`the lab ${lab.name} has no host ${name}`);
  return host;
}

/** Switches a host off, as by its power button: nothing of it answers any more. */
export async function switchOff(lab: Lab, host: string): Promise<void> {
  await docker(lab.engine, ['stop', '-t', '5', hostNamed(lab, host).container]);
}

/** Removes a lab: containers with their volumes, network, keys. Does nothing when there is none. */
export async function removeLab(name: string): Promise<void> {
  const engine = await findDocker();
  if (engine !== undefined) {
    const listed = await docker(engine, ['ps', '-aq', '--filter', `label=${label}=${name}`]);
    const containers = listed.split('\n').filter((id) => id !== '');
    await sideBySide(containers.map((container) => removeContainer(engine, container)));
    await removeVolumes(engine, name);
    const gateway = await gatewayOf(engine, name);
    if (gateway !== undefined) await stopOutside(gateway, await openAuthority());
    await removeNetwork(engine, name);
  }
  rmSync(labDirectory(name), { recursive: true, force: true });
  if (labNames().length === 0) stopRegistry();
}

/** Removes the images that labs are made from: the next start is a cold one. Labs that run keep theirs. */
export async function removeImages(): Promise<void> {
  const engine = await findDocker();
  if (engine === undefined) return;
  const listed = await docker(engine, ['image', 'ls', '-q', '--filter', `label=${label}=image`]);
  for (const id of new Set(listed.split('\n').filter((line) => line !== ''))) {
    await attempt([engine.client, 'image', 'rm', '-f', id]);
  }
  await removeVolumes(engine, 'image');
}

async function removeVolumes(engine: Docker, of: string): Promise<void> {
  const listed = await docker(engine, ['volume', 'ls', '-q', '--filter', `label=${label}=${of}`]);
  for (const volume of listed.split('\n').filter((line) => line !== '')) await docker(engine, ['volume', 'rm', volume]);
}

interface Shared {
  readonly engine: Docker;
  readonly authority: Authority;
  readonly supplies: Supplies;
}

// What all labs of this clone share, made by one process at a time.
async function prepareShared(options: LabOptions, others: readonly Codename[], say: Say): Promise<Shared> {
  const endTurn = await takeTurn('shared', say);
  try {
    const title = 'this machine: Docker engine, tools, and what it can reach';
    const [engine, reachable] = await stage(say, title, () => sideBySide([prepareMachine(say), probe(options.standIns ?? 'auto')]));
    const authority = await openAuthority();
    const base = baseImage(engine, reachable.registry, say);
    const synapseVersions = options.synapseVersions ?? knownSynapseVersions.slice(0, 1);
    const supplies = await prepareSupplies(engine, {
      authority,
      reachable,
      synapseVersions,
      postgres: options.postgres ?? false,
      otherReleases: others,
      base,
      say,
    });
    supplies.published.then(endTurn, endTurn);
    return { engine, authority, supplies };
  } catch (error) {
    endTurn();
    throw error;
  }
}

/** Releases that hosts run besides the usual one. */
function otherReleases(hosts: readonly HostRequest[]): Codename[] {
  const releases = hosts.map((host) => host.release ?? usualRelease);
  return [...new Set(releases)].filter((release) => release !== usualRelease).toSorted();
}

function imageOf(images: ReadonlyMap<Codename, string>, release: Codename): string {
  const image = images.get(release);
  if (image === undefined) throw new Error(`the lab has made no image of ${release}`);
  return image;
}

function asLab(name: string, state: LabState, engine: Docker, network: Network, authority: Authority): Lab {
  const files = { directory: labDirectory(name), identityFile: identityFile(name), knownHostsFile: knownHostsFile(name) };
  return { ...state, ...files, name, engine, network, authority };
}

// Which name has which address in the lab: each host's own names, and the outside world's at the gateway.
function lookUps(network: Network, hosts: readonly LabHost[], outside: readonly string[]): Record<string, string> {
  const own = hosts.flatMap((host) => [host.serverName, ...host.names].map((name) => [name.toLowerCase(), host.labAddress]));
  return Object.fromEntries([...outside.map((name) => [name, network.gateway]), ...own]);
}

async function allHosts(lab: string, network: Network, present: readonly LabHost[], requests: readonly HostRequest[]): Promise<LabHost[]> {
  const known = new Set(present.map((host) => host.name));
  const first = Math.max(0, ...present.map((host) => host.number)) + 1;
  const added = requests.filter((request) => !known.has(request.name));
  return [...present, ...(await Promise.all(added.map((request, index) => newHost(lab, network, request, first + index))))];
}

async function newHost(lab: string, network: Network, request: HostRequest, number: number): Promise<LabHost> {
  const inside = labAddress(network, number);
  if (request.kind === 'baked' && (request.release ?? usualRelease) !== usualRelease) {
    throw new Error(`the host ${request.name} cannot be baked: only hosts of ${usualRelease} are, and it shall run ${request.release}`);
  }
  return {
    name: request.name,
    serverName: request.serverName ?? `${request.name}.lab.test`,
    names: request.names ?? [],
    kind: request.kind ?? 'plain',
    ...(request.release !== undefined && { release: request.release }),
    number,
    container: `homerun-${lab}-${request.name}`,
    address: await reachableAddress(network, number, inside),
    labAddress: inside,
  };
}
