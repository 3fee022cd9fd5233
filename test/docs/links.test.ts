// What a page leads to is there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'ava';
import { projectRoot } from '../lab/places.ts';
import { linksOf } from './page.ts';

const pages = readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
const files = [...pages.map((page) => join('docs', page)), 'README.md', 'SECURITY.md', 'CHANGELOG.md'];

test('each link and each picture of a page leads to a file of this project, and to a heading of it where it names one', (t) => {
  const wrong = files.flatMap((file) =>
    linksOf(read(file))
      .filter((link) => !/^[a-z]+:/.test(link))
      .flatMap((link) => {
        const [path = '', heading] = link.split('#');
        const target = path === '' ? file : relative(projectRoot, join(projectRoot, dirname(file), path));
        if (!existsSync(join(projectRoot, target))) return [`${file}: there is no ${link}`];
        return heading === undefined || headingsOf(read(target)).includes(heading) ? [] : [`${file}: ${target} has no heading #${heading}`];
      }),
  );
  t.deepEqual(wrong, []);
  t.true(files.length > 50);
});

test('each picture is on a page', (t) => {
  const shown = files.flatMap((file) => linksOf(read(file)).map((link) => join(dirname(file), link)));
  const pictures = readdirSync(join(projectRoot, 'docs/pictures')).map((name) => join('docs/pictures', name));
  t.deepEqual(
    pictures.filter((picture) => !shown.includes(picture)),
    [],
  );
});

function read(file: string): string {
  return readFileSync(join(projectRoot, file), 'utf8');
}

/** Headings by the names that GitHub gives them. */
function headingsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
