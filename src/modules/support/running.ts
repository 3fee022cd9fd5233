import { posix } from 'node:path';
import * as z from 'zod';
import { type FileAnswer, file } from '../../questions/file.ts';
import { type Asking, ask } from '../../questions/question.ts';
import type { Change } from '../../values/change.ts';
import { type Command, type Output, quote, withStdin } from '../../values/command.ts';
import { TaskError } from '../../values/errors.ts';
import { secretIf } from '../../values/secret.ts';
import type { Vars } from '../../values/vars.ts';
import { bool, path, relativePath, text } from '../params.ts';

/** What `command` and `shell` have in common. */
export const runningParams = {
  chdir: path().optional().describe('The folder to run in.'),
  creates: relativePath().optional().describe('If this path is there, the command is not run. It may begin in `chdir`.'),
  removes: relativePath().optional().describe('If this path is not there, the command is not run. It may begin in `chdir`.'),
  stdin: text().optional().describe('Text for the standard input; the place for what is secret.'),
  stdin_add_newline: bool().default(true).describe('Add a line end to stdin.'),
};

const running = z.object(runningParams);
export type Running = z.output<typeof running>;

type RunningPaths = Pick<Running, 'chdir' | 'creates' | 'removes'>;

/** For `refine`: a relative path needs a folder that it begins in. */
export const beginsSomewhere = [
  ({ chdir, creates = '/', removes = '/' }: RunningPaths) => chdir !== undefined || (creates.startsWith('/') && removes.startsWith('/')),
  'expected absolute paths for creates and removes, starting with /, or chdir, where they begin',
] as const;

export interface RunningAnswers {
  readonly folder?: FileAnswer;
  readonly creates?: FileAnswer;
  readonly removes?: FileAnswer;
}

/** Asks whether the folder and the paths of `creates` and `removes` are there. */
export function askRunning({ chdir, creates, removes }: RunningPaths): Asking<RunningAnswers> {
  return ask({
    ...(chdir !== undefined && { folder: file(chdir, { digest: false, follow: true }) }),
    ...(creates !== undefined && { creates: file(posix.resolve(chdir ?? '/', creates), { digest: false }) }),
    ...(removes !== undefined && { removes: file(posix.resolve(chdir ?? '/', removes), { digest: false }) }),
  });
}

/**
 * The one change: the command is run, unless `creates` or `removes` says that it need not. Nobody knows what it writes.
 * @throws TaskError where the folder to run in is not there.
 */
export function planRunning(params: Running, answers: RunningAnswers, summary: string, script: string): readonly Change[] {
  if (answers.folder?.exists === false && !answers.folder.isHidden)
    throw new TaskError(`the folder ${params.chdir} is not there`, 'Make it before: module file, state: directory.');
  if (answers.creates?.exists || answers.removes?.exists === false) return [];
  const inFolder = params.chdir === undefined ? script : `cd ${quote(params.chdir)} && { ${script}\n}`;
  const command: Command = { script: inFolder, timeoutSeconds: 3600 };
  const stdin = params.stdin === undefined ? undefined : params.stdin;
  const fed = stdin === undefined ? command : withStdin(command, params.stdin_add_newline ? lineOf(stdin) : stdin);
  return [{ summary, commands: [fed], writes: ['*'], opaque: true }];
}

function lineOf(stdin: NonNullable<Running['stdin']>): NonNullable<Running['stdin']> {
  return typeof stdin === 'string' ? `${stdin}\n` : secretIf(true, `${stdin.reveal()}\n`);
}

/** What `register` sees: the command as run, and its output without the line ends behind it. Of one that need not be run: that, as Ansible says it. */
export function runningResult(
  cmd: string | readonly string[],
  { creates, removes }: RunningPaths,
  answers: RunningAnswers,
  outputs: readonly Output[],
): Vars {
  const output = outputs.at(-1);
  if (output) return { cmd, ...streams(output.stdout, output.stderr) };
  const why = answers.creates?.exists ? `${creates} exists` : answers.removes?.exists === false ? `${removes} does not exist` : undefined;
  return { cmd, ...(why !== undefined && { rc: 0, ...streams(`skipped, since ${why}`, ''), msg: `Did not run command since ${why}` }) };
}

function streams(stdout: string, stderr: string): Vars {
  const [out, err] = [stdout, stderr].map((text) => text.replace(/[\r\n]+$/, ''));
  return { stdout: out ?? '', stdout_lines: linesOf(out ?? ''), stderr: err ?? '', stderr_lines: linesOf(err ?? '') };
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(/\r\n|\r|\n/);
}
