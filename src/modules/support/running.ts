import { z } from 'zod';
import { type FileAnswer, file } from '../../questions/file.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import { type Command, type Output, quote, withStdin } from '../../values/command.ts';
import { revealed, secretIf } from '../../values/secret.ts';
import type { Vars } from '../../values/vars.ts';
import { bool, path, text } from '../params.ts';

/** What `command` and `shell` have in common. */
export const runningParams = {
  chdir: path().optional().describe('The folder to run in.'),
  creates: path().optional().describe('If this path is there, the command is not run.'),
  removes: path().optional().describe('If this path is not there, the command is not run.'),
  stdin: text().optional().describe('Text for the standard input; the place for what is secret.'),
  stdin_add_newline: bool().default(true).describe('Add a line end to stdin.'),
};

const running = z.object(runningParams);
export type Running = z.output<typeof running>;

export interface RunningAnswers {
  readonly creates?: FileAnswer;
  readonly removes?: FileAnswer;
}

/** Asks whether the paths of `creates` and `removes` are there. */
export function askRunning({ creates, removes }: Running): Asking<RunningAnswers> {
  return ask({
    ...(creates !== undefined && { creates: file(creates, { digest: false }) }),
    ...(removes !== undefined && { removes: file(removes, { digest: false }) }),
  });
}

/** The one change: the command is run, unless `creates` or `removes` says that it need not. Nobody knows what it writes. */
export function planRunning(params: Running, answers: RunningAnswers, summary: string, script: string): readonly Change[] {
  if (answers.creates?.exists || answers.removes?.exists === false) return [];
  const inFolder = params.chdir === undefined ? script : `cd ${quote(params.chdir)} && { ${script}\n}`;
  const command: Command = { script: inFolder, timeoutSeconds: 3600 };
  const stdin = params.stdin === undefined ? undefined : params.stdin;
  const fed = stdin === undefined ? command : withStdin(command, params.stdin_add_newline && !revealed(stdin).endsWith('\n') ? lineOf(stdin) : stdin);
  return [{ summary, commands: [fed], writes: ['*'], opaque: true }];
}

function lineOf(stdin: NonNullable<Running['stdin']>): NonNullable<Running['stdin']> {
  return typeof stdin === 'string' ? `${stdin}\n` : secretIf(true, `${stdin.reveal()}\n`);
}

/** What `register` sees: the command as run; Ansible strips the last line end of its output. */
export function runningResult(cmd: string | readonly string[], outputs: readonly Output[]): Vars {
  const output = outputs.at(-1);
  return { cmd, ...(output && { stdout: output.stdout.replace(/\r?\n$/, ''), stderr: output.stderr.replace(/\r?\n$/, '') }) };
}
