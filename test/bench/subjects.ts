// Who is measured with W1: homerun and the floors. The peers are in peers.ts.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../command.ts';
import { run } from '../lab/run.ts';
import type { Cost } from './cost.ts';
import { cpuOf } from './hosts.ts';
import type { Counts, Subject } from './measure.ts';
import type { Site } from './site.ts';
import { workload } from './workload.ts';

/** What a run is expected to say of each host. */
export interface Expected {
  /** How many tasks changed something; undefined when it does not matter. */
  readonly changed?: number;
  /** The least number of tasks; default those of W1. */
  readonly tasks?: number;
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
  return floor(site, 'floor: ssh sh -s, only asks', join(workload.folder, 'gather.sh'), /^ActiveState=active$/m);
}

/** Floor (b): one ssh, and one script that installs W1 on bare hosts and asks nothing. */
export async function installingFloor(site: Site): Promise<Subject> {
  const { folder, generated } = workload;
  const archive = join(site.folder, 'install.tar.gz');
  await run(['tar', '-czf', archive, '-C', join(folder, 'files'), '.', '-C', generated, 'large.bin', 'tool-1.0.tar.gz']);
  const beginning = `files=$(mktemp -d)\nbase64 -d <<'END' | tar -xz --no-same-owner -C "$files"\n`;
  const script = join(site.folder, 'install.sh');
  const payload = (
    readFileSync(archive)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\n');
  writeFileSync(script, `${beginning}${payload}\nEND\n${readFileSync(join(folder, 'install.sh'), 'utf8')}`);
  return floor(site, 'floor: ssh sh -s, by hand', script, /^/);
}

/** A script on all hosts side by side, an ssh each. @param expected what it prints on each */
export function floor(site: Site, name: string, script: string, expected: RegExp): Subject {
  const said = join(site.folder, 'said');
  mkdirSync(said, { recursive: true });
  const hosts = site.endpoints.map((endpoint) => endpoint.name);
  return onLinks(site, {
    name,
    command: { argv: ['sh', join(workload.folder, 'everywhere.sh'), site.sshConfig, script, said, ...hosts] },
    check: () => {
      const silent = hosts.filter((host) => !expected.test(readFileSync(join(said, host), 'utf8')));
      if (silent.length > 0) throw new Error(`${name} learnt nothing of ${silent.join(', ')}`);
      return {};
    },
  });
}

/** Counts what a subject does to its hosts while it runs: `trips`, `kilobytes` and `hostCpu` seconds, in the mean of all hosts. */
export function onLinks(site: Site, subject: Subject): Subject {
  const { links, lab } = site;
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / site.endpoints.length;
  let before: readonly number[] = [];
  return {
    ...subject,
    prepare: async () => {
      await subject.prepare?.();
      await links.reset();
      before = await cpuOf(lab);
    },
    check: async (cost): Promise<Counts> => {
      const [passed, after] = [await links.passed(), await cpuOf(lab)];
      return {
        trips: mean(passed.map(({ trips }) => trips)),
        kilobytes: mean(passed.map(({ bytes }) => bytes / 1000)),
        hostCpu: mean(after.map((seconds, index) => seconds - (before[index] ?? 0))),
        ...(await subject.check?.(cost)),
      };
    },
  };
}

/** Reads the recap of homerun or Ansible. @throws Error unless each host did what is expected */
export function checkRecap(stdout: Cost['stdout'], { endpoints }: Site, { changed, tasks = workload.tasks }: Expected): Counts {
  const lines = stdout.matchAll(/^(\S+)\s*: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)\s+skipped=(\d+)/gm);
  const recap = new Map([...lines].map(([, host = '', ...numbers]) => [host, numbers.map(Number)]));
  for (const { name } of endpoints) {
    const [ok = 0, changes = -1, unreachable = 1, failed = 1, skipped = 0] = recap.get(name) ?? [];
    const isRight = unreachable === 0 && failed === 0 && ok + skipped >= tasks && (changed === undefined || changes === changed);
    if (!isRight) throw new Error(`${name} should end with changed=${changed ?? 'any'} and no failure:\n${stdout.slice(-3000)}`);
  }
  return {};
}
