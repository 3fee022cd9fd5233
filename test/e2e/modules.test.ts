import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { onHost, removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, type MatrixInventory, writeInventory } from '../lab/matrix-inventory.ts';
import { projectRoot } from '../lab/places.ts';
import type { Lab } from '../lab/types.ts';
import { complaint, converge, homerunHere } from './homerun.ts';

const name = 'e2e-modules';
const folder = mkdtempSync(join(tmpdir(), 'homerun-modules-'));
const cases = join(projectRoot, 'test/modules/real');

let lab: Lab;
let inventory: MatrixInventory;

test.before(async (t) => {
  t.timeout(600_000);
  await removeLab(name);
  lab = await startLab({ name, hosts: [homeserverRequest('case', 'baked')], say: (line) => t.log(line) });
  inventory = await writeInventory(lab, { folder });
  cpSync(join(cases, 'files'), join(folder, 'files'), { recursive: true });
});

test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

/** What is done in turn on one host: a task with the status that it ends with and a part of its message, or sh that breaks or looks at something there. */
const step = z.union([
  z.strictObject({ on_host: z.string() }),
  z.strictObject({ task: z.record(z.string(), z.unknown()), status: z.enum(['ok', 'changed', 'failed']), message: z.string().optional() }),
]);
const file = z.strictObject({ needs: z.literal('baked'), steps: z.array(step) });

const exitCodes = { ok: 0, changed: 3, failed: undefined } as const;

for (const module of readdirSync(cases)
  .filter((entry) => entry.endsWith('.yaml'))
  .sort()) {
  test.serial(`${module.replace('.yaml', '')} does on a real host what its cases say, and check foresees it`, async (t) => {
    t.timeout(900_000);
    const document = parseDocument(readFileSync(join(cases, module), 'utf8'), { merge: true });
    const { steps } = file.parse(document.toJS({ maxAliasCount: -1 }));
    for (const [index, one] of steps.entries()) {
      const which = `step ${index + 1}: ${JSON.stringify(one).slice(0, 300)}`;
      if ('on_host' in one) {
        const { code, stdout, stderr } = await onHost(lab, 'case', `set -e\n${one.on_host}`);
        t.is(code, 0, `${which}\n${stdout}\n${stderr}`);
        continue;
      }
      const playbook = join(folder, 'case.yaml');
      writeFileSync(playbook, JSON.stringify([{ hosts: 'matrix', become: true, tasks: [one.task] }]));
      const expected = exitCodes[one.status];
      if (expected !== undefined) {
        const checked = await homerunHere(['check', playbook, '-i', inventory.folder]);
        t.is(checked.exitCode, expected, `check of ${which}\n${checked.stdout}\n${checked.stderr}`);
      }
      const ran = await converge('run', [playbook, '-i', inventory.folder], {}, homerunHere);
      const outcome = ran.tasks.find(({ event }) => event === 'task');
      t.is(outcome?.status, one.status, `${which}\n${complaint(ran)}`);
      if (one.message !== undefined) t.true(outcome?.message?.includes(one.message), `${which}\n${outcome?.message}`);
    }
  });
}
