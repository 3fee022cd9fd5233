import type { Play } from '../language/play.ts';
import type { RunContext } from './context.ts';
import type { HostRun } from './host.ts';

/**
 * Hosts that one machine is, and on which a play acts as the same user, take turns: package managers, daemons and files are there once. Accounts of a
 * machine that are hosts of their own do not meet.
 * @returns the hosts that go one after another, in their order
 */
export function turnsOf({ site }: Pick<RunContext, 'site'>, play: Play, hosts: readonly HostRun[]): readonly (readonly HostRun[])[] {
  const machines = grouped(hosts, (host) => site.machine(host.host.name) ?? host);
  return machines.flatMap((some) =>
    some.length === 1 ? [some] : grouped(some, (host) => actorOf(play, host) ?? site.reaching(host.host.name).settings.user),
  );
}

/** Whom the tasks of a play become that do not say otherwise; undefined: nobody. */
function actorOf(play: Play, host: HostRun): string | undefined {
  const { become, becomeUser } = play.words ?? {};
  const scope = host.scope(play, { vars: [] });
  if (!(become?.evaluate(scope) ?? host.becomeByDefault)) return undefined;
  return becomeUser?.evaluate(scope) ?? host.becomeDefault.user;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => unknown): readonly (readonly T[])[] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
