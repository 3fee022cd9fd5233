// A host of the lab: a container with systemd as its first process and sshd on port 22.

import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Docker, docker, label } from './docker.ts';
import { loopbackAddress, type Network, portsAreFree, publishedPorts } from './network.ts';
import { labDirectory } from './places.ts';
import { attempt, type Output, run, waitFor, words } from './run.ts';
import type { LabHost, LabUsers } from './types.ts';

export interface HostSettings {
  readonly lab: string;
  readonly network: Network;
  readonly image: string;
  /** A volume for what Docker on the host stores; default a new one without a name. */
  readonly volume?: string;
  /** Public SSH key, one line. */
  readonly publicKey: string;
  readonly users: LabUsers;
}

/**
 * Where this machine reaches the host: an address of its own on the loopback, or the host's lab address when a server of this
 * machine listens on one of the ports on all addresses.
 */
export async function reachableAddress(network: Network, number: number, labAddress: string): Promise<string> {
  const loopback = loopbackAddress(network, number);
  return (await portsAreFree(loopback)) ? loopback : labAddress;
}

/**
 * Makes sure that a host runs and can be logged in to.
 * @returns its public host keys, each as `TYPE BASE64`
 */
export async function startHost(engine: Docker, host: LabHost, settings: HostSettings): Promise<string[]> {
  if (!(await hostExists(engine, host))) await createHost(engine, host, settings);
  else await docker(engine, ['start', host.container]);
  const keys = await waitFor(`the host ${host.name} to start`, 90, async () => {
    const output = await execute(engine, host.container, setUp(settings));
    return output.code === 0 ? hostKeys(output.stdout) : undefined;
  });
  await waitFor(`SSH of ${host.name} on ${host.address}:22`, 60, () => greets(host.address, 22));
  return keys;
}

/** Runs a POSIX shell script as root on a host, past SSH: for tests that break things, and look at what is really there. */
export async function execute(engine: Docker, container: string, script: string, timeoutSeconds = 600): Promise<Output> {
  return attempt([engine.client, 'exec', '-i', container, 'sh', '-s'], { input: script, timeoutSeconds });
}

export async function removeContainer(engine: Docker, container: string): Promise<void> {
  // With its volumes: each host has its own for the engine inside it.
  await run([engine.client, 'rm', '-f', '-v', container]);
}

export async function hostExists(engine: Docker, host: LabHost): Promise<boolean> {
  return (await attempt([engine.client, 'container', 'inspect', host.container])).code === 0;
}

/** Creates and starts the container of a host that does not exist. */
export async function createHost(engine: Docker, host: LabHost, settings: HostSettings): Promise<void> {
  const { lab, network, image, volume } = settings;
  const published = host.address === host.labAddress ? [] : publishedPorts.flatMap((port) => publish(host.address, port));
  // Not --privileged: where this machine itself lacks a capability, that fails; and systemd needs less.
  await docker(
    engine,
    words(
      ['run', '-d', '--name', host.container, '--hostname', host.name, '--label', `${label}=${lab}`],
      ['--network', network.name, '--ip', host.labAddress, ...published],
      ['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--security-opt', 'seccomp=unconfined'],
      ['--security-opt', 'apparmor=unconfined', '--security-opt', 'systempaths=unconfined'],
      // What systemd makes the machine id from: else all hosts get that of this machine.
      ['-e', `container_uuid=${randomUUID()}`],
      ['--cgroupns', 'host', '-v', '/sys/fs/cgroup:/sys/fs/cgroup:rw'],
      ['-v', `${resolverFile(host, settings)}:/etc/resolv.conf`],
      ['-v', volume === undefined ? '/var/lib/docker' : `${volume}:/var/lib/docker`, '-v', '/var/lib/containerd'],
      ['--tmpfs', '/run:exec', '--tmpfs', '/run/lock', '--tmpfs', '/tmp:exec'],
      [image],
    ),
  );
}

function publish(address: string, port: number): string[] {
  return ['-p', `${address}:${port}:${port}`];
}

// The lab's name server is named directly: containers on the host inherit this file, and the engine's own resolver, on
// 127.0.0.11, does not exist for them.
function resolverFile(host: LabHost, { lab, network }: HostSettings): string {
  const file = join(labDirectory(lab), `resolv.conf.${host.name}`);
  writeFileSync(file, `nameserver ${network.gateway}\n`);
  return file;
}

// Succeeds only once sshd is up; may run any number of times.
function setUp({ publicKey, users }: HostSettings): string {
  return `set -eu
systemctl is-active -q ssh || systemctl start ssh
for user in ${users.root.name} ${users.sudo.name} ${users.plain.name}; do
  home=$(getent passwd "$user" | cut -d: -f6)
  install -d -m 0700 -o "$user" -g "$user" "$home/.ssh"
  printf '%s\\n' '${publicKey}' > "$home/.ssh/authorized_keys"
  chown "$user:$user" "$home/.ssh/authorized_keys"
  chmod 0600 "$home/.ssh/authorized_keys"
done
chpasswd <<'PASSWORDS'
${users.sudo.name}:${users.sudo.password}
${users.plain.name}:${users.plain.password}
PASSWORDS
cat /etc/ssh/ssh_host_*_key.pub
`;
}

function hostKeys(text: string): string[] {
  const keys = text.split('\n').flatMap((line) => line.match(/^(?:ssh|ecdsa)-\S+ \S+/) ?? []);
  if (keys.length === 0) throw new Error(`a host has no public host keys; it printed: ${text}`);
  return keys;
}

/** Whether an SSH server answers there, within two seconds; undefined if not. */
export async function greets(address: string, port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 2000 });
    const end = (answer: true | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data: Buffer) => end(data.toString().startsWith('SSH-2.0') ? true : undefined));
    socket.once('error', () => end(undefined));
    socket.once('timeout', () => end(undefined));
    socket.once('close', () => end(undefined));
  });
}
