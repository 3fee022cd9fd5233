import test from 'ava';
import fc from 'fast-check';
import { findBreach } from './law.ts';

/**
 * HOMERUN_LAW gives another number: less for a first look, or where the whole has been seen elsewhere. They are split over as many files as most machines
 * have cores to spare, as a file has a process of its own.
 */
const cases = Number(process.env['HOMERUN_LAW'] ?? 20_000);
const parts = 2;

/** Tries one part of the cases, with a seed of its own that follows from the seed of the run. */
export function tryPart(part: number): void {
  test(`the law: asking ahead gives what asking one task after another gives (part ${part} of ${parts})`, async (t) => {
    t.timeout(900_000);
    const seed = fc.readConfigureGlobal().seed ?? Date.now() % 2 ** 31;
    t.log(`HOMERUN_SEED=${seed}, ${cases} cases in ${parts} parts`);
    const breach = await findBreach(Math.ceil(cases / parts), seed + (part - 1) * 1_000_003);
    t.is(breach, undefined, breach);
  });
}
