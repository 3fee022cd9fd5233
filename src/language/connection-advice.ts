import type { Source } from '../values/errors.ts';
import { connectionVariables } from './connection.ts';
import type { Inventory } from './inventory.ts';
import { didYouMean } from './nearest.ts';
import type { Problems } from './problems.ts';
import type { Layer } from './variables.ts';

/** Variables of Ansible that say how it works itself: homerun works otherwise, and needs none of them. By what their names begin or are. */
const harmless: readonly (readonly [names: RegExp, reason: string])[] = [
  [/^ansible_(\w+_)?interpreter(_\w+)?$/, 'No interpreter is needed on hosts.'],
  [
    /^ansible_(ssh_)?pipelining$|^ansible_ssh_(transfer_method|use_tty|retries|executable)$|^ansible_scp_if_ssh$/,
    'homerun has its own way of using SSH.',
  ],
  [/^ansible_(scp|sftp)_|^ansible_ssh_(scp|sftp)_|^ansible_sftp_/, 'Neither scp nor sftp is used.'],
  [/^ansible_(ssh_)?control_(path|path_dir|persist)$/, 'homerun keeps one connection a host by itself.'],
  [/^ansible_(remote_tmp|remote_temp|async_dir|system_tmpdirs|common_remote_group)$/, 'homerun keeps no files on hosts.'],
  [/^ansible_(facts|fact)_\w+$|^ansible_gather_\w+$/, 'Only facts that are read are asked for.'],
];

/** Other names of Ansible's that are read, or that are refused where they stand. */
const others = ['ansible_group_priority', 'ansible_facts', 'ansible_check_mode', 'ansible_diff_mode'];

/**
 * Warns of variables of an inventory that begin like those of Ansible and do nothing: such as are harmless, and such as are most likely
 * misspelt. Each once, where it stands first. What would mean something else is an error of the host (`hostConnection`).
 */
export function adviseOnConnections(inventory: Inventory, problems: Problems): void {
  const known = [
    ...Object.values(connectionVariables.names).flat(),
    ...Object.keys(connectionVariables.refused),
    ...Object.keys(connectionVariables.fixed),
    ...others,
  ];
  const seen = new Map<string, { readonly source: Source | undefined; count: number }>();
  for (const { bindings } of new Set<Layer>([...inventory.hosts.values()].flatMap(({ layers }) => layers))) {
    for (const [name, { source }] of bindings) {
      if (!name.startsWith('ansible_') || known.includes(name)) continue;
      const one = seen.get(name) ?? { source, count: 0 };
      one.count += 1;
      seen.set(name, one);
    }
  }
  for (const [name, { source, count }] of seen) {
    const reason = harmless.find(([names]) => names.test(name))?.[1];
    const also = count === 1 ? '' : ` (here and in ${count - 1} more ${count === 2 ? 'place' : 'places'})`;
    if (reason !== undefined) problems.warning(`${name} does nothing${also}`, source, `${reason} It may stay for Ansible.`);
    else
      problems.warning(
        `${name} is no variable of Ansible's that homerun knows${also}`,
        source,
        didYouMean(name, known) ?? 'If it is a variable of your own, take a name that does not begin with ansible_.',
      );
  }
}
