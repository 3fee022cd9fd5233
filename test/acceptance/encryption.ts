// Rooms with end-to-end encryption across two servers: who is verified, who can read, and who cannot.

import test from 'ava';
import { Preset } from 'matrix-js-sdk';
import { type CryptoApi, VerificationPhase, type VerificationRequest, type Verifier } from 'matrix-js-sdk/lib/crypto-api/index.js';
import { accept, eventsIn, logIn, type Person, reads, until } from './person.ts';
import type { Scene } from './scene.ts';

export function encryption(scene: Scene): void {
  let room = '';
  /** The second device of bob, which comes to the room too late. */
  let late: Person;

  test.serial('a message of an encrypted room is read on the other server, and the servers see none of it', async (t) => {
    const { alice, bob, world } = scene;
    const made = await alice.client.createRoom({
      name: 'Secret',
      preset: Preset.PrivateChat,
      invite: [bob.id],
      initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
    });
    room = made.room_id;
    await accept(bob, room);
    await until('alice to see bob', () => alice.client.getRoom(room)?.getMember(bob.id)?.membership === 'join');
    const { event_id: id } = await alice.client.sendTextMessage(room, 'For your eyes only');
    const message = await reads(bob, room, 'For your eyes only');
    t.true(message.isEncrypted());
    t.is(message.getWireType(), 'm.room.encrypted');
    await bob.client.sendTextMessage(room, '只给你看');
    await reads(alice, room, '只给你看');
    // As the server of bob has it.
    const { client } = bob;
    const url = `${client.getHomeserverUrl()}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/event/${encodeURIComponent(id)}`;
    const raw = await (await world.fetch(url, { headers: { authorization: `Bearer ${client.getAccessToken()}` } })).text();
    t.regex(raw, /"m\.megolm\.v1\.aes-sha2"/);
    t.notRegex(raw, /your eyes/);
  });

  test.serial('two people verify each other by the same seven pictures on both screens', async (t) => {
    const { alice, bob } = scene;
    await Promise.all([alice, bob].map((one) => signOwnDevice(one)));
    t.false((await cryptoOf(alice).getUserVerificationStatus(bob.id)).isCrossSigningVerified());
    await until('alice to know the keys of bob', () => cryptoOf(alice).userHasCrossSigningKeys(bob.id));
    const request = await cryptoOf(alice).requestVerificationDM(bob.id, room);
    const incoming = await until('the request of alice', () => cryptoOf(bob).findVerificationRequestDMInProgress(room, alice.id));
    await compare(t, request, incoming);
    for (const [one, other] of [
      [alice, bob],
      [bob, alice],
    ] as const)
      await until(`${one.id} to hold ${other.id} verified`, async () =>
        (await cryptoOf(one).getUserVerificationStatus(other.id)).isCrossSigningVerified(),
      );
  });

  test.serial('a device that comes later and has no keys reads neither what was sent before nor what is for verified devices', async (t) => {
    const { alice, bob, world } = scene;
    late = await logIn(world, bob.id);
    cryptoOf(alice).globalBlacklistUnverifiedDevices = true;
    await until('alice to know the new device', async () => (await cryptoOf(alice).getUserDeviceInfo([bob.id])).get(bob.id)?.has(deviceOf(late)));
    const { event_id: id } = await alice.client.sendTextMessage(room, 'For verified devices');
    await reads(bob, room, 'For verified devices');
    await until('it to come to the new device', () =>
      eventsIn(late.client, room)
        .find((event) => event.getId() === id)
        ?.isDecryptionFailure(),
    );
    const encrypted = eventsIn(late.client, room).filter((event) => event.isEncrypted());
    t.true(encrypted.length >= 3);
    // What it shows of each: that it cannot be read.
    await until('all to be tried', () => encrypted.every((event) => event.isDecryptionFailure()));
    const texts = encrypted.map((event) => event.getContent()['body']);
    for (const text of ['For your eyes only', '只给你看', 'For verified devices']) t.false(texts.includes(text), text);
  });

  test.serial('once its owner has verified the new device, it reads what is sent then', async (t) => {
    const { alice, bob } = scene;
    await until('bob to know his new device', async () => (await cryptoOf(bob).getUserDeviceInfo([bob.id], true)).get(bob.id)?.has(deviceOf(late)));
    const request = await cryptoOf(bob).requestDeviceVerification(bob.id, deviceOf(late));
    const incoming = await until('the request of bob', () => cryptoOf(late).getVerificationRequestsToDeviceInProgress(bob.id)[0]);
    await compare(t, request, incoming);
    await until('alice to hold it verified', async () => (await cryptoOf(alice).getDeviceVerificationStatus(bob.id, deviceOf(late)))?.isVerified());
    await alice.client.sendTextMessage(room, 'For both of you');
    t.true((await reads(late, room, 'For both of you')).isEncrypted());
  });
}

function cryptoOf({ client, id }: Person): CryptoApi {
  const crypto = client.getCrypto();
  if (!crypto) throw new Error(`the client of ${id} has no encryption`);
  return crypto;
}

function deviceOf({ client, id }: Person): string {
  const device = client.getDeviceId();
  if (device === null) throw new Error(`the client of ${id} has no device`);
  return device;
}

/** Makes the keys that a person signs devices and other people with. A server takes the first ones without the password. */
async function signOwnDevice(person: Person): Promise<void> {
  await cryptoOf(person).bootstrapCrossSigning({
    authUploadDeviceSigningKeys: async (upload) => {
      await upload(null);
    },
  });
}

interface Asserts {
  readonly deepEqual: (actual: unknown, expected: unknown) => boolean;
  readonly is: (actual: unknown, expected: unknown) => boolean;
}

/** Goes through a verification on both sides: the same pictures are shown, and both people say so. */
async function compare(t: Asserts, request: VerificationRequest, incoming: VerificationRequest): Promise<void> {
  await incoming.accept();
  await until('the request to be accepted', () => request.phase === VerificationPhase.Ready);
  const ours = await request.startVerification('m.sas.v1');
  const theirs = await until('the other side to begin', () => incoming.verifier);
  const done = Promise.all([ours, theirs].map((one) => one.verify()));
  // Whoever awaits it hears of a failure; until then it is nobody's unhandled rejection.
  done.catch(() => undefined);
  const [mine, yours] = await Promise.all([shown(ours), shown(theirs)]);
  t.is(mine.sas.emoji?.length, 7);
  t.deepEqual(mine.sas.emoji, yours.sas.emoji);
  await Promise.all([mine.confirm(), yours.confirm()]);
  await done;
}

function shown(verifier: Verifier) {
  return until('the pictures', () => verifier.getShowSasCallbacks() ?? undefined);
}
