import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Run } from '../../src/cli/context.ts';
import { main } from '../../src/cli/program.ts';
import type { RunOptions } from '../../src/engine/run.ts';
import { InputError } from '../../src/values/errors.ts';
import { events } from '../report/events.ts';
import { Exited, type FakeIo, fakeIo } from './fake-io.ts';

/** Runs a command line with an engine that keeps what it was asked, tells `events` and ends with `code`. */
async function asked(line: readonly string[], io: FakeIo = fakeIo(), code = 0) {
  const seen: RunOptions[] = [];
  const run: Run = (options, emit) => {
    seen.push(options);
    for (const event of events) emit(event);
    return Promise.resolve(code);
  };
  const exit = await main(line, io, () => Promise.resolve(run));
  const { masker, passphrase, ...options } = seen[0] ?? ({} as Partial<RunOptions>);
  return { exit, options: seen[0] && options, hasMasker: masker !== undefined, hasPassphrase: passphrase !== undefined, ...io.printed() };
}

const refused: () => Promise<Run> = () => Promise.reject(new Error('the engine must not be asked'));

test('without options a run takes the inventory in the working folder, 50 forks, and prefetches', async (t) => {
  const { options } = await asked(['run', 'site.yaml'], fakeIo({ workingFolder: '/w', environment: { A: 'b' } }));
  t.deepEqual(options, {
    playbooks: ['site.yaml'],
    inventories: ['inventory/'],
    extraVars: [],
    tags: [],
    skipTags: [],
    check: false,
    diff: false,
    forks: 50,
    prefetch: true,
    verbosity: 0,
    exclusive: { pid: process.pid, waitSeconds: 0, breaks: false },
    workingFolder: '/w',
    environment: { A: 'b' },
  });
});

test('the engine is told what hides secrets, and how to ask for a passphrase', async (t) => {
  t.like(await asked(['run', 'site.yaml']), { hasMasker: true, hasPassphrase: true });
});

test('every option reaches the engine', async (t) => {
  const line =
    'run a.yaml b.yaml -i one -i two -l web:!db -e x=1 -e {"y":2} -t nginx,docker -t tls --skip-tags slow -D -C -f 7 --serial 1,25% --start-at-task Go -u root --private-key key --lock-timeout 30 --break-lock --no-prefetch -vv -v';
  const { options } = await asked(line.split(' '));
  t.deepEqual(options, {
    playbooks: ['a.yaml', 'b.yaml'],
    inventories: ['one', 'two'],
    limit: 'web:!db',
    extraVars: ['x=1', '{"y":2}'],
    tags: ['nginx', 'docker', 'tls'],
    skipTags: ['slow'],
    check: true,
    diff: true,
    forks: 7,
    serial: [1, '25%'],
    startAtTask: 'Go',
    user: 'root',
    privateKey: 'key',
    prefetch: false,
    verbosity: 3,
    exclusive: { pid: process.pid, waitSeconds: 30, breaks: true },
    workingFolder: '/nowhere',
    environment: {},
  });
});

test('check takes the option of run that it is: both know the same ones', async (t) => {
  const { options } = await asked(['check', 'site.yaml', '-C'], fakeIo(), 3);
  t.true(options?.check);
});

test('check is a run in check mode with diffs', async (t) => {
  const { options, exit } = await asked(['check', 'site.yaml'], fakeIo(), 3);
  t.true(options?.check);
  t.true(options?.diff);
  t.is(exit, 3);
});

for (const code of [0, 2, 3, 4, 130]) {
  test(`the exit code is the engine's: ${code}`, async (t) => {
    t.is((await asked(['run', 'site.yaml'], fakeIo(), code)).exit, code);
  });
}

test('wrong input is told with place and hint, without a stack, and the exit code is 1', async (t) => {
  const io = fakeIo();
  const run: Run = () => {
    throw new InputError([
      { message: 'there is no module "aptt"', source: { file: 'site.yaml', line: 3, column: 7 }, hint: 'Did you mean "apt"?' },
      { message: 'no host matches \u001b[2J', hint: 'Look at: homerun inventory' },
      { message: 'nothing uses it', severity: 'warning' },
    ]);
  };
  t.is(await main(['run', 'site.yaml', '-vvv'], io, () => Promise.resolve(run)), 1);
  t.deepEqual(io.printed(), {
    output: '',
    errors:
      'site.yaml:3:7: there is no module "aptt"\n  Did you mean "apt"?\nerror: no host matches ^[[2J\n  Look at: homerun inventory\nwarning: nothing uses it\n2 errors; nothing was done.\n',
  });
});

