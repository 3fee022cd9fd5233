// A case of whole playbooks: what happened on each host, in its order, and how the call ended.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CaseFile, forTool, type PlayCase } from './cases.ts';
import { type Both, compareOutcomes, compareSnapshots, type Difference } from './compare.ts';
import type { Called } from './outcome.ts';
import { both, call, inFolder } from './run-tasks.ts';
import { takeSnapshots } from './snapshot.ts';
import { hostNames, sh, type Twins } from './twins.ts';
import { writePlaybook } from './write.ts';

/**
 * @returns what differs, for each case in its order
 * @throws Error when sh of a case fails
 */
export async function runPlayCases(twins: Twins, { name, prepare }: CaseFile, cases: readonly PlayCase[]): Promise<Difference[][]> {
  await both((tool) => Promise.all(hostNames.map((host) => sh(twins, tool, host, `set -eu\n${prepare}`))));
  const found: Difference[][] = [];
  for (const [index, one] of cases.entries()) found.push(await runPlayCase(twins, one, name, index));
  return found;
}

async function runPlayCase(twins: Twins, one: PlayCase, name: string, index: number): Promise<Difference[]> {
  const directory = `/srv/${name}/${index}`;
  const folders = await both(async (tool) => {
    const folder = join(twins.folder, name, String(index), tool);
    rmSync(folder, { recursive: true, force: true });
    const { groups, plays } = one;
    await writePlaybook(twins, { folder, tool, hosts: hostNames, playbook: forTool(plays, tool), files: [one], groups, vars: { dir: directory } });
    await Promise.all(hostNames.map((host) => sh(twins, tool, host, inFolder(directory, one.before, true))));
    return folder;
  });
  const differences: Difference[] = [];
  for (const [place, action] of one.runs.entries()) {
    const called = await both((tool) => call(twins, tool, folders[tool], action, one.args));
    if (called.ansible.outcomes.length === 0) throw new Error(`ansible did nothing for "${one.name}":\n${called.ansible.said}`);
    const where = one.runs.length === 1 ? action : `${action} ${place + 1}`;
    differences.push(...compareCalls(where, called));
    for (const host of hostNames) {
      const taken = await both((tool) => takeSnapshots(twins, tool, host, [{ directory, look: one.look }]));
      const [ansible, homerun] = [taken.ansible[0], taken.homerun[0]];
      if (ansible && homerun) differences.push(...compareSnapshots(`after ${where} on ${host}`, { ansible, homerun }));
    }
  }
  return differences;
}

function compareCalls(where: string, called: Both<Called>): Difference[] {
  // Ansible tells nothing of meta, which is no module.
  const of = (one: Called, host: string): Called['outcomes'] => one.outcomes.filter((outcome) => outcome.host === host && outcome.module !== 'meta');
  const hosts = [...new Set([...called.ansible.outcomes, ...called.homerun.outcomes].map(({ host }) => host))].sort();
  const differences = hosts.flatMap((host) =>
    compareOutcomes(`${where} on ${host}`, { ansible: of(called.ansible, host), homerun: of(called.homerun, host) }),
  );
  const ends = (one: Called): string => (one.hasSucceeded ? 'success' : 'failure');
  if (called.ansible.hasSucceeded !== called.homerun.hasSucceeded) {
    const line = `${where} ends: ansible with ${ends(called.ansible)}, homerun with ${ends(called.homerun)}`;
    const said = [`ansible: ${called.ansible.said.slice(-1500)}`, `homerun: ${called.homerun.said.slice(-1500)}`];
    differences.push({ line, details: said });
  }
  return differences;
}
