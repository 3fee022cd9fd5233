import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { parseYaml } from '../language/yaml.ts';
import { safeJson } from '../report/json.ts';
import { InputError, type Problem } from '../values/errors.ts';
import type { Define } from './context.ts';
import { loadRun } from './load.ts';
import { addInventoryOptions, type InventoryArguments } from './options.ts';
import { exitCodes, problemText } from './problems.ts';
import { runOptions } from './run-options.ts';

interface Arguments extends InventoryArguments {
  readonly output: 'text' | 'json';
}

const folder = 'playbooks';

const define: Define = (command, { io, finish }) => {
  addInventoryOptions(
    command
      .description(
        'Find what is wrong in playbooks and the inventory, as far as it can be known without a host. Exit 1 for errors, not for warnings.',
      )
      .argument('[playbook...]', `playbook files (default: all of ${folder}/)`),
  )
    .addOption(new Option('--output <form>', 'text, or one JSON object a line').choices(['text', 'json']).default('text'))
    .action(async (given: readonly string[], typed: Arguments) => {
      const playbooks = given.length > 0 ? given : allPlaybooks(io.workingFolder);
      const { problems, hosts } = await problemsOf(() => loadRun({ ...runOptions(typed, io), playbooks }));
      const write = typed.output === 'json' ? json : (problem: Problem) => `${problemText(problem)}\n`;
      for (const problem of problems) io.output.write(write(problem));
      const errors = problems.filter((problem) => problem.severity !== 'warning').length;
      if (typed.output === 'text') io.output.write(summary(errors, problems.length - errors, playbooks.length, hosts));
      finish(errors > 0 ? exitCodes.wrongInput : exitCodes.ok);
    });
};
export default define;

/** Every playbook right in the folder. A mapping that has nothing of a play is a file of variables, or the like. */
function allPlaybooks(workingFolder: string): readonly string[] {
  const path = join(workingFolder, folder);
  const names = existsSync(path) ? readdirSync(path).filter((name) => /\.ya?ml$/.test(name)) : [];
  const playbooks = names.toSorted().filter((name) => {
    const { node } = parseYaml(readFileSync(join(path, name), 'utf8'), name);
    return node?.kind !== 'mapping' || node.entries.some(({ key }) => key === 'hosts' || key === 'tasks' || key === 'import_playbook');
  });
  if (playbooks.length === 0) throw InputError.of(`there is no playbook in ${folder}/`, undefined, 'Name one: homerun lint PLAYBOOK');
  return playbooks.map((name) => join(folder, name));
}

async function problemsOf(work: () => ReturnType<typeof loadRun>): Promise<{ readonly problems: readonly Problem[]; readonly hosts: number }> {
  try {
    const { warnings, inventory } = await work();
    return { problems: warnings, hosts: inventory.hosts.size };
  } catch (error) {
    if (error instanceof InputError) return { problems: error.problems, hosts: 0 };
    throw error;
  }
}

function json({ message, source, hint, severity = 'error' }: Problem): string {
  return `${safeJson({ severity, message, ...(source && { file: source.file, line: source.line, column: source.column }), ...(hint !== undefined && { hint }) })}\n`;
}

function summary(errors: number, warnings: number, playbooks: number, hosts: number): string {
  if (errors + warnings === 0) return `Nothing is wrong in ${counted(playbooks, 'playbook')} for ${counted(hosts, 'host')}.\n`;
  return `${[errors > 0 ? counted(errors, 'error') : '', warnings > 0 ? counted(warnings, 'warning') : ''].filter((part) => part !== '').join(', ')}.\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
