// `npm run bench`: measures homerun beside its peers and its floors. `npm run bench -- W1 W7` picks workloads; `--rounds N` says how often
// each subject is measured at most, `--most N` how many hosts W5 goes up to; `--patient` lets all peers run everywhere to their end; `--keep` leaves the hosts for the next time;
// `--publish` puts what was found into docs/performance.md, `--from FILE` what was found before.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { removeLab } from '../lab/lab.ts';
import { type Bench, labName, openBench } from './bench.ts';
import { type Conditions, conditionsNow } from './conditions.ts';
import { w6 } from './copies.ts';
import { publish } from './page.ts';
import { startUp } from './start-up.ts';
import { asText, type Section, writeResults } from './table.ts';
import { w1, w2, w3 } from './w1.ts';
import { w4 } from './w4.ts';
import { w5 } from './w5.ts';
import { benchDirectory } from './workload.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    most: { type: 'string', default: '200' },
    patient: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    from: { type: 'string' },
    // Of W6: smaller ones are for trying the bench itself.
    megabytes: { type: 'string', default: '1000' },
    files: { type: 'string', default: '2000' },
  },
});

/** What can be measured, by its name, in this order; each gives its tables. */
const workloads: Readonly<Record<string, (bench: Bench) => Promise<Section[]>>> = {
  W1: w1,
  W2: w2,
  W3: w3,
  W4: w4,
  W5: w5,
  W6: async (bench) => w6(await bench.hosts(1), bench.rounds(5), bench.say, { megabytes: Number(values.megabytes), files: Number(values.files) }),
  W7: (bench) => startUp(bench.rounds(25), () => undefined),
};

interface Results {
  readonly conditions: Conditions;
  readonly sections: readonly Section[];
}

// Written by this program.
const results = values.from === undefined ? await measureAll() : (JSON.parse(readFileSync(values.from, 'utf8')) as Results);
if (values.publish || values.from !== undefined) publish(results.sections, results.conditions);

async function measureAll(): Promise<Results> {
  const unknown = positionals.filter((name) => !(name in workloads));
  if (unknown.length > 0) throw new Error(`there is no workload ${unknown.join(', ')}: there are ${Object.keys(workloads).join(', ')}`);
  const bench = openBench({
    ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
    isPatient: values.patient,
    most: Number(values.most),
    say: (line) => console.log(line),
  });
  const conditions = await conditionsNow(await bench.peers());
  const file = join(benchDirectory, 'results', `${conditions['date']?.replaceAll(/\W/g, '-')}.json`);
  const sections: Section[] = [];
  try {
    for (const [name, run] of Object.entries(workloads)) {
      if (positionals.length > 0 && !positionals.includes(name)) continue;
      console.log(`\n${name}`);
      const found = await run(bench);
      for (const section of found) console.log(`\n${asText(section)}`);
      sections.push(...found);
      writeResults(file, { conditions, sections });
    }
  } finally {
    if (!values.keep) await removeLab(labName);
  }
  console.log(`all of it: ${file}`);
  return { conditions, sections };
}
