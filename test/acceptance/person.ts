// Somebody with a Matrix client: what they do, and what they wait to see.

import { AutoDiscovery, createClient, type MatrixClient, type MatrixEvent, SyncState } from 'matrix-js-sdk';
import { type Logger, logger } from 'matrix-js-sdk/lib/logger.js';
import { waitFor } from '../lab/run.ts';
import { completeNode20 } from './node-20.ts';
import type { World } from './world.ts';

/** Seconds in which news must come from one server to the other. */
const soon = 30;

export interface Person {
  /** Such as `@alice:one.lab.test`. */
  readonly id: string;
  /** Logged in, and in sync. */
  readonly client: MatrixClient;
}

const nothing = (): void => undefined;
/** A client says much of what it does. */
const quiet: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, getChild: () => quiet };
// What belongs to no client, such as an event, says it by the module's own logger, and some of it by a word that no other logger has.
Object.assign(logger, quiet, { log: nothing });
completeNode20();

/** Every client that runs: all of them must be stopped for the process to end. */
const running = new Set<MatrixClient>();

/** Where the homeserver of a server name is, as a client finds it. @throws Error with what the client makes of it */
export async function discover({ fetch }: World, serverName: string): Promise<string> {
  AutoDiscovery.setFetchFn(fetch);
  const { 'm.homeserver': found } = await AutoDiscovery.findClientConfig(serverName);
  if (found?.state !== AutoDiscovery.SUCCESS || typeof found['base_url'] !== 'string')
    throw new Error(`${serverName} leads to no homeserver: ${found?.state} ${found?.error}`);
  return found['base_url'];
}

/**
 * Logs in on a new device that knows no keys, and waits until the client has all that the server knows.
 * @param password default what everybody has at first. @throws MatrixError when the server refuses it
 */
export async function logIn(world: World, id: string, password = world.password): Promise<Person> {
  const baseUrl = await discover(world, serverOf(id));
  const { fetch: fetchFn } = world;
  const login = await createClient({ baseUrl, fetchFn, logger: quiet }).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: id },
    password,
    initial_device_display_name: 'acceptance',
  });
  const { access_token: accessToken, device_id: deviceId, user_id: userId } = login;
  const client = createClient({ baseUrl, fetchFn, userId, deviceId, accessToken, logger: quiet });
  running.add(client);
  await client.initRustCrypto({ useIndexedDB: false });
  await client.startClient({ initialSyncLimit: 50 });
  const inSync: readonly (SyncState | null)[] = [SyncState.Prepared, SyncState.Syncing];
  await until(`the first sync of ${id}`, () => inSync.includes(client.getSyncState()));
  return { id: userId, client };
}

/** Stops all clients. */
export function logOutAll(): void {
  for (const client of running) client.stopClient();
  running.clear();
}

/** The server's name in an ID. */
export function serverOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** Waits until something that a person's client shows holds. @throws Error that says what was waited for */
export function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  return waitFor(what, soon, async () => (await look()) || undefined);
}

/** Waits until a person reads a message. */
export function reads({ id, client }: Person, room: string, text: string): Promise<MatrixEvent> {
  return until(`${id} to read "${text}"`, () => eventsIn(client, room).find((event) => event.getContent()['body'] === text));
}

/** What a person sees of a room, the oldest first. */
export function eventsIn(client: MatrixClient, room: string): readonly MatrixEvent[] {
  return client.getRoom(room)?.getLiveTimeline().getEvents() ?? [];
}

/** Waits for the invitation of a person, and accepts it. */
export async function accept({ id, client }: Person, room: string): Promise<void> {
  await until(`the invitation of ${id}`, () => client.getRoom(room)?.getMyMembership() === 'invite');
  await client.joinRoom(room);
}

/** Waits until one person sees another in a room as `membership`: in the client, or where that was left behind by what came all at once, by asking its server. */
export function sees({ id, client }: Person, room: string, other: string, membership: string): Promise<boolean> {
  return until(`${id} to see ${other} as "${membership}"`, async () => {
    if (client.getRoom(room)?.getMember(other)?.membership === membership) return true;
    const state = await client.getStateEvent(room, 'm.room.member', other).catch(() => undefined);
    return state?.['membership'] === membership;
  });
}
