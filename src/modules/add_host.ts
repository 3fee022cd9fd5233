import * as z from 'zod';
import { ask } from '../questions/question.ts';
import type { Value, Vars } from '../values/vars.ts';
import { defineModule } from './module.ts';
import { listOf } from './params.ts';
import { hostName, type NamedHost, parentName } from './support/inventory-names.ts';

interface Params {
  readonly name: NamedHost;
  readonly groups: readonly string[];
  readonly [variable: string]: unknown;
}

/** The variables of the host. A port behind its name is one, as in Ansible. */
function varsOf(params: Params): Vars {
  const vars = Object.entries(params).filter(([key]) => key !== 'name' && key !== 'groups');
  const { port } = params.name;
  return { ...(Object.fromEntries(vars) as Vars), ...(port !== undefined && { ansible_ssh_port: port }) };
}

function groupsIn(given: unknown): unknown {
  return typeof given === 'string' ? given.split(',').filter((name) => name.trim() !== '') : given;
}

export default defineModule({
  summary:
    'Add a host to the inventory for the rest of the run, or groups and variables to one that is there; further parameters are its variables. Done once for all hosts of the play.',
  params: z
    .object({
      name: hostName().describe('The name of the host, or `NAME:PORT`.'),
      groups: z
        .preprocess(groupsIn, listOf(parentName()))
        .default([])
        .describe('The groups that it joins: a list, or text with commas between. There may be no such groups yet.'),
    })
    .catchall(z.custom<Value>(() => true)),
  examples: [
    {
      description: 'A host that the run has just made, for a later play with hosts: created',
      task: 'add_host:\n  name: "{{ inventory_hostname }}-copy"\n  groups: created\n  ssh_host: 192.0.2.7\n  ssh_user: admin\nchanged_when: false',
    },
    {
      description: 'All hosts of this play, for a later one',
      task: 'add_host:\n  name: "{{ item }}"\n  groups: [done]\nloop: "{{ play_hosts }}"\nchanged_when: false',
    },
  ],
  aliases: { hostname: 'name', host: 'name', groupname: 'groups', group: 'groups' },
  once: true,
  ask: () => ask({}),
  plan: (params: Params, _, here) => {
    const { name, groups } = params;
    const adds = { kind: 'host', host: name.name, groups, vars: varsOf(params) } as const;
    const joining = groups.length > 0 ? ` to the group${groups.length > 1 ? 's' : ''} ${groups.join(', ')}` : '';
    return here.knows(adds) ? [] : [{ summary: `add the host ${name.name}${joining}`, commands: [], writes: [], adds }];
  },
  result: (params: Params) => ({ add_host: { host_name: params.name.name, groups: params.groups, host_vars: varsOf(params) } }),
});
