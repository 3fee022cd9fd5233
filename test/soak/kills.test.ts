import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { registerCompletionHandler } from 'ava';
import { killRounds } from '../e2e/kills.ts';
import { removeLab, startLab } from '../lab/lab.ts';
import { testSeed } from '../random.ts';

// A host that is killed leaves connections of which nobody hears any more: once in hundreds of kills one of them held this process, and with it the suite.
registerCompletionHandler(() => process.exit());

const name = process.env['HOMERUN_LAB'] ?? 'soak-kills';
const rounds = Number(process.env['HOMERUN_KILLS'] ?? 200);
const folder = mkdtempSync(join(tmpdir(), 'homerun-kills-'));

test.before(() => removeLab(name));
test.after.always(async () => {
  await removeLab(name);
  rmSync(folder, { recursive: true, force: true });
});

test(`${rounds} runs are killed at random moments, in four ways: no file is torn, no handler lost, and the run after each brings all about`, async (t) => {
  t.timeout(25 * 60_000);
  const seed = testSeed();
  const over = new AbortController();
  t.teardown(() => over.abort());
  const lab = await startLab({ name, hosts: [{ name: 'k1' }, { name: 'k2' }], say: (line) => t.log(line) });
  const all = await Promise.all(
    lab.hosts.map((host, index) => {
      const own = join(folder, host.name);
      mkdirSync(own);
      // A host takes several seconds to start, so it is drawn less often.
      const share = { homerun: 3, link: 3, shell: 3, host: 1 };
      return killRounds(
        { lab, host, folder: own },
        { seed: seed + index, rounds: Math.ceil(rounds / lab.hosts.length), share, say: console.log, signal: over.signal },
      );
    }),
  );
  for (const [index, { counts, files, owed, underWay, unknown, leftOver, wrong }] of all.entries()) {
    const kinds = Object.entries(counts).map(([victim, count]) => `${victim} ${count}`);
    t.log(
      `HOMERUN_SEED=${seed} + ${index}: ${kinds.join(', ')}; ${files} files looked at, ${wrong.length} faults; a handler was owed ${owed} times,`,
    );
    t.log(
      `  a change was under way ${underWay} times, something told as unknown ${unknown} times; ${leftOver} temporary files were left, and taken away`,
    );
  }
  t.deepEqual(
    all.flatMap(({ wrong }) => wrong),
    [],
  );
  // By a few kills of every hundred, so that it is also seen what they are looked at for.
  if (rounds >= 100) {
    t.true(all.some(({ owed }) => owed > 0));
    t.true(all.some(({ unknown }) => unknown > 0));
  }
});
