import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '../values/errors.ts';
import { createHostCheck, type HostCheck } from './host-check.ts';
import { type HostKeyVerdict, readKnownHosts } from './host-key.ts';
import { type Hop, isHostName, parseProxyJump } from './jump.ts';
import type { Limit } from './limit.ts';
import { createLogin, type LoginPlan, planLogin } from './login.ts';
import { plainText } from './plain-text.ts';
import type { ConnectionSettings } from './session.ts';
import type { SshLink } from './ssh.ts';
import { describeFailure, Hangup, SshFailure } from './ssh-errors.ts';
import { openTcp } from './tcp.ts';

/** A bastion's link, used by every host behind it. */
export interface Bastion {
  readonly link: Promise<SshLink>;
  /** The same, once it is there. */
  opened?: SshLink;
  users: number;
}

/** What the connections of one run share. */
export interface Shared {
  /** At most so many logins at once per address: sshd drops more (MaxStartups). */
  readonly starts: Limit;
  /** By the whole way to them. */
  readonly bastions: Map<string, Bastion>;
}

/** Times that a host which hangs up before it said anything is tried again: sshd does that when too many knock at once. */
const retries = 2;

const loadSsh = () => import('./ssh.ts');

/** `root@web1 port 22`, for messages. */
export function targetName(hop: Hop): string {
  return `${hop.user}@${hop.host} port ${hop.port}`;
}

/** Connects and logs in over SSH, through the hops of ProxyJump. @throws UnreachableError */
export async function dial(settings: ConnectionSettings, shared: Shared, signal?: AbortSignal): Promise<SshLink> {
  const hops = waypoints(settings);
  const plan = await planLogin(settings);
  const entered = await enter(hops, settings, shared, signal);
  try {
    return closingToo(await logIn({ hop: settings, settings, shared, bastion: entered.bastion, signal }, plan), entered.leave);
  } catch (error) {
    await entered.leave();
    throw error;
  }
}

/**
 * The key that a host shows, asked for without logging in, and what known_hosts files say of it.
 * @throws UnreachableError
 */
export async function scanHostKey(
  settings: ConnectionSettings,
  shared: Shared,
  signal?: AbortSignal,
): Promise<{ readonly key: Buffer; readonly verdict: HostKeyVerdict }> {
  const entered = await enter(waypoints(settings), settings, shared, signal);
  const leg: Leg = { hop: settings, settings, shared, bastion: entered.bastion, signal };
  try {
    const check = await hostCheck(leg);
    return await reach(leg, async (socket, timeoutMs) => {
      try {
        const { openSsh } = await loadSsh();
        await openSsh({
          socket,
          target: targetName(settings),
          user: settings.user,
          timeoutMs,
          hostKeyAlgorithms: check.algorithms,
          // Whatever is thought of it, nobody logs in here.
          verify: (key) => {
            check.verify(key);
            return false;
          },
          nextAttempt: () => undefined,
          ...(signal && { signal }),
        });
      } catch (error) {
        if (!check.shown() && error instanceof SshFailure)
          throw explain(error, leg, check, { report: 'tried nothing', keys: false, password: false });
      }
      const shown = check.shown();
      if (!shown) throw new UnreachableError(`${settings.host} port ${settings.port} shows no host key`);
      return shown;
    });
  } finally {
    await entered.leave();
  }
}

function waypoints(settings: ConnectionSettings): readonly Hop[] {
  if (!isHostName(settings.host))
    throw new UnreachableError(`${JSON.stringify(settings.host)} is no host name or address`, 'Check ssh_host in the inventory.');
  return parseProxyJump(settings.proxyJump, settings.user, settings.proxyJumpHostKeys);
}

// The same link; closing it also leaves the bastion before it.
function closingToo(link: SshLink, leave: () => Promise<void>): SshLink {
  return {
    ...link,
    close: async () => {
      await link.close();
      await leave();
    },
  };
}

interface Entered {
  readonly bastion: { readonly link: SshLink; readonly hop: Hop } | undefined;
  readonly leave: () => Promise<void>;
}

// The last hop's link, opened by the first host that needs it and closed by the last.
async function enter(hops: readonly Hop[], settings: ConnectionSettings, shared: Shared, signal?: AbortSignal): Promise<Entered> {
  const hop = hops.at(-1);
  if (!hop) return { bastion: undefined, leave: () => Promise.resolve() };
  const way = JSON.stringify([hops, settings.identityFile, settings.agentSocket, settings.knownHostsFiles]);
  const last = shared.bastions.get(way);
  // Hosts that were reached through one that is lost may hold on to it: whoever comes now needs another.
  const known = last?.opened?.lost() === undefined ? last : undefined;
  const bastion: Bastion = known ?? { link: openHop(hops, hop, settings, shared, signal), users: 0 };
  if (!known) shared.bastions.set(way, bastion);
  bastion.users += 1;
  const leave = async (): Promise<void> => {
    bastion.users -= 1;
    if (bastion.users > 0) return;
    if (shared.bastions.get(way) === bastion) shared.bastions.delete(way);
    await bastion.link.then(
      (link) => link.close(),
      () => undefined,
    );
  };
  try {
    const link = await bastion.link;
    bastion.opened = link;
    return { bastion: { link, hop }, leave };
  } catch (error) {
    await leave();
    if (!(error instanceof UnreachableError)) throw error;
    throw new UnreachableError(`on the way to ${settings.host}: ${error.message}`, error.hint);
  }
}

