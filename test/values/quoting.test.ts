import test from 'ava';
import { testSeed } from '../random.ts';
import { shellCount, throughShells, whyNoShells } from '../shell/quoting.ts';

const why = whyNoShells();
if (why !== undefined) console.log(`skipped: strings through shells: ${why}`);

(why === undefined ? test : test.skip)('strings of all kinds come back equal from dash, bash, BusyBox ash, mksh and zsh', async (t) => {
  t.timeout(180_000);
  const seed = testSeed();
  const count = 75_000;
  const { equal, wrong } = await throughShells(seed, count);
  t.log(`${count} strings (HOMERUN_SEED=${seed}) through ${shellCount} shells: ${equal} of ${count * shellCount} came back equal`);
  t.deepEqual(wrong, []);
  t.is(equal, count * shellCount);
});
