// `npm run bench`: measures homerun beside its peers and its floors. `npm run bench -- W1 W7` picks workloads, `--rounds N` says how often.

import { parseArgs } from 'node:util';
import { startUp } from './start-up.ts';
import { asText, type Section } from './table.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string' } } });

type Say = (line: string) => void;

/** What can be measured, by its name; each gives its tables. */
const workloads: Readonly<Record<string, { readonly rounds: number; readonly run: (rounds: number, say: Say) => Promise<Section[]> }>> = {
  W7: { rounds: 25, run: startUp },
};

for (const [name, { rounds, run }] of Object.entries(workloads)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for (const section of await run(Number(values.rounds ?? rounds), () => undefined)) console.log(asText(section));
}
