import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sample, string } from 'fast-check';
import { createLimit } from '../../src/remote/limit.ts';
import type { Session, StepResult } from '../../src/remote/session.ts';
import { quote } from '../../src/values/command.ts';
import { TaskError, UnreachableError } from '../../src/values/errors.ts';
import { Secret } from '../../src/values/secret.ts';
import { type HostShell, hostShells, makeOwner, shellSession } from './shell-channel.ts';
import { until } from './wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-shell-'));
// The sessions' user is another one than the tests'.
chmodSync(folder, 0o777);
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

interface Host {
  readonly session: ReturnType<typeof shellSession>['session'];
  readonly channel: ReturnType<typeof shellSession>['channel'];
  readonly home: string;
  /** Another session of the same shell and user. */
  readonly again: () => Session;
}

type Body = (t: ExecutionContext, host: Host) => Promise<void>;

// A hundred shells at once would make a slow machine of any.
const few = createLimit(4);

// The same promise for each shell that hosts have as /bin/sh.
function promise(title: string, body: Body): void {
  for (const shell of hostShells) {
    test(`${shell.name}: ${title}`, async (t) => {
      t.timeout(240_000);
      await few.run('shells', () => inShell(t, shell, body));
    });
  }
}

async function inShell(t: ExecutionContext, shell: HostShell, body: Body): Promise<void> {
  const owner = makeOwner(folder);
  const first = shellSession(shell, owner);
  const all = [first];
  const again = (): Session => {
    const next = shellSession(shell, owner);
    all.push(next);
    return next.session;
  };
  try {
    await body(t, { ...first, home: owner.home, again });
  } finally {
    for (const { session } of all) session.close();
  }
}

function seen(result: StepResult | undefined): unknown {
  return result && [result.rc, result.stdout, result.stderr];
}

promise('steps give exit code and both streams, each its own', async (t, { session }) => {
  const results = await session.run([{ script: 'echo out; echo err >&2' }, { script: 'printf %s no-newline; exit 7', okCodes: [7] }, { script: '' }]);
  t.deepEqual(results.map(seen), [
    [0, 'out\n', 'err\n'],
    [7, 'no-newline', ''],
    [0, '', ''],
  ]);
});

promise('after a bad code only steps marked always run, also when they end badly', async (t, { session }) => {
  const results = await session.run([
    { script: 'exit 1' },
    { script: 'echo no' },
    { script: 'echo yes; exit 9', always: true },
    { script: 'echo no' },
    { script: 'echo yes again', always: true },
  ]);
  t.deepEqual(results.map(seen), [[1, '', ''], undefined, [9, 'yes\n', ''], undefined, [0, 'yes again\n', '']]);
});

promise('a trip of no steps, and many trips after one another, are answered', async (t, { session }) => {
  t.deepEqual(await session.run([]), []);
  const runs = Array.from({ length: 30 }, (_, index) => session.run([{ script: `echo ${index}` }]));
  const results = await Promise.all(runs);
  t.deepEqual(
    results.map(([result]) => result?.stdout),
    runs.map((_, index) => `${index}\n`),
  );
});

promise('nothing leaks from a step into the next: directory, variables, functions, options, traps, umask', async (t, { session }) => {
  const leaky = 'cd /; leak=1; export leak; f() { echo f; }; set -eux; trap "echo trapped" EXIT; umask 000; alias ls=false; exec >/dev/null; IFS=x';
  const [before, , after] = await session.run([
    { script: 'pwd; umask; echo "${leak-unset}" "$-"' },
    { script: leaky, okCodes: [0] },
    { script: 'pwd; umask; echo "${leak-unset}" "$-"; command -v f', okCodes: [0, 1, 127] },
  ]);
  t.is(after?.stdout, before?.stdout);
});

for (const [title, script, codes] of [
  ['a syntax error', 'if then fi', [1, 2]],
  ['an open quote', "echo 'never closed", [1, 2]],
  ['an open here-document', 'cat <<EOF\nnever closed', [0, 1, 2]],
  ['a closing brace too many', 'echo }; }', [1, 2]],
  ['an unset variable', 'set -u; echo $nope', [1, 2, 127]],
  ['a failed expansion', ': ${nope?gone}', [1, 2, 127]],
  ['a bad redirection', 'exec 5</nonexistent/file; echo no', [1, 2]],
  ['a killed step', 'kill -9 $(exec sh -c "echo \\$PPID")', [137]],
  ['a step that replaces itself', 'exec sh -c "exit 5"', [5]],
  ['a command that is not there', 'nonexistent-command', [127]],
  ['an exit in a function', 'f() { exit 3; }; f; echo no', [3]],
  ['a return', 'return 4', [4, 2, 0]],
] as const) {
  promise(`${title} ends its step and not the session`, async (t, { session }) => {
    const [bad] = await session.run([{ script }]);
    t.true(
      codes.some((code) => code === bad?.rc),
      `code ${bad?.rc}`,
    );
    t.deepEqual(seen((await session.run([{ script: 'echo alive' }]))[0]), [0, 'alive\n', '']);
  });
}