test('a bug is called one, with a stack only for -vvv', async (t) => {
  const run: Run = () => Promise.reject(new RangeError('out of range'));
  const quiet = fakeIo();
  t.is(await main(['run', 'site.yaml', '-vv'], quiet, () => Promise.resolve(run)), 2);
  t.regex(quiet.printed().errors, /^This is a bug in homerun \S+: out of range\n {2}Please report it .*\n$/);
  const loud = fakeIo();
  t.is(await main(['run', 'site.yaml', '-vvv'], loud, () => Promise.resolve(run)), 2);
  t.regex(loud.printed().errors, /RangeError: out of range\n +at /);
});

const wrong: readonly (readonly [line: string, errors: string])[] = [
  ['rum site.yaml', "error: unknown command 'rum'\n(Did you mean run?)\nSee: homerun --help\n"],
  ['run site.yaml --limt a', "error: unknown option '--limt'\n(Did you mean --limit?)\nSee: homerun run --help\n"],
  ['run', "error: missing required argument 'playbook'\nSee: homerun run --help\n"],
  [
    'run site.yaml -f many',
    "error: option '-f, --forks <n>' argument 'many' is invalid. Expected a whole number from 1 to 1000.\nSee: homerun run --help\n",
  ],
  [
    'run site.yaml -f 0',
    "error: option '-f, --forks <n>' argument '0' is invalid. Expected a whole number from 1 to 1000.\nSee: homerun run --help\n",
  ],
  [
    'run site.yaml --serial 1,0%',
    "error: option '--serial <n|n%>' argument '1,0%' is invalid. Expected a number of hosts or a percentage of them, such as 1, 25% or 1,50%.\nSee: homerun run --help\n",
  ],
  [
    'run site.yaml -t a,,b',
    "error: option '-t, --tags <tags>' argument 'a,,b' is invalid. Expected words with commas between, such as: nginx,docker\nSee: homerun run --help\n",
  ],
  [
    'run site.yaml --output xml',
    "error: option '--output <form>' argument 'xml' is invalid. Allowed choices are live, plain, json.\nSee: homerun run --help\n",
  ],
  ['run site.yaml -i', "error: option '-i, --inventory <path>' argument missing\nSee: homerun run --help\n"],
  ['check site.yaml --chekc', "error: unknown option '--chekc'\nSee: homerun check --help\n"],
  ['provision', "error: unknown command 'provision'\nSee: homerun --help\n"],
  ['run site.yaml --html same --junit same', 'error: --save, --html and --junit must name different files\n'],
  [
    'run site.yaml --save /nowhere/run.jsonl',
    'error: the report cannot be written to /nowhere/run.jsonl: no such file or folder\n  Name a file in a folder that exists and that you may write to.\n',
  ],
  [
    'run site.yaml -k',
    `error: -k asks for a password, and there is no terminal to ask on\n  Put it into the secrets file (homerun secret set NAME) and write in the inventory: ssh_password: "{{ secret 'NAME' }}"\n`,
  ],
  [
    'run site.yaml -K',
    `error: -K asks for a password, and there is no terminal to ask on\n  Put it into the secrets file (homerun secret set NAME) and write in the inventory: become_password: "{{ secret 'NAME' }}"\n`,
  ],
];

for (const [line, errors] of wrong) {
  test(`wrong command line: ${line}`, async (t) => {
    const io = fakeIo();
    const mayLoad = !errors.includes('See:');
    t.is(await main(line.split(' '), io, mayLoad ? () => Promise.resolve(() => Promise.reject(new Error('the run must not begin'))) : refused), 1);
    t.deepEqual(io.printed(), { output: '', errors });
  });
}

test('passwords are asked for before anything begins, and not shown', async (t) => {
  const { options, errors, output } = await asked(['run', 'site.yaml', '-k', '-K'], fakeIo({ answers: ['one password', 'another password'] }));
  t.is(options?.askedPassword, 'one password');
  t.is(options?.askedBecomePassword, 'another password');
  t.notRegex(errors + output, /one password|another password/);
});

test('--output json prints the events and nothing else', async (t) => {
  const { output, errors } = await asked(['run', 'site.yaml', '--output', 'json']);
  const names = output
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: string }).event);
  t.is(names[0], 'run_start');
  t.is(names.at(-1), 'recap');
  t.is(errors, '');
});

