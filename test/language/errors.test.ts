import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { z } from 'zod';
import { saidOf } from './project.ts';

/** Where the cases stand: the source folder, as only TypeScript is compiled. */
const folder = join(import.meta.dirname, '../../../test/language/errors');

/** A wrong project and all that is said of it: `file:line:column: message`, the hint indented below. */
const caseSchema = z.strictObject({
  name: z.string(),
  files: z.record(z.string(), z.string()),
  options: z
    .strictObject({
      playbooks: z.array(z.string()).optional(),
      inventories: z.array(z.string()).optional(),
      extraVars: z.array(z.string()).optional(),
      limit: z.string().optional(),
      facts: z.array(z.string()).optional(),
      secrets: z.record(z.string(), z.string()).optional(),
    })
    .default({}),
  says: z.string(),
});

for (const file of readdirSync(folder)) {
  const cases = z.array(caseSchema).parse(parse(readFileSync(join(folder, file), 'utf8')));
  for (const { name, files, options, says } of cases) {
    test(`${file.replace('.yaml', '')} › ${name}`, async (t) => {
      // zod's optional keys may hold undefined, which loading treats as absent.
      t.is(await saidOf(files, options as Parameters<typeof saidOf>[1]), says.trimEnd());
    });
  }
}
