// The hosts of the differential suite: two pairs of twins. One of each pair is Ansible's, the other homerun's; both know them as `one` and `two`.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import type { Lab, LabHost } from '../lab/types.ts';
import { type Tool, tools } from './cases.ts';

export type HostName = 'one' | 'two';
export const hostNames: readonly HostName[] = ['one', 'two'];

export interface Twins {
  readonly lab: Lab;
  /** For playbooks, inventories and sockets; on this machine. */
  readonly folder: string;
}

/** Python for Ansible; what homerun downloads with; packers, which neither brings. */
const packages = 'python3 python3-apt python3-debian curl xz-utils bzip2 cron';

/**
 * Starts the hosts, with the Python that Ansible needs on all of them, so that they are alike.
 * @throws Error that says what did not start
 */
export async function startTwins(name: string, say: (line: string) => void): Promise<Twins> {
  const hosts = tools.flatMap((tool) => hostNames.map((host) => ({ name: `${tool}-${host}` })));
  const lab = await startLab({ name, hosts, say });
  await Promise.all(
    tools.flatMap((tool) =>
      hostNames.map((host) =>
        sh(
          { lab, folder: '' },
          tool,
          host,
          `hostname ${host}; dpkg -s ${packages} >/dev/null 2>&1 || { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends ${packages}; }`,
        ),
      ),
    ),
  );
  return { lab, folder: mkdtempSync(join(tmpdir(), 'differential-')) };
}

export const removeTwins = removeLab;

/** The host that `tool` has under `name`. */
export function hostOf({ lab }: Twins, tool: Tool, name: HostName): LabHost {
  const host = lab.hosts.find((one) => one.name === `${tool}-${name}`);
  if (host === undefined) throw new Error(`there is no host ${name} for ${tool}`);
  return host;
}

/**
 * Runs sh as root on a host, past SSH.
 * @returns what it printed
 * @throws Error with what it said when it fails
 */
export async function sh(twins: Twins, tool: Tool, name: HostName, script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(twins.lab, `${tool}-${name}`, script);
  if (code !== 0) throw new Error(`sh for ${tool} on ${name} ended with ${code}:\n${stderr.slice(-2000) || stdout.slice(-2000)}`);
  return stdout;
}
