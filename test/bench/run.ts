// `npm run bench`: measures homerun beside its peers and its floors. `npm run bench -- W1 W7` picks workloads; `--rounds N` says how often
// each subject is measured at most; `--patient` lets all peers run everywhere to their end; `--keep` leaves the hosts for the next time.

import { parseArgs } from 'node:util';
import { removeLab } from '../lab/lab.ts';
import { type Bench, labName, openBench } from './bench.ts';
import { startUp } from './start-up.ts';
import { asText, type Section } from './table.ts';
import { w1, w2, w3 } from './w1.ts';
import { w5 } from './w5.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, patient: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
});

/** What can be measured, by its name, in this order; each gives its tables. */
const workloads: Readonly<Record<string, (bench: Bench) => Promise<Section[]>>> = {
  W1: w1,
  W2: w2,
  W3: w3,
  W5: w5,
  W7: (bench) => startUp(bench.rounds(25), () => undefined),
};

const unknown = positionals.filter((name) => !(name in workloads));
if (unknown.length > 0) throw new Error(`there is no workload ${unknown.join(', ')}: there are ${Object.keys(workloads).join(', ')}`);

const bench = openBench({
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  isPatient: values.patient,
  say: (line) => console.log(line),
});
try {
  for (const [name, run] of Object.entries(workloads)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    for (const section of await run(bench)) console.log(`\n${asText(section)}`);
  }
} finally {
  if (!values.keep) await removeLab(labName);
}
