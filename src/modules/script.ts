import * as z from 'zod';
import { quote, withStdin } from '../values/command.ts';
import { TaskError } from '../values/errors.ts';
import { Secret } from '../values/secret.ts';
import { defineModule } from './module.ts';
import { type LocalFile, line, scriptFile } from './params.ts';
import { digestOf } from './support/content.ts';
import { askRunning, beginsSomewhere, planRunning, runningParams, runningResult } from './support/running.ts';
import { fail } from './support/shell.ts';

export default defineModule({
  summary: 'Run a script of your machine on the host, without leaving it there.',
  params: z
    .strictObject({
      cmd: scriptFile().describe('A file of your machine, looked for as with copy, and words for it behind; quotes group words.'),
      executable: line()
        .refine((text) => /^[^\s'"\\]+( +[^\s'"\\]+)*$/.test(text), 'expected the name or path of a program, with words for it behind')
        .optional()
        .describe('What runs the script, such as `python3`. Default: what its first line says (`#!/bin/bash`), else the POSIX sh of the host.'),
      chdir: runningParams.chdir,
      creates: runningParams.creates,
      removes: runningParams.removes,
    })
    .refine(...beginsSomewhere),
  examples: [
    { description: 'Run once, with words', task: 'script: set-up.sh --name "my host"\nargs:\n  creates: /var/lib/set-up' },
    { description: 'In another language', task: 'script:\n  cmd: look.py\n  executable: python3\nchanged_when: false' },
  ],
  absent: { decrypt: 'Keep secrets in the secrets file (homerun secret), and give them in environment.' },
  freeForm: 'cmd',
  ask: (params) => askRunning(running(params)),
  plan: (params, answers) => {
    const { cmd, executable } = params;
    const bytes = bytesOf(cmd);
    const interpreter = executable === undefined ? interpreterOf(cmd.path, bytes) : executable.split(/ +/);
    const words = [...interpreter.map(quote), '/dev/fd/3', ...(cmd.words ?? []).map(quote)];
    const summary = `run ${[cmd.path, ...(cmd.words ?? [])].map(quote).join(' ')}`;
    return planRunning(running(params), answers, summary, `${receive} ${words.join(' ')} 3<&0 </dev/null`).map((change) => ({
      ...change,
      commands: change.commands.map((command) => withStdin(command, Buffer.concat([Buffer.from(`${digestOf(bytes)}\n`), bytes]))),
    }));
  },
  result: (params, answers, outputs) => runningResult([params.cmd.path, ...(params.cmd.words ?? [])], params, answers, outputs),
});

/**
 * The script comes by the standard input, is held in a variable until it is there whole (half a script may do what nobody meant), and is given on as a
 * pipe that the interpreter opens as a file: so it has an input of its own, which is empty. The dot keeps the line ends that $(…) takes off.
 */
const receive = `${fail}
[ -e /dev/fd/0 ] || fail 'this host has no /dev/fd'
IFS= read -r homerun_want && homerun_script=$(cat && echo .) || fail 'the script could not be read'
homerun_script=\${homerun_script%.}
homerun_got=$(printf %s "$homerun_script" | sha256sum)
[ "\${homerun_got%% *}" = "$homerun_want" ] || fail 'the script did not arrive whole'
printf %s "$homerun_script" |`;

function running({
  chdir,
  creates,
  removes,
}: {
  readonly chdir?: string | undefined;
  readonly creates?: string | undefined;
  readonly removes?: string | undefined;
}) {
  return { chdir, creates, removes, stdin: undefined, stdin_add_newline: false };
}

function bytesOf({ path, content }: LocalFile): Uint8Array {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(content instanceof Secret ? content.reveal() : content);
  if (bytes.includes(0)) throw new TaskError(`${path} is a program, not a script: it holds NUL characters`, 'Use the modules copy and command.');
  return bytes;
}

/** As the kernel reads the first line: a program, and at most one word (execve(2)). */
function interpreterOf(path: string, bytes: Uint8Array): readonly string[] {
  const first = Buffer.from(bytes.subarray(0, 256)).toString('latin1').split('\n')[0] ?? '';
  const [, program, word] = /^#![ \t]*(\S+)[ \t]*(.*?)[ \t]*$/.exec(first.replace(/\r$/, '')) ?? [];
  if (first.endsWith('\r'))
    throw new TaskError(`the lines of ${path} end as on Windows (CR LF)`, 'Save it with the line ends of Unix: sed -i "s/\\r$//".');
  return program === undefined ? ['sh'] : [program, ...(word ? [word] : [])];
}