promise('standard input is empty unless given, and then byte for byte', async (t, { session }) => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const hex = 'od -An -v -tx1 | tr -d " \\n"';
  const inputs = [
    all,
    randomBytes(70_000),
    Buffer.from('\\0 \\n %s \\\\ \'"$`'),
    Buffer.from(''),
    Buffer.from('\0\0'),
    Buffer.from('07\0'),
    Buffer.from('no newline'),
    Buffer.from('é😀\r\n'),
  ];
  const results = await session.run([{ script: 'cat | wc -c' }, ...inputs.map((stdin) => ({ script: hex, stdin }))]);
  t.is(results[0]?.stdout.trim(), '0');
  t.deepEqual(
    results.slice(1).map((result) => result?.stdout),
    inputs.map((input) => input.toString('hex')),
  );
  const texts = ['é😀\n', 'a\0b', new Secret('p\\w%d')];
  const answers = await session.run(texts.map((stdin) => ({ script: hex, stdin })));
  t.deepEqual(
    answers.map((result) => Buffer.from(result?.stdout ?? '', 'hex').toString()),
    ['é😀\n', 'a\0b', 'p\\w%d'],
  );
});

promise('a step that does not read its input does not disturb the next', async (t, { session }) => {
  const stdin = 'x'.repeat(300_000);
  const results = await session.run([{ script: 'exit 0', stdin }, { script: 'head -c 3', stdin }, { script: 'echo next' }]);
  t.deepEqual(results.map(seen), [
    [0, '', ''],
    [0, 'xxx', ''],
    [0, 'next\n', ''],
  ]);
});

promise('two megabytes of input arrive', async (t, { session }) => {
  const stdin = Buffer.alloc(2 ** 21, 'ab\n\0é');
  const [result] = await session.run([{ script: 'wc -c; ', stdin }]);
  t.is(Number(result?.stdout), 2 ** 21);
});

promise('variables reach their step only, whatever they hold', async (t, { session }) => {
  const value = `a'b"c$d\`e\\f\n  é😀;`;
  const [with1, without] = await session.run([
    { script: 'printenv THE_VALUE', environment: { THE_VALUE: value, OTHER: new Secret('s') } },
    { script: 'printenv THE_VALUE', okCodes: [1] },
  ]);
  t.is(with1?.stdout, `${value}\n`);
  t.is(without?.stdout, '');
});

promise('the locale is C, and the tools of administrators are found', async (t, { session }) => {
  const [result] = await session.run([{ script: 'echo "$LC_ALL"; case :$PATH: in *:/usr/sbin:*) echo found;; esac' }]);
  t.is(result?.stdout, 'C\nfound\n');
});

promise('UTF-8 that arrives in pieces is put together again, and a wrong byte becomes U+FFFD', async (t, { session }) => {
  const [slow, wrong] = await session.run([
    { script: "printf '\\303'; sleep 0.1; printf '\\251 \\360\\237'; sleep 0.1; printf '\\230\\200'" },
    { script: "printf 'a\\377b'" },
  ]);
  t.is(slow?.stdout, 'é 😀');
  t.is(wrong?.stdout, 'a\ufffdb');
});

promise('neither script, input nor variables stand in an argument list or a foreign environment', async (t, { session }) => {
  const canary = `canary-${randomBytes(8).toString('hex')}`;
  const running = session.run([
    { script: `: ${canary}; touch ${quote(join(folder, canary))}; sleep 2`, stdin: new Secret(canary), environment: { CANARY: new Secret(canary) } },
    { script: `: ${canary}; sleep 1`, detached: true, stdin: canary },
  ]);
  const lists: string[] = [];
  await until('the step runs', () => existsSync(join(folder, canary)));
  let finished = false;
  void running.finally(() => {
    finished = true;
  });
  await until('the trip ends', () => {
    lists.push(argumentLists());
    return finished;
  });
  const [, second] = await running;
  t.is(second?.rc, 0);
  const shown = lists.join('\n');
  t.true(shown.includes('sleep'));
  t.false(shown.split('\n').some((line) => line.includes(canary) && !line.includes('touch')));
});

function argumentLists(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .join('\n');
}

