import { type Command, InvalidArgumentError, Option } from 'commander';
import { type BatchSize, batchSize } from '../language/batch-size.ts';

/** The inventory that is read when none is given. */
export const defaultInventory = 'inventory/';

const mostForks = 1000;

/** For options that may be given several times: each adds to the list. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/** For lists of words, with commas between or the option given again. */
export function collectWords(value: string, previous: readonly string[] = []): readonly string[] {
  const words = value.split(',').map((word) => word.trim());
  if (words.includes('')) throw new InvalidArgumentError('Expected words with commas between, such as: nginx,docker');
  return [...previous, ...words];
}

function count(_value: string, previous: number): number {
  return previous + 1;
}

function forks(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > mostForks)
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${mostForks}.`);
  return number;
}

/** For `--serial`: as the word of a play, several with commas between. */
function serial(value: string): readonly BatchSize[] {
  return value.split(',').map((word) => {
    const size = batchSize(word.trim());
    if (size === undefined) throw new InvalidArgumentError('Expected a number of hosts or a percentage of them, such as 1, 25% or 1,50%.');
    return size;
  });
}

/** For `--lock-timeout`. */
function lockSeconds(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 86_400) throw new InvalidArgumentError('Expected seconds, 0 to 86400.');
  return number;
}

/** `-i`, and what else finds hosts and their variables. */
export function addInventoryOptions(command: Command): Command {
  return command
    .option(
      '-i, --inventory <path>',
      `inventory: a file, folder or program, or hosts (h1,h2,); can be repeated (default: ${defaultInventory})`,
      collect,
    )
    .option('-e, --extra-vars <K=V|JSON|@FILE>', 'variables above all others; can be repeated', collect);
}

/** `-l`. */
export function addLimit(command: Command): Command {
  return command.option('-l, --limit <pattern>', 'only these of the hosts: web1, web:db, all:!old, h*, ~regex');
}

/** How to log in and become root. */
export function addLoginOptions(command: Command): Command {
  return command
    .option('-u, --user <name>', 'log in as this user where the inventory names none')
    .option('-k, --ask-pass', 'ask for the password to log in with')
    .option('-K, --ask-become-pass', 'ask for the password to become root (or another user) with')
    .option('--private-key <file>', 'log in with this key where the inventory names none');
}

/** `-f`. */
export function addForks(command: Command): Command {
  return command.option('-f, --forks <n>', 'hosts to work on at the same time', forks, 50);
}

/** How much is shown, and in which colours. */
export function addScreenOptions(command: Command): Command {
  return command
    .option('-v, --verbose', 'show more; -vv and -vvv even more', count, 0)
    .option('-q, --quiet', 'show only what went wrong, and the recap')
    .option('--no-color', 'no colours (as with the variable NO_COLOR)');
}

/** Everything that `run` and `check` know. */
export function addRunOptions(command: Command): Command {
  command.argument('<playbook...>', 'playbook files, run one after another');
  addLimit(addInventoryOptions(command));
  command
    .option('-t, --tags <tags>', 'only tasks with one of these tags', collectWords)
    .option('--skip-tags <tags>', 'no tasks with one of these tags', collectWords)
    .option('-D, --diff', 'show what changes in files')
    .option('--start-at-task <name>', 'begin with the task of this name')
    .option('--list-tasks', 'show the tasks and do nothing')
    .option('--list-hosts', 'show the hosts and do nothing')
    .option('--list-tags', 'show the tags and do nothing');
  addLoginOptions(addForks(command));
  command.option('--serial <n|n%>', 'so many hosts through all plays before the next; none after a failure. Several: 1,25%', serial);
  command
    .addOption(
      new Option('--output <form>', 'how the run is shown (default: live on a terminal, plain otherwise)').choices(['live', 'plain', 'json']),
    )
    .option('--save <file>', 'keep the events of the run in a file, for homerun report')
    .option('--html <file>', 'write a report that opens in a browser')
    .option('--junit <file>', 'write a report for continuous integration')
    .option('--lock-timeout <seconds>', 'wait so long for another run that is changing a host', lockSeconds, 0)
    .option('--break-lock', 'end another run on the hosts that it has locked, and go on')
    .option('--no-prefetch', 'ask for each task when its turn comes (slow; to compare with)');
  return addScreenOptions(command);
}

/** What `run` and `check` were asked, as commander gives it. */
export interface RunArguments extends ScreenArguments, LoginArguments, InventoryArguments {
  readonly limit?: string;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly diff?: true;
  readonly check?: true;
  readonly forks: number;
  readonly serial?: readonly BatchSize[];
  readonly startAtTask?: string;
  readonly listTasks?: true;
  readonly listHosts?: true;
  readonly listTags?: true;
  readonly output?: 'live' | 'plain' | 'json';
  readonly save?: string;
  readonly html?: string;
  readonly junit?: string;
  readonly prefetch: boolean;
  readonly lockTimeout: number;
  readonly breakLock?: true;
}

export interface InventoryArguments {
  readonly inventory?: readonly string[];
  readonly extraVars?: readonly string[];
}

export interface LoginArguments {
  readonly user?: string;
  readonly askPass?: true;
  readonly askBecomePass?: true;
  readonly privateKey?: string;
}

export interface ScreenArguments {
  readonly verbose: number;
  readonly quiet?: true;
  readonly color: boolean;
}
