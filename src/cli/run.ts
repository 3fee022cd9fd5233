import type { Define } from './context.ts';
import { converge } from './converge.ts';
import { addRunOptions, type RunArguments } from './options.ts';

const exitHelp = `
Exit codes: 0 all well, 1 wrong input (no host was contacted), 2 a task failed, 3 check mode found differences,
4 a host was unreachable, 130 interrupted.`;

const define: Define = (command, context) => {
  addRunOptions(command)
    .option('-C, --check', 'change nothing, show what would be changed (homerun check shows the diffs too)')
    .addHelpText('after', exitHelp)
    .action(async (playbooks: readonly string[], options: RunArguments) => {
      const check = options.check === true;
      context.finish(await converge(playbooks, options, { check, diff: options.diff === true }, context));
    });
};
export default define;