promise('a step whose time is up is ended with all it started, reports 124, and the session goes on', async (t, { session }) => {
  const mark = `7${Math.floor(Math.random() * 1e6)}.5`;
  const [late, skipped, after] = await session.run([
    { script: `echo before; sleep ${mark} & sh -c 'trap "" TERM; sleep ${mark}; sleep ${mark}'`, timeoutSeconds: 0.5 },
    { script: 'echo no' },
    { script: 'echo after', always: true },
  ]);
  t.like(late, { rc: 124, timedOut: true, stdout: 'before\n' });
  t.is(skipped, undefined);
  t.deepEqual(seen(after), [0, 'after\n', '']);
  // A killed process may take a moment to be gone.
  await until('all of it is gone', () => !argumentLists().includes(`sleep ${mark}`), 2);
  t.deepEqual(seen((await session.run([{ script: 'echo alive' }]))[0]), [0, 'alive\n', '']);
});

promise('a killed step leaves no text of its script behind in the output', async (t, { session }) => {
  const [result] = await session.run([
    { script: 'echo $SECRET >/dev/null; kill -9 $(exec sh -c "echo \\$PPID")', environment: { SECRET: new Secret('hush-hush') } },
  ]);
  t.deepEqual(seen(result), [137, '', '']);
});

promise('what a step leaves in the background does not hold up the session, and survives its end', async (t, { session }) => {
  const file = join(folder, randomBytes(6).toString('hex'));
  const [result] = await session.run([{ script: `( sleep 1; echo late; echo alive >${file} ) & echo started` }]);
  t.is(result?.stdout, 'started\n');
  t.true((result?.durationMs ?? 0) < 900);
  session.close();
  await until('the background process writes', () => existsSync(file));
  t.pass();
});

promise('when the link breaks, the running step dies with it and its end is unknown', async (t, { session, channel }) => {
  const file = join(folder, randomBytes(6).toString('hex'));
  const running = session.run([{ script: `echo $$ >${file}; sleep 300; echo no` }]);
  await until('the step runs', () => existsSync(file) && readFileSync(file, 'utf8') !== '');
  channel.destroy();
  await t.throwsAsync(running, { instanceOf: UnreachableError });
  const shellPid = readFileSync(file, 'utf8').trim();
  await until('the shell is gone', () => !existsSync(`/proc/${shellPid}`));
  await t.throwsAsync(session.run([{ script: 'echo again' }]), { instanceOf: UnreachableError });
});

promise('when the shell itself is killed, the end of the trip is unknown, and that is known at once', async (t, { session }) => {
  const start = performance.now();
  await t.throwsAsync(session.run([{ script: 'kill -9 $$; sleep 30' }]), { instanceOf: UnreachableError, message: /the shell there ended/ });
  t.true(performance.now() - start < 15_000);
});

promise('a detached step gives its result, and leaves nothing behind', async (t, { session, home }) => {
  const [result] = await session.run([
    { script: 'cat; echo "$A"; echo err >&2; exit 3', detached: true, stdin: 'in', environment: { A: "it's" }, okCodes: [3] },
  ]);
  t.deepEqual(seen(result), [3, "init's\n", 'err\n']);
  t.deepEqual(readdirSync(home), []);
});

promise('a detached step outlives the link, and the next session sweeps up after it', async (t, { session, channel, home, again }) => {
  const jobs = join(home, '.homerun');
  const running = session.run([{ script: `echo started >${home}/1; sleep 1; echo done >${home}/2; echo output`, detached: true }]);
  await until('the step runs', () => existsSync(join(home, '1')));
  t.is(statSync(jobs).mode & 0o777, 0o700);
  channel.destroy();
  await t.throwsAsync(running, { instanceOf: UnreachableError });
  const left = await until('the step ends', () => readdirSync(jobs).find((job) => existsSync(join(jobs, job, 'rc'))));
  t.true(existsSync(join(home, '2')));
  t.is(readFileSync(join(jobs, left, 'out'), 'utf8'), 'output\n');
  const [result] = await again().run([{ script: 'echo fine' }]);
  t.is(result?.stdout, 'fine\n');
  t.deepEqual(readdirSync(home).sort(), ['1', '2']);
});

promise('what a detached step said is not swept up before its own session has taken it', async (t, { session, home, again }) => {
  // The shell that waits for the step is held up when that has ended.
  const running = session.run([{ script: `echo output; echo $PPID >${home}/waiting; kill -STOP $PPID`, detached: true }]);
  const jobs = join(home, '.homerun');
  await until('the step ends', () => existsSync(jobs) && readdirSync(jobs).some((job) => existsSync(join(jobs, job, 'rc'))));
  await again().run([{ script: 'true' }]);
  process.kill(Number(readFileSync(join(home, 'waiting'), 'utf8')), 'SIGCONT');
  t.deepEqual(seen((await running)[0]), [0, 'output\n', '']);
  t.deepEqual(readdirSync(home), ['waiting']);
});

