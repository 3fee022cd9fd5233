import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { createLimit } from '../../src/remote/limit.ts';
import type { Mistake } from '../defects.ts';
import { defects } from './defects.ts';
import { breachFound, nothingFound } from './look.ts';

/** Each is looked for in a process of its own. */
const limit = createLimit(availableParallelism());

for (const defect of defects)
  test(`the law catches a mistake: ${defect.what}`, async (t) => {
    t.timeout(600_000);
    const { file, from } = defect;
    const text = readFileSync(new URL(`../../src/${file}.js`, import.meta.url), 'utf8');
    t.is(text.split(from).length - 1, 1, `${file} does not hold this once: ${from}`);
    const code = await limit.run('look', () => lookFor(defect));
    t.true(code === breachFound || code === nothingFound, `the look ended with ${String(code)}`);
    t.is(code, breachFound, 'no case shows it');
  });

async function lookFor(defect: Mistake): Promise<unknown> {
  const program = fileURLToPath(new URL('look.js', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(defect)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code]: unknown[] = await once(child, 'exit');
  return code;
}