test('plain lines are shown where there is no terminal, without colours', async (t) => {
  const { output } = await asked(['run', 'site.yaml']);
  t.true(output.includes('\n\nPLAY [Docker] web1, db, gone\n'));
  t.false(output.includes('\u001b'));
});

test('--output live without a terminal says that plain lines are shown instead', async (t) => {
  const { output, errors } = await asked(['run', 'site.yaml', '--output', 'live']);
  t.true(output.includes('\n\nPLAY [Docker]'));
  t.is(errors, 'warning: --output live needs a terminal: plain lines are shown instead\n');
});

const colours: readonly (readonly [what: string, line: string, io: Parameters<typeof fakeIo>[0], expected: boolean])[] = [
  ['on a terminal', '', { isTerminal: true }, true],
  ['on a terminal with --no-color', '--no-color', { isTerminal: true }, false],
  ['on a terminal with NO_COLOR', '', { isTerminal: true, environment: { NO_COLOR: '1' } }, false],
  ['on a terminal with an empty NO_COLOR', '', { isTerminal: true, environment: { NO_COLOR: '' } }, true],
  ['on a dumb terminal', '', { isTerminal: true, environment: { TERM: 'dumb' } }, false],
  ['elsewhere', '', {}, false],
  ['elsewhere with FORCE_COLOR', '', { environment: { FORCE_COLOR: '1' } }, true],
  ['with FORCE_COLOR and --no-color', '--no-color', { environment: { FORCE_COLOR: '1' } }, false],
];

for (const [what, option, io, expected] of colours) {
  test(`there are ${expected ? '' : 'no '}colours ${what}`, async (t) => {
    const { output } = await asked(`run site.yaml --output plain ${option}`.trim().split(' '), fakeIo(io));
    t.is(output.includes('\u001b['), expected);
  });
}

test('the events are saved, and homerun report makes of them what the run would have shown', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-cli-'));
  const [saved, html, junit] = ['run.jsonl', 'run.html', 'run.xml'].map((name) => join(folder, name));
  const { output } = await asked(['run', 'site.yaml', '--save', saved ?? '', '--html', html ?? '', '--junit', junit ?? '']);
  const again = async (...options: string[]) => {
    const io = fakeIo();
    t.is(await main(['report', saved ?? '', ...options], io, refused), 0);
    return io.printed().output;
  };
  t.is(await again(), output);
  t.is(await again('--html', `${html}2`, '--junit', `${junit}2`), '');
  t.is(readFileSync(`${html}2`, 'utf8'), readFileSync(html ?? '', 'utf8'));
  t.is(readFileSync(`${junit}2`, 'utf8'), readFileSync(junit ?? '', 'utf8'));
});

test('a saved run that is not there is told with what to do', async (t) => {
  const io = fakeIo();
  t.is(await main(['report', '/nowhere/run.jsonl'], io, refused), 1);
  t.is(
    io.printed().errors,
    'error: /nowhere/run.jsonl cannot be read: no such file or folder\n  Save a run with: homerun run PLAYBOOK --save FILE\n',
  );
});

test('a report that could not be written in the end is told, and an exit code of 0 becomes 2', async (t) => {
  const { exit, errors } = await asked(['run', 'site.yaml', '--save', '/dev/full']);
  t.is(exit, 2);
  t.regex(errors, /^error: the report cannot be written to \/dev\/full: the disk is full\n/);
  t.is((await asked(['run', 'site.yaml', '--save', '/dev/full'], fakeIo(), 4)).exit, 4);
});

test('the first ^C asks the engine to end after the task in hand, the second ends at once with 130', async (t) => {
  const io = fakeIo();
  let second: unknown;
  const run: Run = async (_options, _emit, signal) => {
    t.false(signal.aborted);
    io.interrupt();
    t.true(signal.aborted);
    try {
      io.interrupt();
    } catch (error) {
      second = error;
    }
    return 130;
  };
  t.is(await main(['run', 'site.yaml'], io, () => Promise.resolve(run)), 130);
  t.true(second instanceof Exited && second.code === 130);
  t.is(
    io.printed().errors,
    'Interrupted: what is in hand has a moment to come to its end. Once more to stop at once.\nStopped. What was being changed may be half-done: run again.\n',
  );
  t.throws(io.interrupt, { message: 'nobody listens to ^C' });
});
