import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { testSeed } from '../random.ts';
import { hideDrawn } from '../secrecy/masking.ts';

const count = 100_000;
const parts = 20;

test('of 100,000 drawn secrets nothing is left, in any of 14 encodings', async (t) => {
  t.timeout(15 * 60_000);
  const seed = testSeed();
  const left: string[] = [];
  let hidden = 0;
  for (let part = 0; part < parts; part++) {
    const found = hideDrawn(seed + part, count / parts);
    left.push(...found.left);
    hidden += found.hidden;
    console.log(`HOMERUN_SEED=${seed} + ${part}: ${((part + 1) * count) / parts} of ${count} secrets, ${left.length} left`);
    // Nobody hears a word while this goes on.
    await setImmediate();
  }
  t.log(`${count} secrets (HOMERUN_SEED=${seed}) in 14 encodings, ${hidden} texts: ${left.length} left`);
  t.deepEqual(left, []);
});
