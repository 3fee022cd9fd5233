import * as z from 'zod';
import { quote } from '../values/command.ts';
import { splitWords } from '../values/words.ts';
import { defineModule } from './module.ts';
import { argument } from './params.ts';
import { askRunning, beginsSomewhere, planRunning, runningParams, runningResult } from './support/running.ts';

export default defineModule({
  summary: 'Run a command without a shell: no variables, pipes or redirections in it are interpreted.',
  params: z
    .strictObject({
      cmd: argument().optional().describe('The command and its arguments; quotes group words, line ends are blanks.'),
      argv: z.array(argument()).min(1).optional().describe('The command and its arguments as a list, taken as they are.'),
      ...runningParams,
    })
    .refine(({ cmd, argv }) => (cmd === undefined) !== (argv === undefined), 'expected a command: either as text, or as a list under argv')
    .refine(...beginsSomewhere),
  examples: [
    { description: 'Run once, as long as its result is not there', task: 'command: openssl rand -out /root/seed 32\nargs:\n  creates: /root/seed' },
    { description: 'Only read, never "changed"', task: 'command:\n  argv: [nginx, -v]\nchanged_when: false\nregister: nginx_version' },
  ],
  absent: { expand_argument_vars: 'Use the module shell.', strip_empty_ends: 'Line ends behind the output are always taken off.' },
  freeForm: 'cmd',
  ask: askRunning,
  plan: (params, answers) => {
    const words = wordsOf(params);
    return planRunning(params, answers, `run ${words.map(quote).join(' ')}`, words.map(quote).join(' '));
  },
  result: (params, answers, outputs) => runningResult(wordsOf(params), params, answers, outputs),
});

function wordsOf({ cmd, argv }: { readonly cmd?: string | undefined; readonly argv?: readonly string[] | undefined }): readonly string[] {
  return argv ?? splitWords(cmd ?? '');
}
