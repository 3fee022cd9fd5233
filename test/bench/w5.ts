// W5: W1 converged on more and more hosts. They share ten machines: each machine is reached in many ways, and has one sshd for all of them.

import { type Bench, bringAbout, linkColumns, peersWith, withSite } from './bench.ts';
import { type Measured, measure, median, type Subject, valuesOf } from './measure.ts';
import { gatheringFloor, homerun } from './subjects.ts';
import { columns, type Section, section, times } from './table.ts';

const machines = 10;
export const hostCounts = [1, 3, 20, 100, 200] as const;

/** How many times as long as homerun a peer may take on many hosts, when nobody is patient. */
const patience = 12;
const few = 20;

export async function w5(bench: Bench): Promise<Section[]> {
  const lab = await bench.hosts(machines);
  await withSite(lab, { count: machines, delay: 0 }, bringAbout);
  const sections: Section[] = [];
  for (const count of hostCounts.filter((one) => one <= bench.most)) {
    sections.push(
      await withSite(lab, { count, delay: 15 }, async (site) => {
        const ours = [gatheringFloor(site), homerun(site, { changed: 0 })];
        const measured = await measure(ours, { rounds: bench.rounds(count > few ? 2 : 3), say: bench.say });
        const seconds = median(valuesOf(measured[1] ?? { name: '', samples: [] }, 'seconds'));
        const limitSeconds = bench.isPatient || count <= few ? 900 : Math.ceil(patience * seconds);
        const peers = (await peersWith(bench, site, { changed: 0 }, { pyinfra: 1, 'Ansible + Mitogen': 1 })).map(
          (subject): Subject => ({ ...subject, limitSeconds }),
        );
        const all = [...measured, ...(await measure(peers, { rounds: 1, say: bench.say }))];
        return table(count, all);
      }),
    );
  }
  return sections;
}

function table(count: number, measured: readonly Measured[]): Section {
  const shown = [columns.seconds, times('× floor', measured[0]), times('× homerun', measured[1]), ...linkColumns];
  const title = `W5 W1 converged, ${count} ${count === 1 ? 'host' : 'hosts'}, RTT 30 ms`;
  return section({ id: `w5-${count}`, title }, measured, shown);
}
