// W4: three homeservers, as playbooks/site.yaml makes them, on which all is as it shall be. No peer has such a playbook.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringifyYaml } from '../../src/language/yaml.ts';
import { command } from '../command.ts';
import { removeLab, startLab } from '../lab/lab.ts';
import { homeserverRequest, writeInventory } from '../lab/matrix-inventory.ts';
import { projectRoot } from '../lab/places.ts';
import type { Lab } from '../lab/types.ts';
import { type Bench, labName, linkColumns, withSite } from './bench.ts';
import { costOf } from './cost.ts';
import { measure, type Subject } from './measure.ts';
import type { Site } from './site.ts';
import { checkRecap, floor, onLinks } from './subjects.ts';
import { columns, type Section, section, times } from './table.ts';
import { benchDirectory } from './workload.ts';

const name = `${labName}-w4`;
const count = 3;
const notes = ['The peers are missing here: none of them has these playbooks. What a playbook of this size costs them, W1 tells.'];

export async function w4(bench: Bench): Promise<Section[]> {
  const requests = Array.from({ length: count }, (_, index) => homeserverRequest(`h${index + 1}`, 'baked'));
  try {
    const lab = await startLab({ name, hosts: requests });
    return await withSite(lab, { count, delay: 15 }, async (site) => {
      const first = await homeservers(lab, site);
      const cost = await costOf(first.command, 900);
      if (cost.code !== 0) throw new Error(`site.yaml ended with ${cost.code}:\n${cost.stdout.slice(-3000)}\n${cost.stderr}`);
      const gather = join(projectRoot, 'test/bench/w4/gather.sh');
      const subjects = [floor(site, 'floor: ssh sh -s, only asks', gather, /\('@.*', 1, 0\)/), first];
      const measured = await measure(subjects, { rounds: bench.rounds(7), warmUps: 1, say: bench.say });
      const shown = [columns.seconds, times('× floor', measured[0]), ...linkColumns];
      return [section({ id: 'w4-30ms', title: `W4 site.yaml converged, ${count} homeservers, RTT 30 ms`, notes }, measured, shown)];
    });
  } finally {
    await removeLab(name);
  }
}

/** homerun with site.yaml, over the links of the site. */
async function homeservers(lab: Lab, site: Site): Promise<Subject> {
  const folder = join(benchDirectory, 'w4');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { folder: inventory } = await writeInventory(lab, { folder });
  const links = join(folder, 'links.yaml');
  const hosts = site.endpoints.map((endpoint) => [endpoint.name, { ssh_host: '127.0.0.1', ssh_port: endpoint.port }] as const);
  writeFileSync(links, stringifyYaml({ all: { vars: { ssh_known_hosts_file: site.knownHosts }, hosts: Object.fromEntries(hosts) } }));
  return onLinks(site, {
    name: 'homerun',
    command: { argv: [process.execPath, command, 'run', 'playbooks/site.yaml', '-i', inventory, '-i', links] },
    check: ({ stdout }) => checkRecap(stdout, site, { changed: 0, tasks: 1 }),
  });
}
