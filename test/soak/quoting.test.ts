import test from 'ava';
import { testSeed } from '../random.ts';
import { shellCount, throughShells, whyNoShells } from '../shell/quoting.ts';

const why = whyNoShells();
if (why !== undefined) console.log(`skipped: strings through shells: ${why}`);

(why === undefined ? test : test.skip)('500,000 strings come back equal from each of five shells', async (t) => {
  t.timeout(10 * 60_000);
  const seed = testSeed();
  const count = 500_000;
  const { equal, wrong } = await throughShells(seed, count);
  t.log(`${count} strings (HOMERUN_SEED=${seed}) through ${shellCount} shells: ${equal} of ${count * shellCount} came back equal`);
  t.deepEqual(wrong, []);
  t.is(equal, count * shellCount);
});