promise('what steps on another host of the same home are doing is not swept up', async (t, { session, home, again }) => {
  const makeJob = 'd=$HOME/.homerun/job.another.host.ABCDEFGHIJ; mkdir -p "$d" && chmod 700 "${d%/*}" "$d" && echo 4194304 | tee "$d/for" >"$d/pid"';
  t.is((await session.run([{ script: makeJob }]))[0]?.rc, 0);
  await again().run([{ script: 'true' }]);
  t.deepEqual(readdirSync(join(home, '.homerun')), ['job.another.host.ABCDEFGHIJ']);
});

promise('a detached step whose time is up is ended as well', async (t, { session }) => {
  const mark = `8${Math.floor(Math.random() * 1e6)}.5`;
  const [late] = await session.run([{ script: `sleep ${mark}`, detached: true, timeoutSeconds: 0.5 }]);
  t.like(late, { rc: 124, timedOut: true });
  // A killed process may take a moment to be gone.
  await until('all of it is gone', () => !argumentLists().includes(`sleep ${mark}`), 2);
});

promise('of endless output the head and the tail are kept, and the step is ended at the hard limit', async (t, { session }) => {
  const [some, flood, next] = await session.run([
    { script: 'echo first; head -c 20000000 /dev/zero | tr "\\0" x; echo last' },
    { script: 'echo head; yes y', okCodes: [0, 137, 143] },
    { script: 'echo next', always: true },
  ]);
  t.true(some?.truncated);
  // No t.regex: ava would print eight megabytes.
  t.true(/^first\nx+\n\[\d+ bytes left out\]\nx+last\n$/.test(some?.stdout ?? ''));
  t.true((some?.stdout.length ?? 0) < 8.1 * 2 ** 20);
  t.true(flood?.truncated);
  t.not(flood?.rc, 0);
  t.regex(flood?.stderr ?? '', /stopped: it printed more than/);
  t.is(next?.stdout.slice(-100), 'next\n');
});

promise('a NUL in a script or a variable is refused before anything runs', async (t, { session }) => {
  const file = join(folder, randomBytes(6).toString('hex'));
  await t.throwsAsync(session.run([{ script: `touch ${file}` }, { script: 'echo \0' }]), { instanceOf: TaskError });
  await t.throwsAsync(session.run([{ script: 'echo', environment: { A: 'x\0' } }]), { instanceOf: TaskError });
  t.false(existsSync(file));
});

promise('a trip that is cut while it is sent runs none of its steps', async (t, { session, channel }) => {
  t.deepEqual(seen((await session.run([{ script: 'echo up' }]))[0]), [0, 'up\n', '']);
  const file = join(folder, randomBytes(6).toString('hex'));
  await channel.write(`homerun_go 5000\n{\nhomerun_bad=0\n( eval 'touch ${file}' ) </dev/null\nhomerun_rc=$?\n( eval 'touch `);
  channel.end();
  await until('the shell is gone', () => !existsSync(`/proc/${channel.pid}`));
  t.false(existsSync(file));
});

promise('any text comes back through quote as it was', async (t, { session }) => {
  const words = sample(string({ unit: 'binary', maxLength: 40 }), { numRuns: 300, seed: 42 }).filter(
    (word) => !word.includes('\0') && Buffer.from(word).toString() === word,
  );
  const nasty = [
    '',
    ' ',
    '-n',
    '~',
    '*',
    '$(id)',
    '`id`',
    "'",
    "''",
    '"',
    '\\',
    '\\\\n',
    '!',
    '#',
    '\n',
    'a\nb',
    '{a,b}',
    '%s',
    'é',
    '😀',
    '\u0081\u0088',
    '\x7f\x1b[31m',
  ];
  const all = [...nasty, ...words];
  const [result] = await session.run([{ script: `for w in ${all.map(quote).join(' ')}; do printf '%s\\n--end--\\n' "$w"; done` }]);
  t.deepEqual(result?.stdout.split('\n--end--\n').slice(0, -1), all);
});

test('dash, bash and BusyBox were all there to be tried', (t) => {
  if (hostShells.length < 3)
    console.log(`only these shells are here: ${hostShells.map(({ name }) => name).join(', ')} (apt-get install dash bash busybox)`);
  t.true(hostShells.length >= 2);
  t.truthy(execFileSync('sh', ['-c', 'echo ok']));
});
