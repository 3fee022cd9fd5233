import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import * as z from 'zod';
import { entries, main } from '../../src/cli/program.ts';
import { loadModules } from '../../src/modules/registry.ts';
import { command } from '../command.ts';
import { fakeIo } from './fake-io.ts';

async function homerun(line: string, settings: Parameters<typeof fakeIo>[0] = {}) {
  const io = fakeIo(settings);
  const exit = await main(line === '' ? [] : line.split(' '), io, () => Promise.reject(new Error('the engine must not be asked')));
  return { exit, ...io.printed() };
}

test('--help shows every command in a line each, and how to begin', async (t) => {
  t.deepEqual(await homerun('--help'), {
    exit: 0,
    errors: '',
    output: `Usage: homerun COMMAND [options]

Provision hosts over SSH: playbooks say what shall be, homerun changes what differs.

Options:
  -V, --version   print the version
  -h, --help      show help

Commands:
  run             bring hosts to the state that playbooks describe
  check           change nothing, show every difference (exit 3 if there is one)
  lint            find mistakes in playbooks and inventory without a host
  inventory       show hosts, groups and where variables come from
  trust           show and record the keys of hosts
  secret          keep passwords and keys in an encrypted file
  facts           show what is known of hosts
  exec            run one command on hosts
  modules         show what a module does and its parameters
  schema          print the JSON Schema of playbooks or inventories for editors
  report          turn a saved run into text, HTML or JUnit
  completion      print the completion script of a shell
  help [COMMAND]  show the help of a command

Examples:
  homerun check playbooks/site.yaml              what would be changed, and nothing is
  homerun run playbooks/site.yaml -l web1        change it, on one host
  homerun inventory --host web1                  every variable of a host, and its file

homerun COMMAND --help tells more of each command.
`,
  });
});

test('without a command the help is shown, as an error', async (t) => {
  const { exit, output, errors } = await homerun('');
  t.is(exit, 1);
  t.is(output, '');
  t.true(errors.startsWith('Usage: homerun COMMAND'));
});

for (const { name } of entries) {
  test(`${name} --help and help ${name} show the same, and it fits the terminal`, async (t) => {
    const { exit, output, errors } = await homerun(`${name} --help`);
    t.is(exit, 0);
    t.is(errors, '');
    t.true(output.startsWith(`Usage: homerun ${name}`));
    t.is((await homerun(`help ${name}`)).output, output);
    const options = output.slice(output.indexOf('Options:'), output.indexOf('-h, --help'));
    t.deepEqual(
      options.split('\n').filter((line) => line.length > 100),
      [],
    );
  });
}

const promised = [
  '-i, --inventory',
  '-l, --limit',
  '-e, --extra-vars',
  '-t, --tags',
  '--skip-tags',
  '-D, --diff',
  '-f, --forks',
  '--start-at-task',
  '--list-tasks',
  '--list-hosts',
  '--list-tags',
  '-u, --user',
  '-k, --ask-pass',
  '-K, --ask-become-pass',
  '--private-key',
  '--output',
  '--save',
  '--html',
  '--junit',
  '-v, --verbose',
  '-q, --quiet',
  '--no-color',
  '--no-prefetch',
];

for (const name of ['run', 'check']) {
  test(`${name} has every option that is promised`, async (t) => {
    const { output } = await homerun(`${name} --help`);
    for (const option of promised) t.true(output.includes(`  ${option} `), option);
    t.is(output.includes('  -C, --check '), name === 'run');
  });
}

for (const name of ['init', 'doctor']) {
  test(`a command that comes later says so: ${name}`, async (t) => {
    const io = fakeIo();
    t.is(await main([name, 'x'], io), 1);
    t.is(io.printed().errors, `error: homerun ${name} comes with a later version\n  homerun --help lists the commands that there are.\n`);
  });
}

test('modules lists every module in a line, and shows a page of each', async (t) => {
  const { output } = await homerun('modules');
  const names = [...(await loadModules()).keys()].toSorted();
  t.deepEqual(
    output
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ', 1)[0]),
    names,
  );
  for (const name of names) {
    const page = (await homerun(`modules ${name}`)).output;
    t.true(page.startsWith(`${name}: `));
    t.regex(page, /\nExamples\n {2}# /);
    t.notRegex(page, /undefined|\[object/);
  }
});

test('a module page tells parameters with type, default and whether they are needed, and what Ansible has besides', async (t) => {
  const { output } = await homerun('modules docker_network');
  t.regex(
    output,
    /\nParameters\n {2}name \(text; required\)\n {6}The name of the network\.\n {2}state \(one of present, absent; default "present"\)\n/,
  );
  t.regex(output, /\nParameters of Ansible's that it does not have\n {2}connected: /);
  t.like(JSON.parse((await homerun('modules docker_network --json')).output), {
    name: 'docker_network',
    params: { 0: { name: 'name', type: 'text', isRequired: true }, 1: { default: '"present"' } },
  });
});

test('an unknown module is told with the nearest', async (t) => {
  t.deepEqual(await homerun('modules docker_netwrok'), {
    exit: 1,
    output: '',
    errors: 'error: there is no module "docker_netwrok"\n  Did you mean "docker_network"?\n',
  });
});

/** Runs the program. `bytes`: how much of its code was run for that. */
function cost(...args: readonly string[]): { readonly stdout: string; readonly bytes: number } {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-run-'));
  const { stdout } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8', env: { ...process.env, NODE_V8_COVERAGE: folder } });
  const files = readdirSync(folder).flatMap((file) => covered.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))).result);
  rmSync(folder, { recursive: true });
  return { stdout, bytes: files.filter(({ url }) => url.startsWith('file:')).reduce((sum, { functions }) => sum + bytesRun(functions), 0) };
}

const range = z.object({ startOffset: z.number(), endOffset: z.number(), count: z.number() });
const covered = z.object({ result: z.array(z.object({ url: z.string(), functions: z.array(z.object({ ranges: z.array(range) })) })) });

/** Of ranges within ranges the innermost tells. */
function bytesRun(functions: readonly { readonly ranges: readonly z.infer<typeof range>[] }[]): number {
  const ranges = functions.flatMap((one) => one.ranges).toSorted((a, b) => b.endOffset - b.startOffset - (a.endOffset - a.startOffset));
  const isRun = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)));
  for (const { startOffset, endOffset, count } of ranges) isRun.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return isRun.reduce((sum, one) => sum + one, 0);
}

test('the program prints its version, and runs next to nothing for it', (t) => {
  const { stdout, bytes } = cost('--version');
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
  t.true(bytes > 100 && bytes < 10_000, `${bytes} bytes`);
});

test('help runs what parses the command line, and neither modules nor SSH', (t) => {
  const { stdout, bytes } = cost('run', '--help');
  t.regex(stdout, /^Usage: homerun run /);
  t.true(bytes > 10_000 && bytes < 250_000, `${bytes} bytes`);
});

test('the program ends with the exit code, also when its reader goes away', (t) => {
  t.is(spawnSync(process.execPath, [command, 'rum'], { encoding: 'utf8' }).status, 1);
  const piped = spawnSync('bash', ['-c', `set -o pipefail; "${process.execPath}" "${command}" run --help | true; exit $?`], { encoding: 'utf8' });
  t.is(piped.stderr, '');
  t.is(piped.status, 0);
});
