// What of a host answers from outside: every TCP port is tried, and the host says which program is behind it.

import { connect } from 'node:net';
import { hostNamed, onHost } from '../lab/lab.ts';
import type { Lab } from '../lab/types.ts';

const highest = 65_535;
/** Tries under way at once. */
const most = 2000;

/**
 * The open ports of a host, each as `tcp 443 nginx`: TCP ports that answer from outside or listen beyond the loopback, for IPv4 or IPv6, and UDP ports that listen there.
 * A port that answers although no program of the host listens is one that the kernel sends on to a container: `tcp 8008 (no program of the host: see docker ps)`.
 */
export async function openPorts(lab: Lab, host: string): Promise<string[]> {
  const [answering, listening] = await Promise.all([answeringPorts(hostNamed(lab, host).labAddress), listeners(lab, host)]);
  const ports = new Set([...answering.map((port) => `tcp ${port}`), ...listening.keys()]);
  return [...ports].toSorted(byNumber).map((port) => `${port} ${listening.get(port) ?? '(no program of the host: see docker ps)'}`);
}

/** The TCP ports that take a connection. */
export async function answeringPorts(address: string): Promise<number[]> {
  const open: number[] = [];
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= highest) {
      const port = next;
      next += 1;
      if (await answers(address, port)) open.push(port);
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  return open.toSorted((a, b) => a - b);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // A port of a firewall that says nothing is no open one.
    const socket = connect({ host, port, timeout: 1000 });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

/** What listens beyond the loopback: `udp 3478` → the names of the programs. */
async function listeners(lab: Lab, host: string): Promise<Map<string, string>> {
  const { code, stdout, stderr } = await onHost(lab, host, 'ss -Hlntup');
  if (code !== 0) throw new Error(stderr);
  const found = new Map<string, Set<string>>();
  for (const line of stdout.split('\n').filter((one) => one !== '')) {
    const [protocol = '', , , , local = '', , users = ''] = line.split(/\s+/);
    const address = local.slice(0, local.lastIndexOf(':'));
    if (/^(127\.|\[::1\]|\[::ffff:127\.)/.test(address)) continue;
    const key = `${protocol} ${local.slice(local.lastIndexOf(':') + 1)}`;
    const programs = [...users.matchAll(/"([^"]+)"/g)].flatMap(([, program]) => program ?? []);
    found.set(key, new Set([...(found.get(key) ?? []), ...programs]));
  }
  return new Map([...found].map(([port, programs]) => [port, [...programs].toSorted().join(', ')]));
}

function byNumber(one: string, other: string): number {
  const number = (port: string): number => Number(port.split(' ')[1]);
  return number(one) - number(other) || one.localeCompare(other);
}
