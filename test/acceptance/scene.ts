import type { Person } from './person.ts';
import type { World } from './world.ts';

/** What the tests play on; filled before the first of them. */
export interface Scene {
  world: World;
  alice: Person;
  bob: Person;
  carol: Person;
  dave: Person;
  erin: Person;
  mallory: Person;
}
