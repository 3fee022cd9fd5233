// A file of cases of tasks: a check run, a first and a second run by both tools, on twin hosts.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from '../../src/values/command.ts';
import { runAnsible } from './ansible.ts';
import { type CaseFile, forTool, type TaskCase, type Tool, tools } from './cases.ts';
import { type Both, compareOutcomes, compareSnapshots, compareUntouched, type Difference } from './compare.ts';
import { runHomerun } from './homerun.ts';
import type { Outcome } from './outcome.ts';
import { byCase, playbookOf } from './playbook.ts';
import { type Snapshot, takeSnapshots } from './snapshot.ts';
import { type HostName, sh, type Twins } from './twins.ts';
import { writePlaybook } from './write.ts';

type Run = 'check' | 'run';

/**
 * @returns what differs, for each case in its order
 * @throws Error when a tool does not run the playbook at all, or sh of a case fails
 */
export async function runTaskCases(twins: Twins, { name, prepare }: CaseFile, cases: readonly TaskCase[], host: HostName): Promise<Difference[][]> {
  const directoryOf = (index: number): string => `/srv/${name}/${index}`;
  const looked = cases.map(({ look }, index) => ({ directory: directoryOf(index), look }));
  const files = cases.map((one) => ({ files: one.files, local: one.local }));
  const onBoth = <T>(act: (tool: Tool) => Promise<T>): Promise<Both<T>> => both(act);
  const snapshot = (): Promise<Both<readonly Snapshot[]>> => onBoth((tool) => takeSnapshots(twins, tool, host, looked));
  const folders = await onBoth(async (tool) => {
    const folder = join(twins.folder, name, tool);
    rmSync(folder, { recursive: true, force: true });
    const playbook = forTool(playbookOf(cases, host, directoryOf), tool);
    await writePlaybook(twins, { folder, tool, hosts: [host], playbook, files, groups: {} });
    await sh(twins, tool, host, `set -eu\n${prepare}`);
    await sh(twins, tool, host, cases.map((one, index) => inFolder(directoryOf(index), one.before, true)).join('\n'));
    return folder;
  });
  const run = async (action: Run): Promise<Both<readonly (readonly Outcome[])[]>> =>
    onBoth(async (tool) => {
      const called = await call(twins, tool, folders[tool], action);
      if (called.outcomes.length === 0) throw new Error(`${tool} did not run ${name}.yaml:\n${called.said}`);
      const complete = called.outcomes.some(({ task }) => task.startsWith(`[${cases.length - 1}] `));
      if (!complete) throw new Error(`${tool} did not come to the end of ${name}.yaml:\n${called.said}`);
      return byCase(called.outcomes, cases.length);
    });

  const before = await snapshot();
  const check = await run('check');
  const afterCheck = await snapshot();
  const first = await run('run');
  const afterFirst = await snapshot();
  await onBoth((tool) => sh(twins, tool, host, cases.map((one, index) => inFolder(directoryOf(index), one.between, false)).join('\n')));
  const second = await run('run');
  const afterSecond = await snapshot();

  return cases.map((_, index) => [
    ...compareSnapshots('before', at(before, index)),
    ...compareOutcomes('check run', at(check, index)),
    ...compareUntouched(at(before, index).homerun, at(afterCheck, index).homerun),
    ...compareOutcomes('first run', at(first, index)),
    ...compareSnapshots('after the first run', at(afterFirst, index)),
    ...compareOutcomes('second run', at(second, index)),
    ...compareSnapshots('after the second run', at(afterSecond, index)),
  ]);
}

export async function both<T>(act: (tool: Tool) => Promise<T>): Promise<Both<T>> {
  const [ansible, homerun] = await Promise.all(tools.map(act));
  if (ansible === undefined || homerun === undefined) throw new Error('there are two tools');
  return { ansible, homerun };
}

/** Calls a tool with the playbook of its folder. */
export function call(twins: Twins, tool: Tool, folder: string, action: Run, args: readonly string[] = []): ReturnType<typeof runAnsible> {
  const all = ['play.yaml', '-i', 'hosts.yaml', ...args];
  return tool === 'homerun' ? runHomerun(folder, action, all) : runAnsible(twins, folder, action === 'check' ? [...all, '--check'] : all);
}

/** sh that ends with the first command that fails, in a folder, which is made anew if `isNew`. */
export function inFolder(directory: string, script: string, isNew: boolean): string {
  const made = isNew ? `chattr -R -ia ${quote(directory)} 2>/dev/null; rm -rf ${quote(directory)}; mkdir -p ${quote(directory)}\n` : '';
  if (script === '') return made;
  return `${made}( set -eu; cd ${quote(directory)}\n${script}\n) </dev/null || { echo ${quote(`in ${directory}`)} >&2; exit 1; }`;
}

function at<T>(all: Both<readonly T[]>, index: number): Both<T> {
  const [ansible, homerun] = [all.ansible[index], all.homerun[index]];
  if (ansible === undefined || homerun === undefined) throw new Error(`nothing is known of case ${index}`);
  return { ansible, homerun };
}
