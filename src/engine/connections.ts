import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type HostConnection, hostConnection } from '../language/connection.ts';
import type { Scope } from '../language/expression.ts';
import type { Host } from '../language/inventory.ts';
import type { Layer } from '../language/variables.ts';
import type { ConnectionSettings } from '../remote/session.ts';
import { Secret } from '../values/secret.ts';
import type { RunOptions } from './run.ts';

/** What a host's variables and the command line say about reaching it. */
export interface Reaching {
  readonly settings: ConnectionSettings;
  readonly become: HostConnection['become'];
}

/** A variable's word is stronger than an option's, as in Ansible: `-u` is for hosts that say nothing. @throws InputError */
export function reachingOf(host: Host, extraVars: Layer, scope: Scope, options: RunOptions): Reaching {
  const { become, user, identityFile, password, knownHostsFiles, ...rest } = hostConnection(host.name, [...host.layers, extraVars], scope);
  const askedPassword = options.askedPassword === undefined ? undefined : new Secret(options.askedPassword);
  const askedBecome = options.askedBecomePassword === undefined ? undefined : new Secret(options.askedBecomePassword);
  const key = identityFile ?? options.privateKey;
  const secret = password ?? askedPassword;
  const becomeSecret = become.password ?? askedBecome;
  const agentSocket = options.environment['SSH_AUTH_SOCK'];
  return {
    settings: {
      ...rest,
      user: user ?? options.user ?? userInfo().username,
      knownHostsFiles: knownHostsFiles.map(fromHome),
      ...(key !== undefined && { identityFile: fromHome(key) }),
      ...(secret !== undefined && { password: secret }),
      ...(agentSocket !== undefined && agentSocket !== '' && { agentSocket }),
    },
    become: { ...become, ...(becomeSecret !== undefined && { password: becomeSecret }) },
  };
}

function fromHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
