// Hosts and accounts that are not as one expects: a run works there and a second one changes nothing, or it is said what is wrong and what to do.

import test from 'ava';
import { allEnvironments, environments } from '../remote/environments.ts';
import { runIn, taskCount } from '../remote/environments-run.ts';
import { whyNoSshd } from '../remote/sshd.ts';

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: environments: ${why}`);
const real = why === undefined ? test : test.skip;

const running = why === undefined ? runIn(environments) : Promise.resolve([]);
running.catch(() => undefined);

for (const [index, { name, comes }] of environments.entries()) {
  real(`${name}: ${comes === 'works' ? 'works' : 'is told what is wrong, and works once that is undone'}`, async (t) => {
    t.timeout(10 * 60_000);
    const came = (await running)[index];
    if (!came) throw new Error('it was not run');
    const { first, second, third } = came;
    const [whole, after] = comes === 'works' ? [first, second] : [second, third];
    if (comes !== 'works') {
      t.regex(first.bad, comes);
      for (const hint of first.hints) t.not(hint, '', `it is not said what to do: ${first.bad}`);
      t.notRegex(first.bad, /bug in homerun|^ +at .*:\d+:\d+/m);
    }
    t.is(whole.bad, '');
    t.is(whole.tasks, taskCount);
    t.is(after.bad, '');
    t.deepEqual(after.changed, []);
  });
}

real('the environments are at least 80, each of its own name', async (t) => {
  t.timeout(10 * 60_000);
  const runs = await running;
  const worked = runs.filter(({ first }) => first.bad === '').length;
  t.log(`${runs.length} environments: ${worked} work, ${runs.length - worked} refused, each with its message, and work once that is undone`);
  t.true(allEnvironments.length >= 80);
  t.is(new Set(allEnvironments.map(({ name }) => name)).size, allEnvironments.length);
});
