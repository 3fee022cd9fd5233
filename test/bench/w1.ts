// W1: 40 tasks, 100 items of a plain server on three hosts; all is as it shall be. W2: one item is not. W3: nothing is there yet.

import { type Bench, bringAbout, linkColumns, peersWith, withSite } from './bench.ts';
import { costOf } from './cost.ts';
import { digestOfStates, onAllHosts, renewHosts, sameStates, statesOf } from './hosts.ts';
import { measure, type Subject } from './measure.ts';
import type { Site } from './site.ts';
import { gatheringFloor, homerun, installingFloor } from './subjects.ts';
import { columns, type Section, section, times } from './table.ts';

/** Milliseconds each way: none, and what makes 30 ms for a round trip. */
const delays = [0, 15] as const;
const count = 3;

/** Every round is shown to change nothing: by what the tool itself says, and by what the hosts are like before and after all rounds. */
export async function w1(bench: Bench): Promise<Section[]> {
  const lab = await bench.hosts(count);
  const sections: Section[] = [];
  for (const delay of delays) {
    sections.push(
      await withSite(lab, { count, delay }, async (site) => {
        await bringAbout(site);
        const often =
          delay === 0 && !bench.isPatient
            ? { pyinfra: 2, 'Ansible + Mitogen': 2, 'Ansible tuned': 1 }
            : { pyinfra: 3, 'Ansible + Mitogen': 3, 'Ansible tuned': 2, 'Ansible stock': 1 };
        const subjects = [gatheringFloor(site), homerun(site, { changed: 0 }), ...(await peersWith(bench, site, { changed: 0 }, often))];
        const before = await statesOf(lab);
        const measured = await measure(subjects, { rounds: bench.rounds(7), say: bench.say });
        sameStates('a converged run', await statesOf(lab), before);
        const shown = [columns.seconds, times('× floor', measured[0]), times('× homerun', measured[1]), ...linkColumns];
        return section({ id: `w1-${2 * delay}ms`, title: `W1 converged, ${count} hosts, RTT ${2 * delay} ms` }, measured, shown);
      }),
    );
  }
  return sections;
}

/** A file in the middle of the play is changed by somebody before each round. */
export async function w2(bench: Bench): Promise<Section[]> {
  const lab = await bench.hosts(count);
  return withSite(lab, { count, delay: 15 }, async (site) => {
    await bringAbout(site);
    const drift = async (): Promise<void> => void (await onAllHosts(lab, 'echo drift >> /etc/bench/logrotate.conf'));
    const drifted = (subject: Subject): Subject => ({
      ...subject,
      prepare: async () => {
        await drift();
        await subject.prepare?.();
      },
    });
    const often = { pyinfra: 1, 'Ansible + Mitogen': 1, ...(bench.isPatient && { 'Ansible tuned': 1 }) };
    const converged = { ...homerun(site, { changed: 0 }), name: 'homerun, nothing drifted' };
    const one = { changed: 1 };
    const tools = [homerun(site, one), ...(await peersWith(bench, site, one, often))].map(drifted);
    // In this order each tool mends what it finds, and homerun finds nothing to do before its own drift.
    const measured = await measure([converged, ...tools], { rounds: bench.rounds(7), say: bench.say });
    const shown = [columns.seconds, times('× converged', measured[0]), times('× homerun', measured[1]), ...linkColumns];
    return [section({ id: 'w2-30ms', title: `W2 one drifted item, ${count} hosts, RTT 30 ms` }, measured, shown)];
  });
}

/** Each round begins on hosts of their own, and all come to the same state. */
export async function w3(bench: Bench): Promise<Section[]> {
  const lab = await bench.hosts(count);
  return withSite(lab, { count, delay: 15 }, async (site) => {
    const often = { pyinfra: 1, 'Ansible + Mitogen': 1, ...(bench.isPatient && { 'Ansible tuned': 1, 'Ansible stock': 1 }) };
    let expected: readonly string[] | undefined;
    const installs = (subject: Subject): Subject => ({
      ...subject,
      prepare: async () => {
        await renewHosts(lab);
        await subject.prepare?.();
      },
      check: async (cost) => {
        const counts = await subject.check?.(cost);
        const states = await statesOf(lab);
        expected ??= states;
        sameStates(subject.name, states, expected);
        return counts ?? {};
      },
    });
    const again = await peersWith(bench, site, { changed: 0 }, often);
    const firsts = [...(await peersWith(bench, site, {}, often))].map((subject, index) => followedBy(installs(subject), again[index], site));
    const ours = followedBy(installs(homerun(site, {})), homerun(site, { changed: 0 }), site);
    const measured = await measure([installs(await installingFloor(site)), ours, ...firsts], { rounds: bench.rounds(3), say: bench.say });
    const notes = [`All come to the same state of the hosts, ${digestOfStates(expected ?? [])}, and a second run of each changes nothing.`];
    const shown = [columns.seconds, times('× floor', measured[0]), times('× homerun', measured[1]), ...linkColumns];
    return [section({ id: 'w3-30ms', title: `W3 first install of W1, ${count} hosts, RTT 30 ms`, notes }, measured, shown)];
  });
}

/** After each round a second run, not measured, which has to change nothing. */
function followedBy(subject: Subject, second: Subject | undefined, { lab }: Site): Subject {
  return {
    ...subject,
    check: async (cost) => {
      const counts = (await subject.check?.(cost)) ?? {};
      if (second !== undefined) {
        const before = await statesOf(lab);
        const again = await costOf(second.command, 900);
        if (again.code !== 0) throw new Error(`the second run of ${subject.name} ended with ${again.code}: ${again.stderr.slice(-2000)}`);
        await second.check?.(again);
        sameStates(`a second run of ${subject.name}`, await statesOf(lab), before);
      }
      return counts;
    },
  };
}
