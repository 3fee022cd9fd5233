// The same inventories through ansible-core and through homerun: groups, hosts, variables, and the hosts of patterns must be the same.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import * as z from 'zod';
import { main } from '../../src/cli/program.ts';
import { readInventory } from '../../src/language/inventory-read.ts';
import { createReader } from '../../src/language/load.ts';
import { matchPattern } from '../../src/language/pattern.ts';
import { fakeIo } from '../cli/fake-io.ts';

const caseSchema = z.strictObject({
  name: z.string(),
  files: z.record(z.string(), z.string()).default({}),
  /** Those of `files` that are programs. */
  programs: z.array(z.string()).default([]),
  inventories: z.array(z.string()).default(['inventory']),
  playbookDir: z.string().optional(),
  patterns: z.array(z.string()).default([]),
  /** Whether both say that it is wrong, each in its words. */
  wrong: z.boolean().default(false),
});

/** What ansible-core says of a case. */
const answerSchema = z.union([
  z.strictObject({ list: z.unknown(), hosts: z.record(z.string(), z.array(z.string())) }),
  z.strictObject({ error: z.string() }),
]);

const source = join(import.meta.dirname, '../../../test/differential');
const cases = z.array(caseSchema).parse(parse(readFileSync(join(source, 'inventory.yaml'), 'utf8')));
const root = mkdtempSync(join(tmpdir(), 'homerun-inventories-'));
const folders = cases.map((one, index) => written(one, join(root, String(index))));
const isHere = existsSync('/usr/bin/ansible-inventory');
const answers = isHere ? ansibleAnswers() : [];
const withAnsible = isHere ? test : test.skip;

test.after.always(() => rmSync(root, { recursive: true }));

for (const [index, one] of cases.entries()) {
  const folder = folders[index] ?? '';
  withAnsible(`as in Ansible: ${one.name}`, async (t) => {
    const answer = answers[index];
    const ours = await homerunInventory(one, folder);
    if (one.wrong) t.deepEqual([answer && 'error' in answer, ours], [true, undefined], JSON.stringify(answer));
    else if (!answer || 'error' in answer) t.fail(answer?.error);
    else {
      t.deepEqual(ours, answer.list);
      const reader = createReader({ workingFolder: folder, lookups: { env: () => undefined, secret: () => undefined } });
      const inventory = one.patterns.length === 0 ? undefined : readInventory(one.inventories, reader);
      const hosts = one.patterns.map((pattern) => [pattern, inventory && matchPattern(pattern, inventory).hosts]);
      t.deepEqual(Object.fromEntries(hosts), answer.hosts);
    }
  });
}

function written({ files, programs }: (typeof cases)[number], folder: string): string {
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const path of programs) chmodSync(join(folder, path), 0o755);
  return folder;
}

function ansibleAnswers(): readonly z.infer<typeof answerSchema>[] {
  const input = cases
    .map(({ inventories, patterns, playbookDir }, index) => JSON.stringify({ folder: folders[index], inventories, patterns, playbookDir }))
    .join('\n');
  const env = {
    PATH: process.env['PATH'],
    HOME: root,
    LC_ALL: 'C.UTF-8',
    // Without these Ansible warns, and goes on without the file.
    ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: '1',
    ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS: 'ignore',
  };
  const output = execFileSync('/usr/bin/python3', [join(source, 'inventory.py')], {
    input,
    env,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => answerSchema.parse(JSON.parse(line)));
}

/** What `homerun inventory --json` prints; undefined where it says what is wrong. */
async function homerunInventory({ inventories, playbookDir }: (typeof cases)[number], folder: string): Promise<unknown> {
  const io = fakeIo({ workingFolder: folder, environment: { PATH: process.env['PATH'] } });
  const options = [...inventories.flatMap((path) => ['-i', path]), ...(playbookDir === undefined ? [] : ['--playbook-dir', playbookDir])];
  const exit = await main(['inventory', '--json', ...options], io, () => Promise.reject(new Error('no engine')));
  return exit === 0 ? JSON.parse(io.printed().output) : undefined;
}
