import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '../values/errors.ts';
import { closingToo, type Entered, enterBastion } from './bastions.ts';
import { createHostCheck, type HostCheck } from './host-check.ts';
import { type HostKeyVerdict, readKnownHosts } from './host-key.ts';
import { type Hop, isHostName } from './jump.ts';
import { createLogin, type LoginPlan, planLogin } from './login.ts';
import { plainText } from './plain-text.ts';
import type { ConnectionSettings } from './session.ts';
import { type Shared, withRetries } from './shared.ts';
import type { SshLink } from './ssh.ts';
import { describeFailure, SshFailure } from './ssh-errors.ts';
import { openTcp } from './tcp.ts';

const loadSsh = () => import('./ssh.ts');

/** `root@web1 port 22`, for messages. */
export function targetName(hop: Pick<Hop, 'user' | 'host' | 'port'>): string {
  return `${hop.user}@${hop.host} port ${hop.port}`;
}

/** Connects and logs in over SSH, through the hops of ProxyJump. @throws UnreachableError */
export async function dial(settings: ConnectionSettings, shared: Shared, signal?: AbortSignal): Promise<SshLink> {
  checkName(settings);
  const plan = await planLogin(settings);
  const entered = await enter(settings, shared, signal);
  try {
    return closingToo(await logIn({ settings, shared, bastion: entered.bastion, signal }, plan), entered.leave);
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
  const entered = await enter(settings, shared, signal);
  const leg: Leg = { settings, shared, bastion: entered.bastion, signal };
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
          throw explain(error, leg, check, { report: 'tried nothing', taken: [], keys: false, password: false });
      }
      const shown = check.shown();
      if (!shown) throw new UnreachableError(`${settings.host} port ${settings.port} shows no host key`);
      return shown;
    });
  } finally {
    await entered.leave();
  }
}

/** @throws UnreachableError for what is no name of a host */
export function checkName({ host }: Pick<ConnectionSettings, 'host'>): void {
  if (!isHostName(host)) throw new UnreachableError(`${JSON.stringify(host)} is no host name or address`, 'Check ssh_host in the inventory.');
}

function enter(settings: ConnectionSettings, shared: Shared, signal?: AbortSignal): Promise<Entered<SshLink>> {
  return enterBastion(shared.bastions, settings, (hop) => dial(hop, shared, signal));
}

// The way to one host or hop: from its bastion, or from here.
interface Leg {
  readonly settings: ConnectionSettings;
  readonly shared: Shared;
  readonly bastion: Entered<SshLink>['bastion'];
  readonly signal: AbortSignal | undefined;
}

async function logIn(leg: Leg, plan: LoginPlan): Promise<SshLink> {
  const check = await hostCheck(leg);
  return await reach(leg, (socket, timeoutMs) => speak(leg, plan, check, socket, timeoutMs));
}

async function hostCheck({ settings }: Leg): Promise<HostCheck> {
  const known = await readKnownHosts(settings.knownHostsFiles, settings.connectTimeoutSeconds);
  const { name, host, port, hostKeyAlias, hostKeys } = settings;
  return createHostCheck(known, {
    name,
    file: settings.knownHostsFiles[0] ?? '~/.ssh/known_hosts',
    host,
    port,
    ...(hostKeyAlias !== undefined && { hostKeyAlias }),
    ...(hostKeys && { hostKeys }),
  });
}

// Opens a connection to the leg's host and gives it to `use`.
async function reach<Result>(leg: Leg, use: (socket: Duplex, timeoutMs: number) => Promise<Result>): Promise<Result> {
  const { settings, bastion, signal } = leg;
  const { host, port } = settings;
  const address = bastion ? `${host} ${port} behind ${bastion.hop.host} ${bastion.hop.port}` : `${host} ${port}`;
  const once = async (leftMs: number): Promise<Result> => {
    const deadline = performance.now() + leftMs;
    const opening = bastion ? forwarded(bastion, settings, leftMs, signal) : openTcp(host, port, leftMs, signal);
    // While the host answers. Who uses it is told when it cannot be loaded.
    loadSsh().catch(() => undefined);
    const socket = await opening;
    try {
      return await use(socket, Math.max(1, deadline - performance.now()));
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
  return await leg.shared.starts.run(address, () => withRetries(settings.connectTimeoutSeconds, once, signal));
}

async function speak(leg: Leg, plan: LoginPlan, check: HostCheck, socket: Duplex, timeoutMs: number): Promise<SshLink> {
  const { settings, signal } = leg;
  const login = createLogin(plan);
  try {
    const { openSsh } = await loadSsh();
    return await openSsh({
      socket,
      target: targetName(settings),
      user: settings.user,
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
      taken: login.taken(),
      keys: plan.attempts.some(({ attempt }) => attempt.kind === 'key' || attempt.kind === 'agent'),
      password: plan.attempts.some(({ attempt }) => attempt.kind === 'password'),
    });
  }
}

function explain(error: SshFailure, { settings }: Leg, check: HostCheck, tried: Parameters<typeof describeFailure>[3]): Error {
  if (error.kind === 'host-key') return check.refusal();
  const noCommonType = error.kind === 'algorithms' && error.message.includes('host key') ? check.noCommonType() : undefined;
  return noCommonType ?? describeFailure(error, settings, settings.connectTimeoutSeconds, tried);
}

async function forwarded(
  bastion: NonNullable<Leg['bastion']>,
  hop: Pick<Hop, 'host' | 'port'>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
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
