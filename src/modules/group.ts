import { z } from 'zod';
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
    system: bool().default(false).describe('Make it a system group. Counts only when it is created.'),
  }),
  examples: [
    { description: 'A group with a number', task: 'group:\n  name: matrix\n  gid: 991' },
    { description: 'No such group', task: 'group:\n  name: old\n  state: absent' },
  ],
  absent: {
    local: 'Groups are made with groupadd(8).',
    non_unique: 'Give the group a number of its own.',
    force: 'Remove the users of the group before.',
  },
  ask: ({ name }) => ask({ group: group(name) }),
  plan: ({ name, state, gid, system }, { group: found }) => {
    if (state === 'absent') return found.exists ? [change(`remove group ${name}`, withTool('groupdel', sh`groupdel -- ${name}`))] : [];
    if (!found.exists) {
      const options = [...(gid === undefined ? [] : ['-g', gid]), ...(system ? ['-r'] : [])];
      return [change(`create group ${name}`, withTool('groupadd', sh`groupadd ${options} -- ${name}`))];
    }
    return gid === undefined || found.gid === gid
      ? []
      : [change(`set the number of group ${name} to ${gid} (was ${found.gid})`, withTool('groupmod', sh`groupmod -g ${gid} -- ${name}`))];
  },
  result: ({ name, state }, { group: found }) => ({ name, state, ...(found.gid !== undefined && { gid: found.gid }) }),
});

function change(summary: string, command: Command): Change {
  return { summary, commands: [command], writes: ['*'] };
}
