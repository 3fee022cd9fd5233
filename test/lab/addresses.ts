// Many endpoints on one host: the same sshd on many addresses of the lab's network.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onHost } from './lab.ts';
import type { Lab } from './types.ts';

/** Hosts of the lab itself have addresses below. */
const first = 50;

/** One SSH endpoint, as an inventory names it. */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
}

/**
 * Gives a lab host more addresses, on all of which its sshd answers, and lets that take as many logins at once as there are.
 * @param count at most 200
 * @returns the endpoints, and a known_hosts file with the key of each
 */
export async function manyEndpoints(
  lab: Lab,
  host: string,
  count: number,
): Promise<{ readonly endpoints: readonly Endpoint[]; readonly knownHostsFile: string }> {
  const network = lab.network.subnet.replace(/\.0\/24$/, '');
  const endpoints = Array.from({ length: count }, (_, index) => ({
    name: `n${String(index + 1).padStart(3, '0')}`,
    address: `${network}.${first + index}`,
  }));
  const script = `set -e
printf '%s\\n' 'MaxStartups 1000' 'PerSourceMaxStartups none' 'UsePAM no' >/etc/ssh/sshd_config.d/many.conf
/usr/sbin/sshd -t
systemctl reload ssh
for address in ${endpoints.map(({ address }) => address).join(' ')}; do ip addr replace $address/24 dev eth0; done
cat /etc/ssh/ssh_host_ed25519_key.pub`;
  const { code, stdout, stderr } = await onHost(lab, host, script);
  if (code !== 0) throw new Error(`${host} got no more addresses: ${stderr}`);
  const [type, key] = stdout.trim().split(' ');
  const knownHostsFile = join(lab.directory, 'known_hosts.many');
  writeFileSync(
    knownHostsFile,
    `${readFileSync(lab.knownHostsFile, 'utf8')}${endpoints.map(({ address }) => `${address} ${type} ${key}\n`).join('')}`,
  );
  return { endpoints, knownHostsFile };
}
