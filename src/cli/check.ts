import { Option } from 'commander';
import type { Define } from './context.ts';
import { converge } from './converge.ts';
import { addRunOptions, type RunArguments } from './options.ts';

const exitHelp = `
The same as homerun run --check --diff.

Exit codes: 0 no differences, 1 wrong input (no host was contacted), 2 a task failed, 3 differences found,
4 a host was unreachable, 130 interrupted.`;

const define: Define = (command, context) => {
  addRunOptions(command)
    .addOption(new Option('-C, --check', 'as run has it; here it changes nothing').hideHelp())
    .addHelpText('after', exitHelp)
    .action(async (playbooks: readonly string[], options: RunArguments) => {
      context.finish(await converge(playbooks, options, { check: true, diff: true }, context));
    });
};
export default define;
