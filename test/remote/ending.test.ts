import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { killLine } from '../../src/remote/ending.ts';
import type { Session, Step } from '../../src/remote/session.ts';
import { hostShells, makeOwner, shellChannel, shellSession } from './shell-channel.ts';
import { until } from './wait.ts';

// More of them by hand: HOMERUN_ROUNDS=300.
const rounds = Number(process.env['HOMERUN_ROUNDS'] ?? 11);
const sessions = 3;

const folder = mkdtempSync(join(tmpdir(), 'homerun-ending-'));
// The sessions' user is another one than the tests'.
chmodSync(folder, 0o777);
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Steps that would go on for a long time, each in a way that is hard to end. */
const endless: Readonly<Record<string, Omit<Step, 'timeoutSeconds'>>> = {
  'commands in commands, with more to come': { script: `sh -c 'sh -c "sleep 1000; sleep 1000"; sleep 1000'; sleep 1000` },
  'a pipeline that reads its input': { script: `cat >/dev/null; sh -c 'sleep 1000; sleep 1000' | sh -c 'cat; sleep 1000'`, stdin: 'x' },
  'a command in place of the shell': { script: 'exec sleep 1000' },
  'subshells alone': { script: '( while :; do :; done ) & ( sleep 1000 & wait; while :; do :; done )' },
  'stopped processes': { script: `sleep 1000 & kill -STOP $!; sh -c 'kill -STOP $$; sleep 1000; sleep 1000'; sleep 1000` },
  'processes that start others all the time': {
    script: 'f() { while :; do ( sleep 0.02; : ) | sh -c "cat; sleep 0.01"; done; }; f & f & f; sleep 1000',
  },
  'a session of its own': { script: `setsid sh -c 'sleep 1000; sleep 1000' & wait; sleep 1000` },
  'a detached step': { script: `sh -c 'sleep 1000; sleep 1000'; sleep 1000`, detached: true },
  'processes that do not hear': { script: `sh -c 'trap "" TERM; while :; do sleep 0.05; done' & trap "" TERM; sleep 1000; sleep 1000` },
  'processes that go on with something else': {
    script: `sh -c 'trap : TERM; sleep 1000; sleep 1000; sleep 1000; sleep 1000'; sleep 1000`,
  },
  'a child that outlives its parent': { script: `sh -c '( trap "" TERM; while :; do sleep 0.05; done ) & sleep 1000; sleep 1000'; sleep 1000` },
};

/** Prints the number of the step's own shell and the stat of all processes, with the mark of those that have it in their environment. */
function census(mark: string): Step {
  const script = `read -r self rest </proc/self/stat; echo "$self"; cat /proc/[0-9]*/stat 2>/dev/null; echo; grep -l '${mark}' /proc/[0-9]*/environ 2>/dev/null; exit 0`;
  return { script, always: true };
}

interface Seen {
  readonly pid: string;
  readonly name: string;
  readonly session: string;
}

/** What lives of those that the census found, but the step that took it. */
function living(stdout = ''): readonly Seen[] {
  const [self, ...lines] = (stdout.split('\n\n')[0] ?? '').split('\n');
  return lines.flatMap((line) => {
    const [, pid = '', name = '', state = '', parent = '', session = ''] = /^(\d+) \((.*)\) (\S) (\d+) \d+ (\d+) /.exec(line) ?? [];
    return pid === '' || state === 'Z' || pid === self || parent === self ? [] : [{ pid, name, session }];
  });
}

function marked(stdout = ''): readonly string[] {
  return (stdout.split('\n\n')[1] ?? '').split('\n').flatMap((line) => /^\/proc\/(\d+)\//.exec(line)?.[1] ?? []);
}

async function tryAll(session: Session, report: (fault: string) => void): Promise<void> {
  const [first] = await session.run([{ script: `read -r a b c d e f rest </proc/self/stat; echo "$f"` }, census('no such mark')]);
  const own = first?.stdout.trim() ?? '';
  const [before] = await session.run([census('no such mark')]);
  const known = new Set(living(before?.stdout).map(({ pid }) => pid));
  const names = Object.keys(endless);
  for (let round = 0; round < rounds; round += 1) {
    const name = names[round % names.length] ?? '';
    const step = endless[name];
    if (!step) continue;
    const mark = `homerun-mark-${own}-${round}`;
    const [late, next] = await session.run([
      { ...step, environment: { HOMERUN_MARK: mark }, timeoutSeconds: 0.2 + 0.2 * Math.random() },
      census(mark),
    ]);
    if (late?.timedOut !== true) report(`${name}: was not ended: ${JSON.stringify(late)}`);
    if (next?.rc !== 0) report(`${name}: the next step ended with ${JSON.stringify(next)}`);
    const alive = living(next?.stdout);
    const numbers = new Set(alive.map(({ pid }) => pid));
    const left = [
      ...alive.filter(({ pid, session: of }) => of === own && !known.has(pid)),
      ...marked(next?.stdout).filter((pid) => numbers.has(pid)),
    ];
    if (left.length > 0) report(`${name}: in round ${round} there was left ${JSON.stringify(left)}`);
  }
}

for (const shell of hostShells) {
  test.serial(`${shell.name}: whatever a step was doing when it was ended, nothing of it lives when the next one begins`, async (t) => {
    t.timeout(60_000 + rounds * 10_000);
    const faults: string[] = [];
    const all = Array.from({ length: sessions }, () => shellSession(shell, makeOwner(folder)));
    await Promise.all(all.map(({ session }) => tryAll(session, (fault) => faults.push(fault))));
    for (const { session } of all) session.close();
    t.deepEqual(faults, []);
  });

  test.serial(`${shell.name}: a step that began after somebody wanted the one before it ended is left alone`, async (t) => {
    const owner = makeOwner(folder);
    const { session } = shellSession(shell, owner);
    const file = join(owner.home, 'runs');
    const running = session.run([{ script: `echo $$ >${file}; sleep 2; echo fine` }]);
    await until('the step runs', () => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
    const killer = shellChannel(shell, owner);
    const ended = new Promise<void>((resolve) => killer.listen({ stdout: () => undefined, stderr: () => undefined, closed: () => resolve() }));
    await killer.write(killLine(Number(readFileSync(file, 'utf8')), 60));
    await ended;
    t.like((await running)[0], { rc: 0, stdout: 'fine\n' });
    session.close();
  });

  test.serial(`${shell.name}: when the link breaks, nothing that the step was doing goes on`, async (t) => {
    const owner = makeOwner(folder);
    const script = `echo $$ >started; sh -c 'trap : TERM; sleep 1000; sleep 1000; sleep 1000' | sh -c 'trap "" TERM; while :; do sleep 0.1; done'; sleep 1000`;
    const { session, channel } = shellSession(shell, owner);
    const mark = `homerun-mark-link-${shell.name}-${process.pid}`;
    const running = session.run([{ script, environment: { HOMERUN_MARK: mark } }]);
    await until('the step runs', () => existsSync(join(owner.home, 'started')));
    channel.destroy();
    await t.throwsAsync(running);
    const other = shellSession(shell, owner).session;
    await until('nothing of it lives', async () => {
      const [seen] = await other.run([census(mark)]);
      const numbers = new Set(living(seen?.stdout).map(({ pid }) => pid));
      return !marked(seen?.stdout).some((pid) => numbers.has(pid));
    });
    other.close();
    t.pass();
  });
}
