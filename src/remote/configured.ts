import { userInfo } from 'node:os';
import { UnreachableError } from '../values/errors.ts';
import { type Hop, isHostName, readProxyJump } from './jump.ts';
import type { ConnectionSettings, SshConfigWish, Unsaid } from './session.ts';
import { askSshConfig, isConfigured, type SshConfig } from './ssh-config.ts';

/** More hosts one behind another are a mistake: a host that is reached through itself. */
const mostHops = 10;

/**
 * Settings with what their `sshConfig` wishes for: whatever the inventory leaves unsaid comes from the user's ssh configuration, for the host and for
 * those on the way, each asked for under its own name. Where there is no ssh on this machine they stay as they are.
 * @throws UnreachableError for a configuration that ssh does not understand, or that the transport cannot follow
 */
export async function configured(settings: ConnectionSettings): Promise<ConnectionSettings> {
  const { sshConfig: wish, ...said } = settings;
  if (!wish) return settings;
  if (said.transport === 'local' || !isHostName(said.host)) return said;
  const isUnsaid = (name: Unsaid): boolean => wish.unsaid.includes(name);
  // OpenSSH may be configured to log in by other means than what is looked at here.
  if (wish.file === undefined && said.sshTransport !== 'openssh' && !(await isConfigured())) return said;
  const config = await askSshConfig({
    host: said.host,
    ...(!isUnsaid('user') && { user: said.user }),
    ...(!isUnsaid('port') && { port: said.port }),
    ...(wish.file !== undefined && { file: wish.file }),
  });
  if (!config) return said;
  const user = isUnsaid('user') ? config.user : said.user;
  const known = isUnsaid('knownHostsFiles') ? config.knownHostsFiles : undefined;
  const alias = isUnsaid('hostKeyAlias') ? config.hostKeyAlias : undefined;
  const timeout = isUnsaid('connectTimeoutSeconds') ? config.connectTimeoutSeconds : undefined;
  const hops = isUnsaid('proxyJump')
    ? await hopsFor(config.proxyJump, { ...said, user: userInfo().username }, wish)
    : await hopsFor(said.proxyJump, { ...said, user }, wish);
  if (said.sshTransport !== 'openssh') refuse(config, said.name, isUnsaid('proxyJump') ? [] : ['ProxyCommand']);
  return {
    ...ownWords(said, config, wish),
    user,
    port: isUnsaid('port') ? config.port : said.port,
    hops,
    ...(isUnsaid('identityFile') && { namedKeys: { files: config.identityFiles, only: config.identitiesOnly } }),
    ...(alias !== undefined && { hostKeyAlias: alias }),
    ...(known && { knownHostsFiles: known }),
    ...(timeout !== undefined && { connectTimeoutSeconds: timeout }),
  };
}

// What is the configuration's alone to say.
function ownWords(said: ConnectionSettings, config: SshConfig, wish: SshConfigWish): ConnectionSettings {
  const { agentSocket, ...others } = said;
  const socket = config.identityAgent === 'none' ? undefined : (config.identityAgent ?? agentSocket);
  return {
    ...others,
    host: config.hostName,
    ...(socket !== undefined && { agentSocket: socket }),
    openSsh: { name: said.host, ...(wish.file !== undefined && { file: wish.file }), off: config.off },
  };
}

/** Hosts of ProxyJump, each as the configuration describes it; what it has of its own before it comes first, as with ssh. */
async function hopsFor(text: string | undefined, settings: ConnectionSettings, wish: SshConfigWish, depth = 0): Promise<readonly Hop[]> {
  if (depth > mostHops)
    throw new UnreachableError(`the hosts on the way to ${settings.name} (ProxyJump) lead to each other`, 'See: ssh -G, for each of them.');
  const hops: Hop[] = [];
  // Those of the inventory are of the hosts that it names, not of what these have before them.
  const { proxyJumpHostKeys: pins, ...unpinned } = settings;
  for (const [index, written] of readProxyJump(text).entries()) {
    const file = wish.file !== undefined && { file: wish.file };
    const config = await askSshConfig({ ...written, ...file });
    const pin = pins?.[index];
    const pinned = pin !== undefined && { hostKeys: [pin] };
    if (!config) {
      hops.push({ user: settings.user, port: 22, ...written, ...pinned });
      continue;
    }
    if (settings.sshTransport !== 'openssh') refuse(config, written.host, index > 0 ? ['ProxyCommand'] : []);
    if (index === 0) hops.push(...(await hopsFor(config.proxyJump, { ...unpinned, user: userInfo().username }, wish, depth + 1)));
    // Nobody has named its user: ssh shows who calls it.
    const isNamed = written.user !== undefined || config.user !== userInfo().username;
    const { host, port, agentSocket, knownHostsFiles, openSsh } = ownWords({ ...settings, host: written.host, port: config.port }, config, wish);
    hops.push({
      user: isNamed ? config.user : settings.user,
      host,
      port,
      knownHostsFiles: wish.unsaid.includes('knownHostsFiles') ? (config.knownHostsFiles ?? knownHostsFiles) : knownHostsFiles,
      ...(agentSocket !== undefined && { agentSocket }),
      ...(openSsh && { openSsh }),
      ...(config.hostKeyAlias !== undefined && { hostKeyAlias: config.hostKeyAlias }),
      ...((config.identityFiles || config.identitiesOnly) && { namedKeys: { files: config.identityFiles, only: config.identitiesOnly } }),
      ...pinned,
    });
  }
  return hops;
}

/** @param settled options that do not count, as something else decides */
function refuse({ beyondSsh2 }: SshConfig, host: string, settled: readonly string[]): void {
  const left = beyondSsh2.filter((name) => !settled.includes(name));
  if (left.length === 0) return;
  throw new UnreachableError(
    `the ssh configuration for ${host} has ${left.join(', ')}, which the transport ssh2 cannot do`,
    'Write ssh_transport: openssh for the host in the inventory; ssh_config: none leaves that configuration out.',
  );
}
