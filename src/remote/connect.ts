import { userInfo } from 'node:os';
import { UnreachableError } from '../values/errors.ts';
import { startAs } from './become.ts';
import type { Channel, Link } from './channel.ts';
import { configured } from './configured.ts';
import { killLine } from './ending.ts';
import { openLocal } from './local.ts';
import { createPasswordTries, type PasswordTries } from './password-tries.ts';
import type { Become, Connect, Connection, ConnectionSettings, Session } from './session.ts';
import { createShared } from './shared.ts';
import { openShell } from './shell.ts';
import { execCommand } from './start.ts';
import { within } from './within.ts';

/** Logins at once per address: sshd begins to drop at ten (MaxStartups 10:30:100). */
const mostStarts = 8;

/** A `connect` whose connections share bastions and keep to one limit of logins at once. */
export function createConnect(): Connect {
  const shared = createShared(mostStarts);
  const tries = createPasswordTries();
  return async (wanted, signal) => {
    if (wanted.transport === 'local') return connection(openLocal(), { user: userInfo().username, target: 'this machine' }, wanted, tries);
    try {
      const settings = await configured(wanted);
      // Loaded when needed: help and lint need no SSH.
      const { dial, targetName } = await import('./dial.ts');
      const link =
        settings.sshTransport === 'openssh'
          ? await (await import('./openssh.ts')).dialOpenSsh(settings, shared, signal)
          : await dial(settings, shared, signal);
      return connection(link, { user: settings.user, target: targetName(settings) }, settings, tries);
    } catch (error) {
      throw error instanceof UnreachableError
        ? error
        : new UnreachableError(`${wanted.host} cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}

/** Connects to a host. Connections made with it share bastions. @throws UnreachableError with what was tried and what to do */
export const connect: Connect = createConnect();

type Shell = ReturnType<typeof openShell>;

function connection(
  link: Link,
  login: { readonly user: string; readonly target: string },
  settings: ConnectionSettings,
  tries: PasswordTries,
): Connection {
  const shells = new Map<string, Promise<Shell>>();

  const begin = async (opening: Promise<Channel>): Promise<Channel> => {
    try {
      return await within(settings.connectTimeoutSeconds, opening, () => neverBegun(login.target, settings.connectTimeoutSeconds));
    } catch (error) {
      // One that comes after all is nobody's.
      opening.then(
        (channel) => channel.destroy(),
        () => undefined,
      );
      const lost = link.lost();
      throw lost === undefined
        ? error
        : new UnreachableError(`${login.target}: the connection was lost: ${lost}`, 'The log of sshd there may say why (journalctl -u ssh).');
    }
  };

  const onTerminal = link.execOnTerminal?.bind(link);
  // What is asked of the link has an end.
  const patient: Link = {
    ...link,
    exec: (command) => begin(link.exec(command)),
    ...(onTerminal && { execOnTerminal: (command: string) => begin(onTerminal(command)) }),
  };
  const becoming = {
    target: login.target,
    login: login.user,
    host: `${settings.name} ${login.target}`,
    seconds: settings.connectTimeoutSeconds,
    tries,
  };
  const enter = (become: Become | undefined): Promise<Channel> => (become ? startAs(patient, become, becoming) : patient.exec(execCommand));

  const open = async (become: Become | undefined): Promise<Shell> =>
    openShell(await enter(become), {
      user: become?.user ?? login.user,
      target: login.target,
      startSeconds: settings.connectTimeoutSeconds,
      lost: link.lost,
      // A channel of its own: the session's waits for the very step that has to be ended.
      kill: async (pid, seconds) => {
        const channel = await enter(become);
        const ended = new Promise<void>((resolve) => channel.listen({ stdout: () => undefined, stderr: () => undefined, closed: () => resolve() }));
        await channel.write(killLine(pid, seconds));
        await ended;
      },
    });

  return {
    rttMs: link.rttMs,
    user: login.user,
    traffic: link.traffic,
    session(become): Promise<Session> {
      const other = become && become.user !== login.user ? become : undefined;
      const entry = other ? `${other.method ?? 'sudo'} ${other.user}` : '';
      const known = shells.get(entry);
      if (known) return known;
      const shell = open(other);
      shells.set(entry, shell);
      // What failed may be tried again: with another password, after the user was made.
      shell.catch(() => shells.get(entry) === shell && shells.delete(entry));
      return shell;
    },
    async close() {
      // Those that are being opened are not waited for: they end with the link.
      for (const shell of shells.values()) {
        shell.then(
          (opened) => opened.close(),
          () => undefined,
        );
      }
      await Promise.resolve();
      await link.close();
    },
  };
}

function neverBegun(target: string, seconds: number): UnreachableError {
  return new UnreachableError(
    `${target}: no program can be started there: sshd did not answer within ${seconds} s`,
    'Is the host under heavy load, or out of processes? ssh_timeout gives it more seconds.',
  );
}
