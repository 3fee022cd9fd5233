import * as z from 'zod';
import { ask } from '../questions/question.ts';
import { type Command, quote } from '../values/command.ts';
import { defineModule } from './module.ts';
import { path } from './params.ts';

export default defineModule({
  summary:
    'Give a text to the shell of the host as it is; it is never "ok", as nothing is known of what it does: prefer shell, which has creates and removes.',
  params: z.strictObject({
    cmd: z
      .string('expected text that is not secret')
      .min(1, 'expected a text to run')
      .describe('The text; what a shell makes of it is up to that shell.'),
    executable: path().optional().describe('The shell, such as /bin/bash. Default: the POSIX sh of the host.'),
  }),
  examples: [
    { description: 'What no other module does', task: 'raw: opkg update && opkg install sudo' },
    { description: 'Only look', task: 'raw: uname -a\nchanged_when: false\nregister: kernel' },
  ],
  absent: {
    creates: 'Use the module shell.',
    removes: 'Use the module shell.',
    chdir: 'Use the module shell, or begin the text with cd.',
    stdin: 'Use the module shell.',
  },
  freeForm: 'cmd',
  ask: () => ask({}),
  plan: ({ cmd, executable }) => {
    const timeoutSeconds = 3600;
    // In the argument list of another shell everybody on the host could read the text.
    const command: Command =
      executable === undefined ? { script: cmd, timeoutSeconds } : { script: `${quote(executable)} -s`, stdin: `${cmd}\n`, timeoutSeconds };
    const [first = '', ...more] = cmd.trim().split('\n');
    return [{ summary: `run ${first}${more.length > 0 ? ' …' : ''}`, commands: [command], writes: ['*'], opaque: true }];
  },
  result: (_params, _answers, outputs) => {
    const output = outputs.at(-1);
    return output ? { stdout: output.stdout, stderr: output.stderr } : {};
  },
});
