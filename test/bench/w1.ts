// W1: 40 tasks, 100 items of a plain server that are all as they shall be, on three hosts.

import { join } from 'node:path';
import type { Lab } from '../lab/types.ts';
import { costOf } from './cost.ts';
import { digestOfStates, type Say, statesOf } from './hosts.ts';
import { measure } from './measure.ts';
import { openSite } from './site.ts';
import { gatheringFloor, homerun } from './subjects.ts';
import { columns, counted, type Section, section, times } from './table.ts';
import { benchDirectory, generateFiles } from './workload.ts';

/** The columns of a table of tools over links. */
export const linkColumns = [columns.cpu, columns.memory, counted('trips per host', 'trips'), counted('kB per host', 'kilobytes'), columns.rounds];

export async function converged(
  lab: Lab,
  { count, delay, rounds, say }: { count: number; delay: number; rounds: number; say: Say },
): Promise<Section> {
  const site = await openSite(lab, { folder: join(benchDirectory, 'sites', `w1-${count}-${delay}`), count, delay });
  try {
    await generateFiles();
    const first = homerun(site, {});
    const cost = await costOf(first.command, 900);
    if (cost.code !== 0) throw new Error(`homerun's first run: ${cost.stdout}\n${cost.stderr}`);
    say(digestOfStates(await statesOf(lab)));
    const measured = await measure([gatheringFloor(site), homerun(site, { changed: 0 })], { rounds, warmUps: 1, say });
    return section({ id: `w1-${2 * delay}ms`, title: `W1 converged, ${count} hosts, RTT ${2 * delay} ms` }, measured, [
      columns.seconds,
      times('× floor', measured[0]),
      ...linkColumns,
    ]);
  } finally {
    await site.close();
  }
}

/** Measures W1 on three hosts, without latency and with 30 ms RTT. */
export async function w1(lab: Lab, rounds: number, say: Say): Promise<Section[]> {
  const sections: Section[] = [];
  for (const delay of [0, 15]) sections.push(await converged(lab, { count: 3, delay, rounds, say }));
  return sections;
}
