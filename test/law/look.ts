import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Mistake } from '../defects.ts';

/** Exit codes; none that a crash gives. */
export const breachFound = 3;
export const nothingFound = 4;

/** The same cases each time, so that a mistake that is caught stays caught until the law or the program changes. */
const seed = 1;
const mostCases = 4000;

/** What is done to the text of one file as it is loaded. */
export interface Edit {
  readonly url: string;
  readonly from: string;
  readonly to: string;
}

// As a program: looks for a case that shows the defect which is given as JSON, in a process whose program has it.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { file, from, to } = JSON.parse(process.argv[2] ?? '') as Mistake;
  const edit: Edit = { url: new URL(`../../src/${file}.js`, import.meta.url).href, from, to };
  register('./edited.js', import.meta.url, { data: edit });
  const { findBreach } = await import('./law.ts');
  process.exitCode = (await findBreach(mostCases, seed, false)) === undefined ? nothingFound : breachFound;
}
