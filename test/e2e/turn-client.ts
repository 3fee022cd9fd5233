// What callers have: a host of the lab that sends through a TURN server, and is what media are relayed to.

import { quote } from '../../src/values/command.ts';
import { hostNamed, onHost } from '../lab/lab.ts';
import type { Output } from '../lab/run.ts';
import type { Lab } from '../lab/types.ts';

/** What Synapse gives its users, for a TURN server if there is one. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly uris: readonly string[];
  readonly ttl: number;
}

/** For relaying over TLS: the authority of the lab, as its hosts have it. */
export const overTls = '-t -S -p 5349 -E /usr/local/share/ca-certificates/homerun-lab.crt';

// The package comes with a server, which is not started.
const install = `printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d
apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends coturn && systemd-run --unit echo turnutils_peer -p 3480
code=$?; rm /usr/sbin/policy-rc.d; exit $code`;

/** Makes a host one that calls, and that answers calls. @throws Error with what went wrong */
export async function installTurnClient(lab: Lab, host: string): Promise<void> {
  const { code, stdout, stderr } = await onHost(lab, host, install);
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
}

/** The option that has it relayed to a host. */
export function toPeer(lab: Lab, host: string): string {
  return `-e ${hostNamed(lab, host).labAddress}`;
}

/** Sends ten messages from a host through a TURN server, in one stream. @param server its name @param options of turnutils_uclient */
export function relay(lab: Lab, host: string, server: string, options: string, credentials: Partial<Credentials>): Promise<Output> {
  const { username = '', password = '' } = credentials;
  return onHost(lab, host, `timeout 60 turnutils_uclient -c -n 10 -u ${quote(username)} -w ${quote(password)} ${options} ${server}`);
}
