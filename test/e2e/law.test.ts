import test from 'ava';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { removeLab } from '../lab/lab.ts';
import type { Lab } from '../lab/types.ts';
import { realPlaybook } from '../law/lab/real.ts';
import { differences, realOutcome, startTwins } from '../law/lab/twins.ts';
import { shownParts } from '../law/law.ts';
import { filesOf, playbooks } from '../law/play.ts';
import { type World, worlds } from '../law/worlds.ts';

/** HOMERUN_LAW_LAB gives another number; HOMERUN_SEED others. With HOMERUN_LAB the hosts have that name, and stay for the next time. */
const cases = Number(process.env['HOMERUN_LAW_LAB'] ?? 100);
const seed = fc.readConfigureGlobal().seed ?? Date.now() % 2 ** 31;
const kept = process.env['HOMERUN_LAB'];
const name = kept ?? 'e2e-law';

let lab: Lab;

test.before(async (t) => {
  t.timeout(900_000);
  if (kept === undefined) await removeLab(name);
  lab = await startTwins(name, (line) => t.log(line));
});

test.after.always(async () => {
  if (kept === undefined) await removeLab(name);
});

const all = fc.sample(fc.tuple(playbooks, worlds), { numRuns: cases, seed });
/** A test for each few of them, so that one sees how far it is. */
const few = 10;
for (let start = 0; start < all.length; start += few)
  test.serial(`on real hosts asking ahead gives what asking one task after another gives: cases from ${start + 1} on`, async (t) => {
    t.timeout(600_000);
    t.log(`HOMERUN_SEED=${seed}`);
    for (const [index, [playbook, world]] of all.slice(start, start + few).entries()) {
      const real = realPlaybook(playbook);
      const [ahead, naive] = await Promise.all([realOutcome(lab, 'ahead', real, world), realOutcome(lab, 'naive', real, world)]);
      const found = differences(ahead, naive);
      t.deepEqual(found.slice(0, 6), [], `case ${start + index + 1}\n${shownParts({ ...filesOf(real), 'the host': stringify(hostOf(world)) })}`);
    }
  });

/** What of a world is about the one host that each twin is. */
function hostOf({ start, drift, effects, check }: World): object {
  return { start: start.h1, effects, drift: drift.h1, check };
}
