import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument, type ScalarTag } from 'yaml';
import * as z from 'zod';
import { Secret } from '../../src/values/secret.ts';

/** Where the cases stand: the source folder, as only TypeScript is compiled. */
const folder = join(import.meta.dirname, '../../../test/modules');

/** Text that must occur in, or be all of, what a change holds. */
const expectedText = z.union([z.string(), z.strictObject({ contains: z.array(z.string()) })]);

const expectedCommand = z.union([
  z.string(),
  z.strictObject({
    script: expectedText.optional(),
    stdin: expectedText.optional(),
    okCodes: z.array(z.number()).optional(),
    detached: z.boolean().optional(),
    timeoutSeconds: z.number().optional(),
  }),
]);

const expectedChange = z.strictObject({
  summary: z.string(),
  commands: z.array(expectedCommand).optional(),
  writes: z.array(z.string()).optional(),
  diff: z.strictObject({ label: z.string().optional(), before: z.unknown().optional(), after: z.unknown().optional() }).optional(),
  brings: z.array(z.unknown()).optional(),
  adds: z.unknown().optional(),
  reconnects: z.unknown().optional(),
  waitsSeconds: z.number().optional(),
  parts: z.array(z.unknown()).optional(),
  opaque: z.boolean().optional(),
  uncounted: z.string().optional(),
  staged: z.boolean().optional(),
});

const outputSchema = z.strictObject({ rc: z.number().default(0), stdout: z.string().default(''), stderr: z.string().default('') });

/**
 * One case of a module, as it stands in `test/modules/NAME.yaml` (a list of them): params as the engine would hand them over (a local
 * file as `{path, content}`, a secret as `!secret text`), the answers by the names that the module gives its questions (all of them, and
 * no others), and what comes of it. Of a change only the keys that are given are compared.
 */
const caseSchema = z.strictObject({
  name: z.string(),
  params: z.record(z.string(), z.unknown()),
  answers: z.record(z.string(), z.unknown()).default({}),
  /** The user's machine: the digest of each file there by its path, `folder` for a folder. Tasks are for the host `web1`, of a playbook in `/play`. */
  here: z.record(z.string(), z.string()).default({}),
  /** The inventory has already what the module would add to it. */
  known: z.boolean().default(false),
  changes: z.array(expectedChange).optional(),
  /** What `result` gives: these keys are compared. `outputs` are what the commands left. */
  result: z.record(z.string(), z.unknown()).optional(),
  outputs: z.array(outputSchema).default([]),
  /** Whether the outputs tell that an opaque change changed anything. */
  effect: z.boolean().optional(),
  /** A part of the message with which the params are refused, or `ask` or `plan` throws. */
  error: z.string().optional(),
});

export type Case = z.output<typeof caseSchema>;
export type ExpectedChange = z.output<typeof expectedChange>;
export type ExpectedCommand = z.output<typeof expectedCommand>;
export type ExpectedText = z.output<typeof expectedText>;

const secretTag: ScalarTag = { tag: '!secret', resolve: (text) => new Secret(text) };

/** The modules that have cases, by the name of their file. */
export function modulesWithCases(): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}

/** The cases of a module. @throws Error when the file is not a list of cases. */
export function casesOf(module: string): readonly Case[] {
  const file = join(folder, `${module}.yaml`);
  const document = parseDocument(readFileSync(file, 'utf8'), { customTags: [secretTag], merge: true, prettyErrors: true });
  const [problem] = document.errors;
  if (problem) throw new Error(`${file}: ${problem.message}`);
  // These files are ours: cases may lean on one another as much as they like.
  const parsed = z.array(caseSchema).safeParse(document.toJS({ maxAliasCount: -1 }));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
