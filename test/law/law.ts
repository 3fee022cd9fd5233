import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { lawModules } from './modules.ts';
import { Court } from './outcome.ts';
import { type Playbook, playbooks, shown, type World, worlds } from './play.ts';

const worldsEach = 4;

/**
 * Looks for a playbook and hosts for which asking ahead does not give what asking one task after another gives, or the engine not what the reference gives.
 * @param cases how many worlds are tried, each run twice.
 * @param seed of the random playbooks. Default: one that is random itself.
 * @param shrink whether the smallest such case is looked for. Default true.
 * @returns what to show of it; nothing if none was found.
 */
export async function findBreach(cases: number, seed?: number, shrink = true): Promise<string | undefined> {
  const court = new Court(await lawModules());
  const property = fc.asyncProperty(playbooks, fc.array(worlds, { minLength: worldsEach, maxLength: worldsEach }), (playbook, all) =>
    judge(court, playbook, all),
  );
  const options = { numRuns: Math.ceil(cases / worldsEach), endOnFailure: !shrink };
  const result = await fc.check(property, seed === undefined ? options : { ...options, seed });
  court.close();
  if (!result.failed) return undefined;
  const [playbook, all] = result.counterexample ?? [];
  return `seed ${result.seed}, after ${result.numRuns} playbooks\n${playbook && all ? shown(playbook, all) : ''}\n${String(result.errorInstance)}`;
}

async function judge(court: Court, playbook: Playbook, all: readonly World[]): Promise<void> {
  const prepared = await court.prepare(playbook);
  for (const world of all) {
    const { trips: quick, ...ahead } = await court.outcome(prepared, world, true);
    const { trips: slow, ...naive } = await court.outcome(prepared, world, false);
    deepStrictEqual(ahead, naive);
    deepStrictEqual(naive.essence, court.essence(prepared, world));
    // Before it refuses by what was seen earlier it looks again; and what spoils the answers of all that are asked with it costs a trip for each.
    const refused = JSON.stringify(ahead.essence.lines).split('failed').length - 1;
    if (quick > slow + refused && !JSON.stringify([playbook, world]).includes('broken')) throw new Error(`${quick} trips instead of ${slow}`);
  }
}
