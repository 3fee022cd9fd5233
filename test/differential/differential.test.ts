// The same cases through Ansible and through homerun, on twin hosts: every difference that is not declared is a defect of homerun.
//
// HOMERUN_CASES=copy,file runs these files alone, HOMERUN_CASE=words the cases whose name holds the words. HOMERUN_LAB=name uses the lab of
// that name and leaves it up, so that the next run starts at once.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../lab/places.ts';
import { type Case, isPlays, readCases } from './cases.ts';
import type { Difference } from './compare.ts';
import { runPlayCases } from './run-plays.ts';
import { runTaskCases } from './run-tasks.ts';
import { turns } from './turns.ts';
import { type HostName, hostNames, removeTwins, startTwins, type Twins } from './twins.ts';

const own = process.env['HOMERUN_LAB'];
const name = own ?? 'differential';
const files = readCases(process.env);
const page = flat(readFileSync(join(projectRoot, 'docs/differences-from-ansible.md'), 'utf8'));
/** Two files of cases at a time, each on a pair of hosts of its own; a file of whole playbooks takes both pairs. */
const pairs = turns<HostName>(hostNames);

let twins: Twins;

test.before(async (t) => {
  t.timeout(600_000);
  if (own === undefined) await removeTwins(name);
  twins = await startTwins(name, (line) => t.log(line));
});

test.after.always(async () => {
  if (own === undefined) await removeTwins(name);
  if (twins !== undefined) rmSync(twins.folder, { recursive: true, force: true });
});

for (const file of files.filter(({ cases }) => cases.length > 0)) {
  test(`${file.name}: ${file.cases.length} cases end as with Ansible, in check mode and in a first and second run`, async (t) => {
    t.timeout(1_200_000);
    const { cases } = file;
    const found = isPlays(cases)
      ? await pairs.takeAll(() => runPlayCases(twins, file, cases))
      : await pairs.take((host) => runTaskCases(twins, file, cases, host));
    const wrong = (cases as readonly Case[]).flatMap((one, index) => complaints(one, found[index] ?? []));
    if (wrong.length > 0) t.fail(`${wrong.length} of ${cases.length} cases differ:\n\n${wrong.join('\n\n')}\n`);
    else t.pass();
  });
}

test('what cases declare to differ stands in the page of differences', (t) => {
  const declared = files.flatMap((file) => (file.cases as readonly Case[]).flatMap((one) => one.differs?.says ?? []));
  t.deepEqual(
    declared.filter((says) => !page.includes(flat(says))),
    [],
  );
});

/** What is wrong with a case, for a person: nothing when it differs just as it says. */
function complaints({ name, differs }: Case, found: readonly Difference[]): string[] {
  const declared = new Set(differs?.found);
  const fresh = found.filter(({ line }) => !declared.has(line));
  const lines = new Set(found.map(({ line }) => line));
  const gone = [...declared].filter((line) => !lines.has(line));
  if (fresh.length === 0 && gone.length === 0) return [];
  const shown = fresh.map(({ line, details }) =>
    [`  - ${line}`, ...details.map((detail) => `      ${detail.replaceAll('\n', '\n      ')}`)].join('\n'),
  );
  return [[name, ...shown, ...gone.map((line) => `  - declared, and not found: ${line}`)].join('\n')];
}

function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
