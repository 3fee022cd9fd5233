import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { argument } from './params.ts';

export default defineModule({
  summary: 'Fail the task with a message of your own.',
  params: z.strictObject({
    msg: argument().default('Failed as requested from task').describe('What to say.'),
  }),
  examples: [
    {
      description: 'Stop on a host that is too old',
      task: 'fail:\n  msg: This playbook needs Debian 12 or newer\nwhen: facts.distribution_major_version == "11"',
    },
    { description: 'Stop always', task: 'fail:' },
  ],
  ask: () => ask({}),
  foresee: ({ msg }) => msg,
  plan: ({ msg }) => {
    throw new TaskError(msg);
  },
});
