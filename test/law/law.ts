import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { lawModules } from './modules.ts';
import { Court, inventory, type Trial } from './outcome.ts';
import { filesOf, type Playbook, playbooks } from './play.ts';
import { type World, worlds } from './worlds.ts';

const worldsEach = 4;

/** What went wrong, and in which world. */
class Breach extends Error {
  readonly world: World;

  constructor(world: World, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.world = world;
  }
}

/**
 * Looks for a playbook and hosts for which asking ahead does not give what asking one task after another gives, or the engine not what the reference gives.
 * @param cases how many worlds are tried, each run twice.
 * @param seed of the random playbooks. Default: one that is random itself.
 * @param shrink whether the smallest such case is looked for. Default true.
 * @returns what to show of it; nothing if none was found.
 */
export async function findBreach(cases: number, seed?: number, shrink = true): Promise<string | undefined> {
  const court = new Court(await lawModules());
  const property = fc.asyncProperty(playbooks, fc.array(worlds, { minLength: worldsEach, maxLength: worldsEach }), async (playbook, all) => {
    const trial = await court.prepare(playbook);
    for (const world of all)
      await judge(court, trial, world).catch((error: unknown) => {
        throw new Breach(world, error);
      });
  });
  const options = { numRuns: Math.ceil(cases / worldsEach), endOnFailure: !shrink };
  const result = await fc.check(property, seed === undefined ? options : { ...options, seed });
  court.close();
  if (!result.failed) return undefined;
  const [playbook] = result.counterexample ?? [];
  const world = result.errorInstance instanceof Breach ? result.errorInstance.world : undefined;
  return `seed ${result.seed}, after ${result.numRuns} playbooks\n${playbook ? shown(playbook, world) : ''}\n${String(result.errorInstance)}`;
}

/** Playbook, hosts and what happens to them, as a person reads them. */
function shown(playbook: Playbook, world: World | undefined): string {
  return shownParts({ 'hosts.yaml': inventory.trimStart(), ...filesOf(playbook), [`the hosts; --forks ${playbook.forks}`]: stringify(world) });
}

/** Texts by what they are. */
export function shownParts(parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts)
    .map(([name, text]) => `# ${name}\n${text}`)
    .join('\n');
}

async function judge(court: Court, trial: Trial, world: World): Promise<void> {
  const { trips: quick, ...ahead } = await court.outcome(trial, world, true);
  const { trips: slow, ...naive } = await court.outcome(trial, world, false);
  deepStrictEqual(ahead, naive);
  deepStrictEqual(naive.essence, court.essence(trial, world));
  // Before it refuses by what was seen earlier it looks again; and what spoils the answers of all that are asked with it costs a trip for each.
  const refused = JSON.stringify(ahead.essence.lines).split('failed').length - 1;
  const isSpoilt = JSON.stringify([trial.playbook, world]).includes('broken');
  if (quick > slow + refused && !isSpoilt) throw new Error(`${quick} trips instead of ${slow}`);
}
