import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../lab/places.ts';
import { modulesFolder, pages } from './pages.ts';

// `npm run docs`: writes the pages of the reference that are made from the source, and removes those of modules that are gone.

const made = await pages();
mkdirSync(join(projectRoot, modulesFolder), { recursive: true });
for (const name of readdirSync(join(projectRoot, modulesFolder))) {
  if (!made.has(`${modulesFolder}/${name}`)) rmSync(join(projectRoot, modulesFolder, name));
}
for (const [path, text] of made) {
  mkdirSync(dirname(join(projectRoot, path)), { recursive: true });
  writeFileSync(join(projectRoot, path), text);
}
console.log(`${made.size} pages written to docs/reference/`);
