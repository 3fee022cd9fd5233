import * as z from 'zod';
import { group } from '../questions/group.ts';
import { ask } from '../questions/question.ts';
import type { Change } from '../values/change.ts';
import { type Command, sh } from '../values/command.ts';
import { defineModule } from './module.ts';
import { bool } from './params.ts';
import { accountName, withTool } from './support/accounts.ts';

export default defineModule({
  summary: 'Create or remove a group.',
  params: z.strictObject({
    name: accountName().describe('The group.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether it shall be there.'),
    gid: z.coerce.number().int().min(0).max(4_294_967_294).optional().describe('Its number; by default the system chooses.'),
    non_unique: bool().default(false).describe('Let `gid` be a number that another group has.'),
    system: bool().default(false).describe('Make it a system group. Counts only when it is created.'),
  }),
  examples: [
    { description: 'A group with a number', task: 'group:\n  name: matrix\n  gid: 991' },
    { description: 'No such group', task: 'group:\n  name: old\n  state: absent' },
  ],
  absent: {
    local: 'Groups are made with groupadd(8).',
    force: 'Remove the users of the group before.',
  },
  ask: ({ name }) => ask({ group: group(name) }),
  plan: ({ name, state, gid, non_unique, system }, { group: found }) => {
    if (state === 'absent') return found.exists ? [change(`remove group ${name}`, withTool('groupdel', sh`groupdel -- ${name}`))] : [];
    const number = gid === undefined ? [] : ['-g', gid, ...(non_unique ? ['-o'] : [])];
    if (!found.exists) {
      const options = [...number, ...(system ? ['-r'] : [])];
      return [change(`create group ${name}`, withTool('groupadd', sh`groupadd ${options} -- ${name}`))];
    }
    return gid === undefined || found.gid === gid
      ? []
      : [change(`set the number of group ${name} to ${gid} (was ${found.gid})`, withTool('groupmod', sh`groupmod ${number} -- ${name}`))];
  },
  result: ({ name, state, system }, { group: found }) => ({ name, state, ...(found.gid !== undefined && { gid: found.gid, system }) }),
});

function change(summary: string, command: Command): Change {
  return { summary, commands: [command], writes: ['*'] };
}
