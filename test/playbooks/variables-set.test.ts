// Each variable is set to another value than its default on a real host, or stands here with the reason why not.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../lab/places.ts';
import { options, read } from './declared.ts';
import { guideKeys } from './guide-keys.ts';

/** What is not set on a host. */
const notSet: Readonly<Record<string, string>> = {
  matrix_names: 'it follows from other variables',
  matrix_certificate_names: 'it follows from other variables',
  matrix_certificate_folder: 'it follows from other variables',
  matrix_instance_prefix: 'it follows from matrix_instance',
  matrix_main_client: 'it follows from other variables',
  matrix_clients: 'it follows from other variables',
  matrix_postgresql_names: 'it is read by nothing but the comparison of homeservers on one machine',
  matrix_postgresql_settings: 'it is read by nothing but the comparison of homeservers on one machine',
};

/** The tests on hosts, and what they share. */
const sources = ['test/e2e', 'test/acceptance']
  .flatMap((folder) => readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
  .concat('test/lab/matrix-inventory.ts')
  .filter((path) => path.endsWith('.ts'))
  .map(read)
  .join('\n');

/** guide.test.ts sets these from its table. */
const ofTheGuide = new Set(guideKeys.flatMap(({ variable, set }) => (set === undefined ? [] : (variable.split('.')[0] ?? []))));

/** Whether a test gives it a value: an entry of a mapping, or `-e NAME=value`. */
const isSet = (name: string) => ofTheGuide.has(name) || new RegExp(`\\b${name}\\b(?:['"\\]]?:|=)`).test(sources);

test('variables › each is set on a host by a test, or it is said why not', (t) => {
  t.deepEqual(
    Object.keys(options).filter((name) => !isSet(name) && notSet[name] === undefined),
    [],
  );
});

test('variables › none of those that are said not to be set is set, or gone', (t) => {
  t.deepEqual(
    Object.keys(notSet).filter((name) => options[name] === undefined || isSet(name)),
    [],
  );
});
