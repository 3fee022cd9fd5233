import { join } from 'node:path';
import test from 'ava';
import { bringAbout, withSite } from '../bench/bench.ts';
import { onAllHosts, sameStates, statesOf } from '../bench/hosts.ts';
import { type Measured, measure, median, valuesOf } from '../bench/measure.ts';
import { gatheringFloor, homerun } from '../bench/subjects.ts';
import { workload } from '../bench/workload.ts';
import { removeLab, startLab } from '../lab/lab.ts';
import { complaint, converge } from './homerun.ts';

// The bench itself takes half an hour, and a machine of its own. This shows that its main workload runs, and counts; nothing is timed.

const name = 'e2e-bench';

test.before(() => removeLab(name));
test.after.always(() => removeLab(name));

test.serial('a first install, a drifted item and a converged run of 40 tasks and 100 items keep to their budgets of trips', async (t) => {
  t.timeout(300_000);
  const lab = await startLab({ name, hosts: [{ name: 'm1' }], say: (line) => t.log(line) });
  await onAllHosts(
    lab,
    `echo 'APT::Install-Recommends "false";' > /etc/apt/apt.conf.d/bench; timeout 60 sh -c 'until apt-get -q update; do sleep 1; done'`,
  );
  await withSite(lab, { count: 1, delay: 0 }, async (site) => {
    const run = async () => {
      const ran = await converge('run', [join(workload.folder, 'playbook.yaml'), '-i', site.inventory, '-e', 'template_form=hbs']);
      t.is(ran.exitCode, 0, complaint(ran));
      const trips = ran.recap['h1']?.trips ?? Number.POSITIVE_INFINITY;
      t.log(`${ran.tasks.length} tasks, ${ran.changed.length} of them changing: ${trips} trips`);
      return { changed: ran.changed.length, trips };
    };
    const first = await run();
    t.true(first.changed >= workload.tasks);
    // Each item of a loop is a change of its own; those that do not touch one another share a trip.
    t.true(first.trips <= workload.items + 4, 'the first install');
    await onAllHosts(lab, 'echo drift >> /etc/bench/logrotate.conf');
    const drifted = await run();
    t.is(drifted.changed, 1);
    t.true(drifted.trips <= 4, 'one drifted item');
    const again = await run();
    t.is(again.changed, 0);
    t.true(again.trips <= 2, 'converged');
  });
});

test.serial('W1 of the bench changes nothing again, and costs hardly more trips on the wire than one ssh that only asks', async (t) => {
  t.timeout(300_000);
  const lab = await startLab({ name, hosts: [{ name: 'm1' }], say: (line) => t.log(line) });
  await withSite(lab, { count: 1, delay: 15 }, async (site) => {
    await bringAbout(site);
    const before = await statesOf(lab);
    const [floor, ours] = await measure([gatheringFloor(site), homerun(site, { changed: 0 })], { rounds: 1 });
    sameStates('a converged run', await statesOf(lab), before);
    const trips = (one: Measured | undefined): number => median(one === undefined ? [] : valuesOf(one, { count: 'trips' }));
    t.log(`trips: ${trips(floor)} of the floor, ${trips(ours)} of homerun`);
    t.true(trips(ours) <= trips(floor) + 3, `${trips(ours)} trips, and ${trips(floor)} of the floor`);
  });
});
