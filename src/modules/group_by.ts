import * as z from 'zod';
import { ask } from '../questions/question.ts';
import type { Addition } from '../values/addition.ts';
import { defineModule } from './module.ts';
import { listOf } from './params.ts';
import { groupName, parentName } from './support/inventory-names.ts';

interface Params {
  readonly key: string;
  readonly parents: readonly string[];
}

const additionOf = (host: string, { key, parents }: Params): Addition => ({ kind: 'group', host, group: key, parents });

export default defineModule({
  summary: 'Put the host into a group for the rest of the run, so that later plays can be for that group.',
  params: z.strictObject({
    key: groupName().describe('The name of the group, most often with what a fact says; blanks become dashes. There may be no such group yet.'),
    parents: listOf(parentName()).default(['all']).describe('The groups that the group is below.'),
  }),
  examples: [
    {
      description: 'A group for each system, for plays with hosts: os_Debian',
      task: 'group_by:\n  key: "os_{{ facts.os_family }}"\nchanged_when: false',
    },
    {
      description: 'A group below another',
      task: 'group_by:\n  key: "{{ facts.distribution }}-{{ facts.distribution_version }}"\n  parents: ["{{ facts.distribution }}"]\nchanged_when: false',
    },
  ],
  ask: () => ask({}),
  plan: (params, _, here) => {
    const adds = additionOf(here.host, params);
    return here.knows(adds) ? [] : [{ summary: `put ${here.host} into the group ${params.key}`, commands: [], writes: [], adds }];
  },
  result: ({ key, parents }) => ({ add_group: key, parent_groups: parents }),
});
