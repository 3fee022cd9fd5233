import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadModules, ownName } from '../../src/modules/registry.ts';
import { projectRoot } from '../lab/places.ts';
import { modulesFolder, pages } from './pages.ts';

const made = await pages();

for (const [path, text] of made) {
  test(`${path} is as the source makes it (npm run docs writes it)`, (t) => {
    const file = join(projectRoot, path);
    t.true(existsSync(file), 'the page is missing');
    t.is(readFileSync(file, 'utf8'), text);
  });
}

test('there is a page for each module, and none too many', async (t) => {
  const own = [...(await loadModules()).keys()].filter((name) => ownName(name) === name);
  const expected = [...own.map((name) => `${name}.md`), 'README.md'].sort();
  t.deepEqual(readdirSync(join(projectRoot, modulesFolder)).sort(), expected);
});

test('a page tells the entries of a parameter that is a mapping', (t) => {
  const page = made.get(`${modulesFolder}/docker_container.md`) ?? '';
  t.regex(page, /^\| `wait_healthy\.url` \| list of text \| /m);
  t.regex(page, /^\| `networks\[\]\.aliases` \| list of text \| `\[\]` \| Further names/m);
});
