import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { testSeed } from '../random.ts';
import { compareWithModel, compareWithSsh } from './known-hosts-compare.ts';
import { homerunGoesOn, sshGoesOnReally, whyNoSsh } from './ssh-client.ts';
import { publicKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts';

const why = whyNoSshd() ?? whyNoSsh();
if (why !== undefined) console.log(`skipped: verdicts compared with ssh(1): ${why}`);
const real = why === undefined ? test : test.skip;

const folder = mkdtempSync(join(tmpdir(), 'homerun-known-hosts-ssh-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

let sshd: Sshd;
test.before(async () => {
  if (why === undefined) sshd = await startSshd({ extra: ['MaxStartups 100'] });
});
test.after.always(() => sshd?.stop());

real('homerun logs in exactly where ssh(1) does, and where it does not on purpose, it is declared', async (t) => {
  t.timeout(180_000);
  const seed = testSeed();
  const { rows, accepted, differing, disagreements } = await compareWithSsh(sshd, seed, 160);
  t.log(
    `${rows} rows (HOMERUN_SEED=${seed}): ssh takes the key in ${accepted}; ${disagreements.length} disagreements, ${differing} otherwise on purpose`,
  );
  t.deepEqual(disagreements, []);
  // Rows that are all refused would show nothing.
  t.true(accepted >= rows / 10 && accepted <= rows * 0.9);
});

real('files that ssh(1) passes over as it cannot read them are refused: they may revoke a key', async (t) => {
  const good = join(folder, 'good');
  writeFileSync(good, `web1 ${publicKey(join(sshd.folder, 'host_ed25519.pub'))}\n`);
  mkdirSync(join(folder, 'directory'));
  const ask = async (files: readonly string[]): Promise<readonly boolean[]> => {
    const question = { owner: { host: 'web1', port: 22 }, files, port: sshd.port };
    return [await sshGoesOnReally(question), (await homerunGoesOn(question)).goesOn];
  };
  t.deepEqual(await ask([good, good]), [true, true]);
  for (const file of [join(folder, 'directory'), join(good, 'below-a-file')]) t.deepEqual(await ask([good, file]), [true, false], file);
});

test('over 10,000 files, whatever is put into them, no key is taken that ssh would refuse, but one on record in place of one that ssh does not see revoked', (t) => {
  const seed = testSeed();
  const { rows, accepted, differing, disagreements } = compareWithModel(10_000, seed);
  t.log(`${rows} files (HOMERUN_SEED=${seed}): ssh would take the key in ${accepted}, homerun does otherwise in ${differing} on purpose`);
  t.deepEqual(disagreements.slice(-1), []);
  t.true(accepted > rows / 10);
});
