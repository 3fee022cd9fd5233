import { Command, CommanderError } from 'commander';
import { Masker } from '../engine/mask.ts';
import { InputError } from '../values/errors.ts';
import type { Context, Define, Run } from './context.ts';
import type { Io } from './io.ts';
import { exitCodes, explain } from './problems.ts';
import { version } from './version.ts';

interface Entry {
  readonly name: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  /** Most commands need code that takes long to load: only those are loaded that the command line names. */
  readonly load: () => Promise<{ readonly default: Define }>;
}

/** All commands in the order of the help. */
export const entries: readonly Entry[] = [
  { name: 'run', summary: 'bring hosts to the state that playbooks describe', load: () => import('./run.ts') },
  { name: 'check', summary: 'change nothing, show every difference (exit 3 if there is one)', load: () => import('./check.ts') },
  { name: 'lint', summary: 'find mistakes in playbooks and inventory without a host', load: () => import('./lint.ts') },
  { name: 'inventory', summary: 'show hosts, groups and where variables come from', load: () => import('./inventory.ts') },
  { name: 'trust', summary: 'show and record the keys of hosts', load: () => import('./trust.ts') },
  { name: 'secret', summary: 'keep passwords and keys in an encrypted file', load: () => import('./secret.ts') },
  { name: 'facts', summary: 'show what is known of hosts', load: () => import('./facts.ts') },
  { name: 'exec', summary: 'run one command on hosts', load: () => import('./exec.ts') },
  { name: 'modules', summary: 'show what a module does and its parameters', load: () => import('./modules.ts') },
  { name: 'schema', summary: 'print the JSON Schema of playbooks or inventories for editors', load: () => import('./schema.ts') },
  { name: 'report', summary: 'turn a saved run into text, HTML or JUnit', load: () => import('./report.ts') },
  { name: 'completion', summary: 'print the completion script of a shell', load: () => import('./completion.ts') },
];

/** Commands that the interface names and that there are none of yet. */
const later: readonly unknown[] = ['init', 'doctor'];

const afterHelp = `
Examples:
  homerun check playbooks/site.yaml              what would be changed, and nothing is
  homerun run playbooks/site.yaml -l web1        change it, on one host
  homerun inventory --host web1                  every variable of a host, and its file

homerun COMMAND --help tells more of each command.`;

/** Runs a command line. @param given the arguments after the program's name. @returns the exit code. */
export async function main(given: readonly string[], io: Io, engine: Context['engine'] = loadEngine): Promise<number> {
  let code: number = exitCodes.ok;
  const masker = new Masker();
  const told = (error: unknown) => explain(masker.error(error), io, verbosityOf(given));
  const off = io.onCrash((error) => io.exit(told(error)));
  try {
    if (later.includes(given[0]))
      throw InputError.of(`homerun ${given[0]} comes with a later version`, undefined, 'homerun --help lists the commands that there are.');
    const program = await programFor(new Set(given), {
      io,
      engine,
      masker,
      finish: (value) => {
        code = value;
      },
    });
    await program.parseAsync([...given], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.wrongInput;
    return told(error);
  } finally {
    off();
  }
}

async function loadEngine(): Promise<Run> {
  return (await import('../engine/run.ts')).run;
}

/** The program with every command's name, and in full the commands among `wanted`. */
export async function programFor(wanted: ReadonlySet<string>, context: Context): Promise<Command> {
  const { io } = context;
  const program = new Command('homerun')
    .description('Provision hosts over SSH: playbooks say what shall be, homerun changes what differs.')
    .usage('COMMAND [options]')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .configureOutput({
      writeOut: (text) => io.output.write(text),
      writeErr: (text) => io.errors.write(text),
      getOutHelpWidth: () => Math.min(120, io.output.columns),
      getErrHelpWidth: () => Math.min(120, io.errors.columns),
    })
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    .addHelpText('after', afterHelp)
    .hook('preAction', async (_program, command) => {
      if (!command.options.some((option) => option.long === '--inventory')) return;
      const { applyDefaults } = await import('./defaults.ts');
      applyDefaults(command, io);
    });
  for (const { name, summary, load } of entries) {
    const command = program.command(name).summary(summary).description(sentence(summary));
    command.showHelpAfterError(`See: homerun ${name} --help`);
    if (!wanted.has(name)) continue;
    (await load()).default(command, context);
    for (const inner of command.commands) inner.showHelpAfterError(`See: homerun ${name} ${inner.name()} --help`);
  }
  program.showHelpAfterError('See: homerun --help');
  return program;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** How often -v was given, for errors that come before options are read. */
function verbosityOf(given: readonly string[]): number {
  const options = given.includes('--') ? given.slice(0, given.indexOf('--')) : given;
  return options.reduce((count, text) => count + (text === '--verbose' ? 1 : /^-v+$/.test(text) ? text.length - 1 : 0), 0);
}
