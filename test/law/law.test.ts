import test from 'ava';
import fc from 'fast-check';
import { findBreach } from './law.ts';

/** HOMERUN_LAW gives another number. */
const cases = Number(process.env['HOMERUN_LAW'] ?? 4000);

test('the law: asking ahead gives what asking one task after another gives', async (t) => {
  t.timeout(900_000);
  const breach = await findBreach(cases, fc.readConfigureGlobal().seed);
  t.is(breach, undefined, breach);
});
