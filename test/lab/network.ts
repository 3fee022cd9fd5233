// One network a lab: its addresses, and which address of this machine's loopback stands for which host.

import { createServer } from 'node:net';
import { type Docker, label } from './docker.ts';
import { attempt, run } from './run.ts';

export interface Network {
  /** The network's name in the engine. */
  readonly name: string;
  /** 1 to 250, different for each lab on this machine. */
  readonly index: number;
  /** This machine's address in the network. */
  readonly gateway: string;
  /** The network's addresses, `10.213.N.0/24`. */
  readonly subnet: string;
}

/** Ports of a host that are reachable from this machine. */
export const publishedPorts: readonly number[] = [22, 80, 443, 8448];

/** The lab's network; made when it is not there. The first free number wins, also with several labs starting at once. */
export async function openNetwork(engine: Docker, lab: string): Promise<Network> {
  const name = networkName(lab);
  const present = await gatewayOf(engine, lab);
  if (present !== undefined) return network(name, Number(present.split('.')[2]));
  for (let index = 1; index <= 250; index += 1) {
    const { gateway, subnet } = network(name, index);
    const addresses = ['--subnet', subnet, '--gateway', gateway];
    const made = await attempt([engine.client, 'network', 'create', '--label', `${label}=${lab}`, ...addresses, name]);
    if (made.code === 0) return network(name, index);
    if (!/overlap/i.test(made.stderr)) throw new Error(`docker network create ${name}: ${made.stderr.trim()}`);
  }
  throw new Error('all 250 networks of labs (10.213.1.0/24 to 10.213.250.0/24) are taken: remove a lab');
}

/** The gateway of a lab's network; undefined when there is no such network. */
export async function gatewayOf(engine: Docker, lab: string): Promise<string | undefined> {
  const format = '{{range .IPAM.Config}}{{.Gateway}}{{end}}';
  const present = await attempt([engine.client, 'network', 'inspect', '--format', format, networkName(lab)]);
  return present.code === 0 ? present.stdout.trim() : undefined;
}

export async function removeNetwork(engine: Docker, lab: string): Promise<void> {
  const name = networkName(lab);
  if ((await attempt([engine.client, 'network', 'inspect', name])).code === 0) {
    await run([engine.client, 'network', 'rm', name]);
  }
}

/** The address of a host inside the lab. */
export function labAddress(network: Network, number: number): string {
  return `10.213.${network.index}.${10 + number}`;
}

/** The address of this machine's loopback on which a host's ports are published. */
export function loopbackAddress(network: Network, number: number): string {
  return `127.0.${network.index}.${number}`;
}

/** Whether the published ports are free on an address; a server of this machine that listens on all addresses takes them. */
export async function portsAreFree(address: string): Promise<boolean> {
  const free = await Promise.all(publishedPorts.map((port) => canListen(address, port)));
  return free.every(Boolean);
}

function networkName(lab: string): string {
  return `homerun-${lab}`;
}

function network(name: string, index: number): Network {
  return { name, index, gateway: `10.213.${index}.1`, subnet: `10.213.${index}.0/24` };
}

async function canListen(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
