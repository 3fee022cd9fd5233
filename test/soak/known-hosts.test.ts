import test from 'ava';
import { testSeed } from '../random.ts';
import { compareWithModel, compareWithSsh } from '../remote/known-hosts-compare.ts';
import { whyNoSsh } from '../remote/ssh-client.ts';
import { startSshd, whyNoSshd } from '../remote/sshd.ts';

const why = whyNoSshd() ?? whyNoSsh();
if (why !== undefined) console.log(`skipped: verdicts compared with ssh(1): ${why}`);

(why === undefined ? test : test.skip)('1,000 rows of known_hosts files: homerun logs in exactly where ssh(1) does', async (t) => {
  t.timeout(10 * 60_000);
  const sshd = await startSshd({ extra: ['MaxStartups 100'] });
  t.teardown(() => sshd.stop());
  const seed = testSeed();
  const { rows, accepted, differing, disagreements } = await compareWithSsh(sshd, seed, 1000);
  t.log(
    `${rows} rows (HOMERUN_SEED=${seed}): ssh takes the key in ${accepted}; ${disagreements.length} disagreements, ${differing} otherwise on purpose`,
  );
  t.deepEqual(disagreements, []);
});

test('over 100,000 known_hosts files no key is taken that ssh would refuse, but one on record in place of one that ssh does not see revoked', (t) => {
  t.timeout(10 * 60_000);
  const seed = testSeed();
  const { rows, accepted, disagreements } = compareWithModel(100_000, seed);
  t.log(`${rows} files (HOMERUN_SEED=${seed}): ssh would take the key in ${accepted}`);
  t.deepEqual(disagreements.slice(-1), []);
});
