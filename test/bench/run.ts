// `npm run bench`: measures homerun beside its peers and its floors. `npm run bench -- W1 W7` picks workloads, `--rounds N` says how often.

import { parseArgs } from 'node:util';
import { removeLab } from '../lab/lab.ts';
import { w6 } from './copies.ts';
import { type Say, startHosts } from './hosts.ts';
import { startUp } from './start-up.ts';
import { asText, type Section } from './table.ts';
import { w1 } from './w1.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    keep: { type: 'boolean', default: false },
    // Of W6: smaller ones are for trying the bench itself.
    megabytes: { type: 'string', default: '1000' },
    files: { type: 'string', default: '2000' },
    lab: { type: 'string', default: 'bench' },
  },
});

const labName = values.lab;
const say: Say = (line) => console.log(line);

interface Workload {
  readonly rounds: number;
  readonly run: (rounds: number) => Promise<Section[]>;
}

/** What can be measured, by its name; each gives its tables. */
const workloads: Readonly<Record<string, Workload>> = {
  W1: { rounds: 5, run: async (rounds) => w1(await startHosts(labName, 3, say), rounds, say) },
  W6: {
    rounds: 5,
    run: async (rounds) => w6(await startHosts(labName, 1, say), rounds, say, { megabytes: Number(values.megabytes), files: Number(values.files) }),
  },
  W7: { rounds: 25, run: (rounds) => startUp(rounds, () => undefined) },
};

try {
  for (const [name, { rounds, run }] of Object.entries(workloads)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    for (const section of await run(Number(values.rounds ?? rounds))) console.log(`\n${asText(section)}`);
  }
} finally {
  // With `--keep` the hosts stay up for the next time.
  if (!values.keep) await removeLab(labName);
}
