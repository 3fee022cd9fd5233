import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { testSeed } from '../random.ts';
import { lockRounds } from '../remote/lock-rounds.ts';
import { hostShells } from '../remote/shell-channel.ts';

const rounds = 1000;

test('1,000 rounds of two runs after one lock, in each shell: one holder always', async (t) => {
  t.timeout(10 * 60_000);
  const folder = mkdtempSync(join(tmpdir(), 'homerun-lock-'));
  chmodSync(folder, 0o777);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const seed = testSeed();
  const all = await Promise.all(hostShells.map(async (shell) => ({ shell, ...(await lockRounds(shell, folder, seed, rounds)) })));
  for (const { shell, held, refused, wrong } of all) {
    t.log(`${shell.name}: ${rounds} rounds (HOMERUN_SEED=${seed}): held ${held} times, refused ${refused} times, ${wrong.length} faults`);
    t.deepEqual(wrong, []);
    t.true(held > rounds / 2);
  }
});
