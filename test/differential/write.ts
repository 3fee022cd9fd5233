// What both tools read: a folder with a playbook, its files and an inventory.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../lab/run.ts';
import { ansibleHost, ansibleVars } from './ansible.ts';
import type { Tool } from './cases.ts';
import { homerunHost, homerunVars } from './homerun.ts';
import type { HostName, Twins } from './twins.ts';

interface Beside {
  readonly files: Readonly<Record<string, string>>;
  /** sh in the folder, after the files are written. */
  readonly local: string;
}

interface Written {
  readonly folder: string;
  readonly tool: Tool;
  /** Those of the inventory. */
  readonly hosts: readonly HostName[];
  readonly playbook: unknown;
  readonly files: readonly Beside[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Variables of all hosts. */
  readonly vars?: Readonly<Record<string, unknown>>;
}

/**
 * Writes `play.yaml` and `hosts.yaml` and what is beside them. JSON is YAML for both.
 * @throws Error when two cases want different files of one name, or a case's sh fails
 */
export async function writePlaybook(twins: Twins, { folder, tool, playbook, files, groups, vars, ...written }: Written): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const all = { ...(tool === 'ansible' ? ansibleVars(twins) : homerunVars(twins)), ...vars };
  const hosts = Object.fromEntries(written.hosts.map((name) => [name, tool === 'ansible' ? ansibleHost(twins, name) : homerunHost(twins, name)]));
  const children = Object.fromEntries(
    Object.entries(groups).map(([name, of]) => [name, { hosts: Object.fromEntries(of.map((host) => [host, {}])) }]),
  );
  writeFileSync(join(folder, 'hosts.yaml'), JSON.stringify({ all: { vars: all, hosts, children } }));
  writeFileSync(join(folder, 'play.yaml'), JSON.stringify(playbook, undefined, 1));
  const contents = new Map<string, string>();
  for (const beside of files) {
    for (const [name, content] of Object.entries(beside.files)) {
      if ((contents.get(name) ?? content) !== content) throw new Error(`two cases want different files ${name} beside the playbook`);
      contents.set(name, content);
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
  }
  for (const { local } of files) if (local !== '') await run(['sh', '-euc', local], { directory: folder });
}
