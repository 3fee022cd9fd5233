// The page for a newcomer: the same in both languages, and what it shows is right.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { homerun } from '../e2e/homerun.ts';
import { projectRoot } from '../lab/places.ts';
import { codeOf, linksOf } from './page.ts';

const [english, chinese] = ['first-server.md', 'first-server.zh.md'].map((page) => readFileSync(join(projectRoot, 'docs', page), 'utf8')) as [
  string,
  string,
];

/** Comments may be in the language of the page. */
const blocks = (page: string) => codeOf(page).map(({ language, text }) => ({ language, text: text.replaceAll(/[ \t]+# .*$/gm, '') }));
const headings = (page: string) => [...page.matchAll(/^#+(?= )/gm)].map(([level]) => level);
/** Each page leads to the other one, and the order of words is each language's own. */
const links = (page: string) =>
  linksOf(page)
    .filter((link) => !link.startsWith('first-server.'))
    .toSorted();

test('both languages show the same commands and files, lead to the same places and pictures, and have the same parts', (t) => {
  t.deepEqual(blocks(chinese), blocks(english));
  t.deepEqual(links(chinese), links(english));
  t.deepEqual(headings(chinese), headings(english));
  t.true(blocks(english).length >= 8 && headings(english).length >= 10);
});

test('the inventory of the page, made as the page says, is one in which lint finds nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-first-server-'));
  cpSync(join(projectRoot, 'inventory/example'), folder, { recursive: true });
  const files = codeOf(english).flatMap(({ language, text }) => (language === 'yaml' ? [text] : []));
  t.is(files.length, 2);
  for (const name of ['family.yaml', 'school.yaml']) rmSync(join(folder, 'host_vars', name));
  for (const [index, path] of ['hosts.yaml', 'host_vars/ours.yaml'].entries()) writeFileSync(join(folder, path), files[index] ?? '');
  const secrets = [...english.matchAll(/^homerun secret set (\w+)/gm)].flatMap(([, name]) => ['-e', `${name}=of-the-test`]);
  const { exitCode, stdout, stderr } = await homerun(['lint', '-i', folder, ...secrets]);
  t.is(exitCode, 0, `${stdout}\n${stderr}`);
  t.regex(stdout, /^Nothing is wrong in \d+ plays for 1 host\.\n$/);
  rmSync(folder, { recursive: true });
});
