// Hosts and accounts that are not as one expects: a run works there and a second one changes nothing, or it is said what is wrong and what to do.

import test from 'ava';
import { environments } from '../remote/environments.ts';
import { runIn, taskCount } from '../remote/environments-run.ts';
import { whyNoSshd } from '../remote/sshd.ts';

const why = whyNoSshd();
if (why !== undefined) console.log(`skipped: environments: ${why}`);
const real = why === undefined ? test : test.skip;

const running = why === undefined ? runIn(environments) : Promise.resolve([]);
running.catch(() => undefined);

for (const [index, { name, comes }] of environments.entries()) {
  real(`${name}: ${comes === 'works' ? 'works' : 'is told what is wrong'}`, async (t) => {
    t.timeout(10 * 60_000);
    const came = (await running)[index];
    if (!came) throw new Error('it was not run');
    const { first, second } = came;
    if (comes === 'works') {
      t.is(first.bad, '');
      t.is(first.tasks, taskCount);
      t.is(second.bad, '');
      t.deepEqual(second.changed, []);
      return;
    }
    t.regex(first.bad, comes);
    // What is wrong, and below it what to do.
    t.true(first.bad.split('\n').filter((line) => line !== '').length > 1);
    t.notRegex(first.bad, /bug in homerun|^ +at .*:\d+:\d+/m);
  });
}

real('the environments are at least 80, each of its own name', async (t) => {
  t.timeout(10 * 60_000);
  const runs = await running;
  const worked = runs.filter(({ first }) => first.bad === '').length;
  t.log(`${runs.length} environments: ${worked} work, ${runs.length - worked} refused, each with its message`);
  t.true(environments.length >= 80);
  t.is(new Set(environments.map(({ name }) => name)).size, environments.length);
});
