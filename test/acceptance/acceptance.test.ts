// What people do with a homeserver, done with a real client on three of them that one run has made.

import test, { registerCompletionHandler } from 'ava';
import { browsers } from './browsers.ts';
import { calls } from './calls.ts';
import { encryption } from './encryption.ts';
import { federation } from './federation.ts';
import { layouts } from './layouts.ts';
import { media } from './media.ts';
import { password } from './password.ts';
import { logIn, logOutAll } from './person.ts';
import { rolling } from './rolling.ts';
import { rooms } from './rooms.ts';
import type { Scene } from './scene.ts';
import { describe, makeWorld, removeWorld, run } from './world.ts';

// Filled below, before the first test.
const scene = {} as Scene;

// A client that was stopped leaves timers behind.
registerCompletionHandler(() => process.exit());

test.before(async (t) => {
  t.timeout(900_000);
  scene.world = await makeWorld((line) => t.log(line));
});

test.after.always(async () => {
  logOutAll();
  await removeWorld(scene.world);
});

test.serial('one run made three homeservers and their accounts, and the same run again changes nothing', async (t) => {
  const { world } = scene;
  for (const host of ['one', 'two', 'three']) t.true(world.first.changed.includes(`${host}: Make an account for each of them`), host);
  const again = await run(await describe(world.lab));
  t.deepEqual(again.changed, []);
});

layouts.first(scene);

test.serial('everybody logs in with their ID and password, and is led to their homeserver by the name in the ID', async (t) => {
  const { world } = scene;
  const [alice, bob, carol, dave, erin, mallory] = await Promise.all(
    (['@alice:one', '@bob:two', '@carol:one', '@dave:two', '@erin:one', '@mallory:three'] as const).map((name) => logIn(world, `${name}.lab.test`)),
  );
  Object.assign(scene, { alice, bob, carol, dave, erin, mallory });
  t.is(scene.alice.client.getHomeserverUrl(), 'https://one.lab.test');
  t.is(scene.bob.client.getHomeserverUrl(), 'https://matrix.two.lab.test');
  t.is(scene.mallory.client.getHomeserverUrl(), 'https://matrix.three.lab.test');
});

rooms(scene);
media(scene);
password(scene);
calls(scene);
encryption(scene);
browsers(scene);
rolling(scene);
federation(scene);
layouts.moved(scene);
