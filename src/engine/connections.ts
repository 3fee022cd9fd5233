import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type HostConnection, hostConnection, settingSource } from '../language/connection.ts';
import type { Scope } from '../language/expression.ts';
import type { Host } from '../language/inventory.ts';
import type { Layer } from '../language/variables.ts';
import { configured } from '../remote/configured.ts';
import type { ConnectionSettings, Unsaid } from '../remote/session.ts';
import { InputError, type Problem, type Source, UnreachableError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import type { RunOptions } from './run.ts';

/** What a host's variables and the command line say about reaching it. */
export interface Reaching {
  readonly settings: ConnectionSettings;
  readonly become: HostConnection['become'];
}

/** A variable's word is stronger than an option's, as in Ansible: `-u` is for hosts that say nothing. @throws InputError */
export function reachingOf(host: Host, extraVars: Layer, scope: Scope, options: RunOptions): Reaching {
  const said = hostConnection(host.name, [...host.layers, extraVars], scope);
  const { become, user, identityFile, password, knownHostsFiles, sshConfig, ...rest } = said;
  const askedPassword = options.askedPassword === undefined ? undefined : new Secret(options.askedPassword);
  const askedBecome = options.askedBecomePassword === undefined ? undefined : new Secret(options.askedBecomePassword);
  const key = identityFile ?? options.privateKey;
  const secret = password ?? askedPassword;
  const becomeSecret = become.password ?? askedBecome;
  const agentSocket = options.environment['SSH_AUTH_SOCK'];
  const login = user ?? options.user;
  // Of several that say which file of ssh_config(5) is read the inventory counts most, as everywhere.
  const configFile = sshConfig ?? (options.environment['HOMERUN_SSH_CONFIG'] || undefined);
  const unsaid = unsaidOf({ ...said, user: login, identityFile: key });
  return {
    settings: {
      port: 22,
      connectTimeoutSeconds: 20,
      ...rest,
      user: login ?? userInfo().username,
      knownHostsFiles: (knownHostsFiles ?? defaultKnownHosts).map(fromHome),
      ...(configFile !== 'none' && { sshConfig: { unsaid, ...(configFile !== undefined && { file: fromHome(configFile) }) } }),
      ...(options.unlock && { unlock: options.unlock }),
      ...(key !== undefined && { identityFile: fromHome(key) }),
      ...(secret !== undefined && { password: secret }),
      ...(agentSocket !== undefined && agentSocket !== '' && { agentSocket }),
    },
    become: { ...become, ...(becomeSecret !== undefined && { password: becomeSecret }) },
  };
}

const defaultKnownHosts = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

/** What of these is left to the user's ssh configuration. */
const fromSshConfig = [
  'port',
  'user',
  'identityFile',
  'proxyJump',
  'hostKeyAlias',
  'knownHostsFiles',
  'connectTimeoutSeconds',
] as const satisfies readonly Unsaid[];

function unsaidOf(said: { readonly [Name in Unsaid]?: unknown }): readonly Unsaid[] {
  return fromSshConfig.filter((name) => said[name] === undefined);
}

/**
 * Reads the user's ssh configuration and the private keys, and asks for passphrases: what is wrong there is known before a host is contacted.
 * @throws InputError with every problem
 */
export async function checkLogins(hosts: readonly { readonly host: Host; readonly reaching: Pick<Reaching, 'settings'> }[]): Promise<void> {
  const { planLogin } = await import('../remote/login.ts');
  const problems: Problem[] = [];
  const looked = new Set<string>();
  const note = (error: unknown, source: Source | undefined): void => {
    if (!(error instanceof UnreachableError)) throw error;
    // What an option or a file of the user's says is the same for all hosts.
    if (source || !problems.some(({ message }) => message === error.message))
      problems.push({ message: error.message, ...(source && { source }), ...(error.hint && { hint: error.hint }) });
  };
  const remote = hosts.filter(({ reaching }) => reaching.settings.transport !== 'local');
  const all = await Promise.all(
    remote.map(async ({ host, reaching }) => {
      try {
        return { host, settings: await configured(reaching.settings) };
      } catch (error) {
        note(error, settingSource('sshConfig', host.layers));
        return undefined;
      }
    }),
  );
  for (const one of all) {
    if (!one || one.settings.sshTransport === 'openssh') continue;
    const { identityFile, namedKeys, agentSocket, password } = one.settings;
    const source = settingSource('identityFile', one.host.layers);
    const keys = JSON.stringify([identityFile, namedKeys, agentSocket, password !== undefined, source]);
    if (looked.has(keys)) continue;
    looked.add(keys);
    try {
      await planLogin(one.settings);
    } catch (error) {
      // A host that nothing is known to log in with is told of when its turn comes.
      if (identityFile !== undefined) note(error, source);
      else if (!(error instanceof UnreachableError)) throw error;
    }
  }
  if (problems.length > 0) throw new InputError(problems);
}

function fromHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
