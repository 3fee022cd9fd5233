// A site of the bench: so many hosts behind links of one delay, and what each tool needs to reach them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringifyYaml } from '../../src/language/yaml.ts';
import { parse } from '../../src/values/yaml-library.ts';
import type { Lab } from '../lab/types.ts';
import { type Links, openLinks } from './links.ts';
import { workload } from './workload.ts';

/** One host as the tools see it; several may be one machine, reached in several ways. */
export interface Endpoint {
  /** `h1`, `h2`, … */
  readonly name: string;
  /** The machine's name: what W1 writes on it. */
  readonly node: string;
  readonly port: number;
}

export interface Site {
  readonly folder: string;
  readonly endpoints: readonly Endpoint[];
  readonly links: Links;
  /** For homerun and Ansible. */
  readonly inventory: string;
  /** For pyinfra. */
  readonly pyinfraInventory: string;
  /** For ssh itself: `ssh -F CONFIG h1`. */
  readonly sshConfig: string;
  readonly knownHosts: string;
  readonly close: () => Promise<void>;
}

/**
 * Opens links to `count` hosts that share the machines of the lab, and writes inventories for them.
 * @param folder taken for this site alone
 * @param delay milliseconds each way
 */
export async function openSite(lab: Lab, { folder, count, delay }: { folder: string; count: number; delay: number }): Promise<Site> {
  mkdirSync(folder, { recursive: true });
  const machines = Array.from({ length: count }, (_, index) => machineOf(lab, index));
  const links = await openLinks(
    machines.map(({ address }) => ({ host: address, port: 22 })),
    delay,
  );
  const endpoints = machines.map(({ name }, index) => ({ name: `h${index + 1}`, node: name, port: links.ports[index] ?? 0 }));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const knownHosts = file('known_hosts', knownHostsOf(lab, endpoints));
  return {
    folder,
    endpoints,
    links,
    knownHosts,
    inventory: file('hosts.yaml', stringifyYaml(inventoryOf(lab, endpoints, knownHosts))),
    pyinfraInventory: file('inventory.py', pyinfraInventory(lab, endpoints, knownHosts)),
    sshConfig: file('ssh_config', sshConfig(lab, endpoints, knownHosts)),
    close: links.close,
  };
}

function machineOf(lab: Lab, index: number): Lab['hosts'][number] {
  const machine = lab.hosts[index % lab.hosts.length];
  if (machine === undefined) throw new Error(`the lab ${lab.name} has no hosts`);
  return machine;
}

/** The real keys of the machines, under the names that the links have. */
function knownHostsOf(lab: Lab, endpoints: readonly Endpoint[]): string {
  const lines = readFileSync(lab.knownHostsFile, 'utf8').split('\n');
  return endpoints
    .flatMap(({ port }, index) => {
      const { address } = machineOf(lab, index);
      const keys = lines.filter((line) => line.split(' ')[0]?.split(',').includes(address)).map((line) => line.split(' ').slice(1).join(' '));
      if (keys.length === 0) throw new Error(`${lab.knownHostsFile} has no key of ${address}`);
      return keys.map((key) => `[127.0.0.1]:${port} ${key}\n`);
    })
    .join('');
}

/** What W1 writes on a host: that of its machine, so that hosts that share one agree. */
function variablesOf(node: string): Record<string, string | number> {
  const number = Number(node.slice(1));
  return { node, listen_address: `10.20.30.${number}`, base_port: 18_000 + number, weight: 10 + number };
}

const shared = { domain: 'bench.example', neighbours: ['north', 'east', 'south', 'west'], generated: workload.generated };

function inventoryOf(lab: Lab, endpoints: readonly Endpoint[], knownHosts: string) {
  const reach = { ansible_user: 'root', ansible_ssh_private_key_file: lab.identityFile, ansible_host: '127.0.0.1' };
  const hosts = endpoints.map(({ name, node, port }) => [name, { ansible_port: port, ...variablesOf(node) }] as const);
  return { all: { vars: { ...reach, ...shared, ssh_known_hosts_file: knownHosts }, hosts: Object.fromEntries(hosts) } };
}

function pyinfraInventory(lab: Lab, endpoints: readonly Endpoint[], knownHosts: string): string {
  const items = parse(readFileSync(join(workload.folder, 'vars.yaml'), 'utf8')) as Record<string, unknown>;
  const reach = {
    ssh_hostname: '127.0.0.1',
    ssh_user: 'root',
    ssh_key: lab.identityFile,
    ssh_known_hosts_file: knownHosts,
    ssh_strict_host_key_checking: 'yes',
  };
  const hosts = endpoints.map(({ name, node, port }) => [name, { ssh_port: port, ...variablesOf(node) }]);
  const everywhere = { ...reach, ...shared, ...items };
  // JSON of texts, numbers, lists and mappings is Python too.
  return `hosts = ([tuple(one) for one in ${JSON.stringify(hosts)}], ${JSON.stringify(everywhere)})\n`;
}

function sshConfig(lab: Lab, endpoints: readonly Endpoint[], knownHosts: string): string {
  const own = endpoints.map(({ name, port }) => `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n`).join('');
  const all = ['User root', `IdentityFile ${lab.identityFile}`, 'IdentitiesOnly yes', `UserKnownHostsFile ${knownHosts}`, 'BatchMode yes'];
  return `${own}Host *\n${all.map((line) => `  ${line}\n`).join('')}`;
}
