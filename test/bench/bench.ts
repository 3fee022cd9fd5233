// What the workloads share: the lab's hosts, the peers, how often, and for how long.

import { join } from 'node:path';
import type { Lab } from '../lab/types.ts';
import { costOf } from './cost.ts';
import { type Say, startHosts } from './hosts.ts';
import { installPeers, type Peers } from './install-peers.ts';
import type { Subject } from './measure.ts';
import { type PeerName, peer } from './peers.ts';
import { openSite, type Site } from './site.ts';
import { type Expected, homerun } from './subjects.ts';
import { columns, counted } from './table.ts';
import { benchDirectory, generateFiles } from './workload.ts';

/** One call of the bench. */
export interface Bench {
  /** The lab with so many hosts, bare ones if they are new. */
  readonly hosts: (count: number) => Promise<Lab>;
  readonly peers: () => Promise<Peers>;
  /** How often a subject is measured that would be so often by default. */
  readonly rounds: (usual: number) => number;
  /** Whether all peers are measured everywhere, however long they take. */
  readonly isPatient: boolean;
  /** How many hosts W5 goes up to. */
  readonly most: number;
  readonly say: Say;
}

export const labName = 'bench';

export function openBench({ rounds, ...settled }: { rounds?: number } & Pick<Bench, 'isPatient' | 'most' | 'say'>): Bench {
  let peers: Promise<Peers> | undefined;
  return {
    hosts: async (count) => {
      const lab = await startHosts(labName, count, () => undefined);
      // One that was kept may have more.
      return { ...lab, hosts: lab.hosts.slice(0, count) };
    },
    peers: () => {
      peers ??= installPeers(settled.say);
      return peers;
    },
    rounds: (usual) => rounds ?? usual,
    ...settled,
  };
}

/** Works with a site, and closes it. */
export async function withSite<T>(lab: Lab, { count, delay }: { count: number; delay: number }, work: (site: Site) => Promise<T>): Promise<T> {
  await generateFiles();
  const site = await openSite(lab, { folder: join(benchDirectory, 'sites', `${count}-${2 * delay}ms`), count, delay });
  try {
    return await work(site);
  } finally {
    await site.close();
  }
}

/** Brings all hosts of a site to what W1 says, by homerun. @throws Error with what it said when it fails */
export async function bringAbout(site: Site): Promise<void> {
  const { command, check } = homerun(site, {});
  const cost = await costOf(command, 900);
  if (cost.code !== 0) throw new Error(`homerun ended with ${cost.code}:\n${cost.stdout.slice(-3000)}\n${cost.stderr}`);
  await check?.(cost);
}

/** The peers that are named, each as often as said at most. */
export async function peersWith(
  bench: Bench,
  site: Site,
  expected: Expected,
  often: Partial<Readonly<Record<PeerName, number>>>,
): Promise<Subject[]> {
  const installed = await bench.peers();
  return Object.entries(often).map(([name, rounds]) => ({
    ...peer(name as PeerName, installed, site, expected),
    rounds: Math.min(rounds, bench.rounds(rounds)),
  }));
}

/** The columns of a table of tools over links. */
export const linkColumns = [
  columns.cpu,
  counted('CPU s per host', 'hostCpu'),
  columns.memory,
  counted('trips per host', 'trips'),
  counted('kB per host', 'kilobytes'),
  columns.rounds,
];
