import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { argument, bool, conditions } from './params.ts';

export default defineModule({
  summary: 'Fail unless every condition holds.',
  params: z.strictObject({
    that: conditions().describe('Conditions in CEL, one or a list; all must hold.'),
    fail_msg: argument().optional().describe('What to say when one does not hold. Default: names the condition.'),
    success_msg: argument().default('All assertions passed').describe('What to say when all hold.'),
    quiet: bool().default(false).describe('Say nothing when all hold.'),
  }),
  examples: [
    { description: 'Demand a variable of some length', task: 'assert:\n  that: size(group_names) > 0\n  fail_msg: Put the host into a group' },
    { description: 'Demand several things', task: 'assert:\n  that:\n    - facts.service_mgr == "systemd"\n    - facts.memtotal_mb >= 1000' },
  ],
  aliases: { msg: 'fail_msg' },
  ask: () => ask({}),
  plan: ({ that, fail_msg }) => {
    const broken = that.find((condition) => !condition.holds);
    if (broken) throw new TaskError(fail_msg ?? `this does not hold: ${broken.text}`);
    return [];
  },
  result: ({ success_msg, quiet }) => (quiet ? {} : { msg: success_msg }),
});
