// Who is measured with W1: homerun and the floors. The peers are in peers.ts.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../command.ts';
import type { Cost } from './cost.ts';
import type { Counts, Subject } from './measure.ts';
import type { Site } from './site.ts';
import { workload } from './workload.ts';

/** What a run is expected to say of each host. */
export interface Expected {
  /** How many tasks changed something; undefined when it does not matter. */
  readonly changed?: number;
}

/** homerun, as a user calls it. */
export function homerun(site: Site, expected: Expected): Subject {
  const playbook = join(workload.folder, 'playbook.yaml');
  return onLinks(site, {
    name: 'homerun',
    command: { argv: [process.execPath, command, 'run', playbook, '-i', site.inventory, '-e', 'template_form=hbs'] },
    check: ({ stdout }) => checkRecap(stdout, site, expected),
  });
}

/** Floor (a): one ssh, and one script that asks for all that has to be known. */
export function gatheringFloor(site: Site): Subject {
  return floor(site, 'floor: ssh sh -s, only asks', join(workload.folder, 'gather.sh'), (host) => {
    if (!/^ActiveState=active$/m.test(readFileSync(join(site.folder, 'said', host), 'utf8'))) throw new Error(`the floor learnt nothing of ${host}`);
  });
}

function floor(site: Site, name: string, script: string, check: (host: string) => void): Subject {
  const said = join(site.folder, 'said');
  mkdirSync(said, { recursive: true });
  const hosts = site.endpoints.map((endpoint) => endpoint.name);
  return onLinks(site, {
    name,
    command: { argv: ['sh', join(workload.folder, 'everywhere.sh'), site.sshConfig, script, said, ...hosts] },
    check: () => {
      for (const host of hosts) check(host);
      return {};
    },
  });
}

/** Counts what passes over the links while a subject runs: `trips` and `kilobytes` of one host, in the middle of all. */
export function onLinks(site: Site, subject: Subject): Subject {
  return {
    ...subject,
    prepare: async () => {
      await subject.prepare?.();
      await site.links.reset();
    },
    check: async (cost): Promise<Counts> => {
      const passed = await site.links.passed();
      const mean = (pick: (one: (typeof passed)[number]) => number): number => passed.reduce((sum, one) => sum + pick(one), 0) / passed.length;
      const counts = { trips: mean(({ trips }) => trips), kilobytes: mean(({ bytes }) => bytes) / 1000 };
      return { ...counts, ...(await subject.check?.(cost)) };
    },
  };
}

/** Reads the recap of homerun or Ansible. @throws Error unless each host did what is expected */
export function checkRecap(stdout: Cost['stdout'], { endpoints }: Site, { changed }: Expected): Counts {
  const lines = stdout.matchAll(/^(\S+)\s*: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm);
  const recap = new Map([...lines].map(([, host = '', ...numbers]) => [host, numbers.map(Number)]));
  for (const { name } of endpoints) {
    const [ok = 0, changes = -1, unreachable = 1, failed = 1] = recap.get(name) ?? [];
    const isRight = unreachable === 0 && failed === 0 && ok >= workload.tasks && (changed === undefined || changes === changed);
    if (!isRight) throw new Error(`${name} should end with changed=${changed ?? 'any'} and no failure:\n${stdout.slice(-3000)}`);
  }
  return {};
}
