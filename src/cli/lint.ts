import { homedir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { adviceOn } from '../language/advice.ts';
import { createFiles, type Files, textOfFile } from '../language/files.ts';
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
      const { problems, plays, hosts } = await problemsOf(
        () => loadRun({ ...runOptions(typed, io), playbooks }, true),
        createFiles(io.workingFolder, homedir()),
        given.length === 0,
      );
      const write = typed.output === 'json' ? json : (problem: Problem) => `${problemText(problem)}\n`;
      for (const problem of problems) io.output.write(write(problem));
      const errors = problems.filter((problem) => problem.severity !== 'warning').length;
      if (typed.output === 'text') io.output.write(summary(errors, problems.length - errors, plays, hosts));
      finish(errors > 0 ? exitCodes.wrongInput : exitCodes.ok);
    });
};
export default define;

/**
 * Every playbook right in the folder but for those that another one imports: they are read with it. A file without a list or a word of a play at its
 * margin is one of variables, or the like. Looked at as text, as YAML of hundreds of tasks takes long to read twice.
 */
function allPlaybooks(workingFolder: string): readonly string[] {
  const files = createFiles(workingFolder, workingFolder);
  const path = join(workingFolder, folder);
  const names =
    files.kind(path) === 'folder' ? files.list(path).filter((name) => /\.ya?ml$/.test(name) && files.kind(join(path, name)) === 'file') : [];
  const texts = new Map(names.map((name) => [name, textOfFile(join(path, name), join(folder, name))]));
  const imported = new Set(
    [...texts.values()].flatMap((text) => [...text.matchAll(/^- (?:.*\b)?import_playbook: *["']?([\w./-]+)/gm)].map((match) => match[1])),
  );
  const playbooks = [...texts].filter(
    ([name, text]) => !imported.has(name) && /^(-|hosts:|tasks:|import_playbook:)/m.test(text.replace(/^---$/gm, '')),
  );
  if (playbooks.length === 0) throw InputError.of(`there is no playbook in ${folder}/`, undefined, 'Name one: homerun lint PLAYBOOK');
  return playbooks.map(([name]) => join(folder, name));
}

interface Found {
  readonly problems: readonly Problem[];
  readonly plays: number;
  readonly hosts: number;
}

async function problemsOf(work: () => ReturnType<typeof loadRun>, files: Files, isWhole: boolean): Promise<Found> {
  try {
    const loaded = await work();
    const { warnings, plays, inventory } = loaded;
    return { problems: [...warnings, ...adviceOn(loaded, files, isWhole)], plays: plays.length, hosts: inventory.hosts.size };
  } catch (error) {
    if (error instanceof InputError) return { problems: error.problems, plays: 0, hosts: 0 };
    throw error;
  }
}

function json({ message, source, hint, severity = 'error' }: Problem): string {
  return `${safeJson({ severity, message, ...(source && { file: source.file, line: source.line, column: source.column }), ...(hint !== undefined && { hint }) })}\n`;
}

function summary(errors: number, warnings: number, plays: number, hosts: number): string {
  if (errors + warnings === 0) return `Nothing is wrong in ${counted(plays, 'play')} for ${counted(hosts, 'host')}.\n`;
  return `${[errors > 0 ? counted(errors, 'error') : '', warnings > 0 ? counted(warnings, 'warning') : ''].filter((part) => part !== '').join(', ')}.\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
