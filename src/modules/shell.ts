import * as z from 'zod';
import { quote, withStdin } from '../values/command.ts';
import { defineModule } from './module.ts';
import { path } from './params.ts';
import { askRunning, beginsSomewhere, planRunning, runningParams, runningResult } from './support/running.ts';

export default defineModule({
  summary: 'Run a command line in a shell.',
  params: z
    .strictObject({
      cmd: z
        .string('expected text that is not secret (use stdin for secrets)')
        .min(1, 'expected a command')
        .describe('The command line; several lines are a script.'),
      executable: path().optional().describe('The shell, such as /bin/bash. Default: the POSIX sh of the host.'),
      ...runningParams,
    })
    .refine(
      ({ executable, stdin }) => executable === undefined || stdin === undefined,
      'stdin cannot be given together with executable, takes nothing but the command',
    )
    .refine(...beginsSomewhere),
  examples: [
    { description: 'Use a pipe', task: 'shell: ps ax | grep -c [n]ginx\nregister: count\nchanged_when: false' },
    { description: 'Run once', task: 'shell: |\n  umask 077\n  date > /root/installed\nargs:\n  creates: /root/installed' },
  ],
  absent: {},
  freeForm: 'cmd',
  ask: askRunning,
  plan: (params, answers) => {
    const summary = `run ${params.cmd.trim().split('\n')[0] ?? ''}${params.cmd.trim().includes('\n') ? ' …' : ''}`;
    if (params.executable === undefined) return planRunning(params, answers, summary, params.cmd);
    // The script goes to the other shell as a pipe, which it opens as a file: in its argument list everybody on the host could read it, and as its
    // input its own commands would read it.
    return planRunning(params, answers, summary, `${quote(params.executable)} /dev/fd/3 3<&0 </dev/null`).map((change) => ({
      ...change,
      commands: change.commands.map((command) => withStdin(command, `${params.cmd}\n`)),
    }));
  },
  result: (params, answers, outputs) => runningResult(params.cmd, params, answers, outputs),
});
