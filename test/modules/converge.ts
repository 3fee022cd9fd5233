import type { Change } from '../../src/values/change.ts';
import type { Output } from '../../src/values/command.ts';
import { run, runScript, type Shell } from '../shell/shells.ts';
import { askModule, loadModule, planModule, validate } from './drive.ts';

/** What became of a module on this machine. */
export interface Converged {
  readonly changes: readonly string[];
  /** Of the commands, up to the first that failed. */
  readonly outputs: readonly Output[];
  /** What would still be changed afterwards. */
  readonly rest: readonly string[];
}

/** Does for real what a task does on a host: asks, plans, runs the commands, asks and plans again, all in `shell` on this machine. */
export async function converge(shell: Shell, name: string, given: unknown): Promise<Converged> {
  const module = await loadModule(name);
  const params = validate(module, given);
  const plan = async () => planModule(module, params, await askModule(module, params, (questions) => answersIn(shell, questions)));
  const changes = await plan();
  const outputs = await runAll(shell, changes);
  return { changes: changes.map((change) => change.summary), outputs, rest: (await plan()).map((change) => change.summary) };
}

async function answersIn(shell: Shell, questions: Parameters<Parameters<typeof askModule>[2]>[0]): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const [key, { kind, params }] of Object.entries(questions)) {
    const { stdout } = await runScript(shell, kind.script([params]));
    answers[key] = kind.parse(kind.split(stdout, [params])[0] ?? '', params);
  }
  return answers;
}

async function runAll(shell: Shell, changes: readonly Change[]): Promise<readonly Output[]> {
  const outputs: Output[] = [];
  for (const command of changes.flatMap((change) => change.commands)) {
    const output = await run(shell, command);
    outputs.push(output);
    if (!(command.okCodes ?? [0]).includes(output.rc)) break;
  }
  return outputs;
}
