import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { TaskError } from '../values/errors.ts';
import { defineModule } from './module.ts';
import { argument, bool, conditions } from './params.ts';

const params = z.strictObject({
  that: conditions().describe('Conditions in CEL, one or a list; all must hold.'),
  fail_msg: argument().optional().describe('What to say when one does not hold. Default: names the condition.'),
  success_msg: argument().default('All assertions passed').describe('What to say when all hold.'),
  quiet: bool().default(false).describe('Say nothing when all hold.'),
});

export default defineModule({
  summary: 'Fail unless every condition holds.',
  params,
  examples: [
    { description: 'Demand a variable of some length', task: 'assert:\n  that: size(group_names) > 0\n  fail_msg: Put the host into a group' },
    { description: 'Demand several things', task: 'assert:\n  that:\n    - facts.service_mgr == "systemd"\n    - facts.memtotal_mb >= 1000' },
  ],
  aliases: { msg: 'fail_msg' },
  ask: () => ask({}),
  foresee: failure,
  plan: (given) => {
    const message = failure(given);
    if (message !== undefined) throw new TaskError(message);
    return [];
  },
  result: ({ success_msg, quiet }) => (quiet ? {} : { msg: success_msg }),
});

function failure({ that, fail_msg }: z.output<typeof params>): string | undefined {
  const broken = that.find((condition) => !condition.holds);
  return broken && (fail_msg ?? `this does not hold: ${broken.text}`);
}
