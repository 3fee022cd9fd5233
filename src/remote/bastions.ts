import { UnreachableError } from '../values/errors.ts';
import type { Link } from './channel.ts';
import { type Hop, hopSettings, hopsOf } from './jump.ts';
import type { ConnectionSettings } from './session.ts';

/** A bastion's link, used by every host behind it. */
export interface Bastion<L extends Link> {
  readonly link: Promise<L>;
  /** The same, once it is there. */
  opened?: L;
  users: number;
}

/** Bastions by the whole way to them. */
export type Bastions<L extends Link> = Map<string, Bastion<L>>;

/** The last hop before a host, and how to let go of it. */
export interface Entered<L extends Link> {
  readonly bastion: { readonly link: L; readonly hop: Hop } | undefined;
  readonly leave: () => Promise<void>;
}

/**
 * The last hop's link, opened by the first host that needs it and closed by the last.
 * @param open opens a link by the settings of a hop
 * @throws UnreachableError
 */
export async function enterBastion<L extends Link>(
  bastions: Bastions<L>,
  settings: ConnectionSettings,
  open: (settings: ConnectionSettings) => Promise<L>,
): Promise<Entered<L>> {
  const hops = hopsOf(settings);
  const hop = hops.at(-1);
  if (!hop) return { bastion: undefined, leave: () => Promise.resolve() };
  const way = JSON.stringify([hops, settings.identityFile, settings.agentSocket, settings.knownHostsFiles]);
  const last = bastions.get(way);
  // Hosts that were reached through one that is lost may hold on to it: whoever comes now needs another.
  const known = last?.opened?.lost() === undefined ? last : undefined;
  const bastion: Bastion<L> = known ?? { link: open(hopSettings(settings, hops, hops.length - 1)), users: 0 };
  if (!known) bastions.set(way, bastion);
  bastion.users += 1;
  const leave = async (): Promise<void> => {
    bastion.users -= 1;
    if (bastion.users > 0) return;
    if (bastions.get(way) === bastion) bastions.delete(way);
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

/** The same link; closing it also leaves the bastion before it. */
export function closingToo<L extends Link>(link: L, leave: () => Promise<void>): L {
  return {
    ...link,
    close: async () => {
      await link.close();
      await leave();
    },
  };
}