async function openHop(hops: readonly Hop[], hop: Hop, settings: ConnectionSettings, shared: Shared, signal?: AbortSignal): Promise<SshLink> {
  // A password is the target's; a bastion is entered with keys.
  const { password: _, ...others } = settings;
  const plan = await planLogin({ ...others, host: hop.host });
  const before = await enter(hops.slice(0, -1), settings, shared, signal);
  try {
    return closingToo(await logIn({ hop, settings, shared, bastion: before.bastion, signal }, plan), before.leave);
  } catch (error) {
    await before.leave();
    throw error;
  }
}

// The way to one hop: from its bastion, or from here.
interface Leg {
  /** The target itself has an alias too; hops are known by their own names. */
  readonly hop: Hop & Pick<ConnectionSettings, 'hostKeyAlias'>;
  readonly settings: ConnectionSettings;
  readonly shared: Shared;
  readonly bastion: Entered['bastion'];
  readonly signal: AbortSignal | undefined;
}

async function logIn(leg: Leg, plan: LoginPlan): Promise<SshLink> {
  const check = await hostCheck(leg);
  return await reach(leg, (socket, timeoutMs) => speak(leg, plan, check, socket, timeoutMs));
}

async function hostCheck({ hop, settings }: Leg): Promise<HostCheck> {
  const known = await readKnownHosts(settings.knownHostsFiles, settings.connectTimeoutSeconds);
  const { host, port, hostKeyAlias, hostKeys } = hop;
  return createHostCheck(known, {
    name: settings.name,
    file: settings.knownHostsFiles[0] ?? '~/.ssh/known_hosts',
    host,
    port,
    ...(hostKeyAlias !== undefined && { hostKeyAlias }),
    ...(hostKeys && { hostKeys }),
  });
}

// Opens a connection to the leg's hop and gives it to `use`, a few times if the host hangs up before it says anything.
async function reach<Result>(leg: Leg, use: (socket: Duplex, timeoutMs: number) => Promise<Result>): Promise<Result> {
  const { hop, bastion, signal } = leg;
  const address = bastion ? `${hop.host} ${hop.port} behind ${bastion.hop.host} ${bastion.hop.port}` : `${hop.host} ${hop.port}`;
  return await leg.shared.starts.run(address, async () => {
    const deadline = performance.now() + leg.settings.connectTimeoutSeconds * 1000;
    const left = (): number => Math.max(1, deadline - performance.now());
    for (let attempt = 0; ; attempt += 1) {
      const opening = bastion ? forwarded(bastion, hop, left(), signal) : openTcp(hop.host, hop.port, left(), signal);
      // While the host answers. Who uses it is told when it cannot be loaded.
      loadSsh().catch(() => undefined);
      const socket = await opening;
      try {
        return await use(socket, left());
      } catch (error) {
        socket.destroy();
        if (!(error instanceof Hangup)) throw error;
        if (attempt >= retries || signal?.aborted || performance.now() > deadline) throw error.reason;
        await sleep(500 + Math.random() * 1000, undefined, signal && { signal }).catch(() => undefined);
      }
    }
  });
}

async function speak(leg: Leg, plan: LoginPlan, check: HostCheck, socket: Duplex, timeoutMs: number): Promise<SshLink> {
  const { hop, signal } = leg;
  const login = createLogin(plan);
  try {
    const { openSsh } = await loadSsh();
    return await openSsh({
      socket,
      target: targetName(hop),
      user: hop.user,
      timeoutMs,
      hostKeyAlgorithms: check.algorithms,
      verify: check.verify,
      nextAttempt: (methods) => login.next(methods),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!(error instanceof SshFailure)) throw error;
    throw explain(error, leg, check, {
      report: login.report(),
      keys: plan.attempts.some(({ attempt }) => attempt.kind === 'key' || attempt.kind === 'agent'),
      password: plan.attempts.some(({ attempt }) => attempt.kind === 'password'),
    });
  }
}

function explain(error: SshFailure, { hop, settings }: Leg, check: HostCheck, tried: Parameters<typeof describeFailure>[3]): Error {
  if (error.kind === 'host-key') return check.refusal();
  const noCommonType = error.kind === 'algorithms' && error.message.includes('host key') ? check.noCommonType() : undefined;
  return noCommonType ?? describeFailure(error, hop, settings.connectTimeoutSeconds, tried);
}

async function forwarded(bastion: NonNullable<Entered['bastion']>, hop: Hop, timeoutMs: number, signal: AbortSignal | undefined): Promise<Duplex> {
  const through = targetName(bastion.hop);
  const timeout = sleep(timeoutMs, undefined, { ref: false, ...(signal && { signal }) }).then(() => {
    throw new Error(`no answer within ${Math.round(timeoutMs / 1000)} s`);
  });
  try {
    return await Promise.race([bastion.link.forward(hop.host, hop.port), timeout]);
  } catch (error) {
    if (signal?.aborted) throw new UnreachableError(`connecting to ${hop.host} port ${hop.port} was interrupted`);
    const lost = bastion.link.lost();
    const why = lost ?? (error instanceof Error ? plainText(error.message.replace('(SSH) Channel open failure: ', '')) : '');
    throw new UnreachableError(
      `the bastion ${through} cannot connect to ${hop.host} port ${hop.port}: ${why}`,
      `Try there: ssh ${hop.host} -p ${hop.port}. Does its sshd allow AllowTcpForwarding?`,
    );
  }
}
