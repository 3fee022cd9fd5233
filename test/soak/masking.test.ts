import test from 'ava';
import { testSeed } from '../random.ts';
import { hideDrawn } from '../secrecy/masking.ts';

test('of 100,000 drawn secrets nothing is left, in any of 14 encodings', (t) => {
  t.timeout(15 * 60_000);
  const seed = testSeed();
  const count = 100_000;
  const { left, hidden } = hideDrawn(seed, count);
  t.log(`${count} secrets (HOMERUN_SEED=${seed}) in 14 encodings, ${hidden} texts: ${left.length} left`);
  t.deepEqual(left, []);
});
