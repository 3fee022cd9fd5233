import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Defect, Mistake } from './defects.ts';
import { defects as lawDefects } from './law/defects.ts';
import { remoteDefects } from './remote/defects.ts';
import { secrecyDefects } from './secrecy/defects.ts';

// To put them in and see their tests turn red takes long: `node build/test/remote/defects.js`, `node build/test/secrecy/defects.js`.

const build = join(import.meta.dirname, '..');
const tested: readonly Defect[] = [...remoteDefects, ...secrecyDefects];
const lists: Readonly<Record<string, readonly Mistake[]>> = { law: lawDefects, remote: remoteDefects, secrecy: secrecyDefects };

for (const [name, defects] of Object.entries(lists))
  test(`each mistake of the list ${name} has its place in the program still`, (t) => {
    t.true(defects.length > 10);
    const times = ({ file, from }: Mistake) => readFileSync(join(build, 'src', `${file}.js`), 'utf8').split(from).length - 1;
    t.deepEqual(
      defects.flatMap((defect) => (times(defect) === 1 ? [] : [`${defect.what}: ${defect.file} has this ${times(defect)} times: ${defect.from}`])),
      [],
    );
  });

test('each mistake of the lists remote and secrecy has a test that is there', (t) => {
  t.deepEqual(
    tested.filter(({ test: { file } }) => !existsSync(join(build, 'test', `${file}.test.js`))).map(({ what }) => what),
    [],
  );
});
