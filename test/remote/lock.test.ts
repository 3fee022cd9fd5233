import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Lock, lockStep, readLock } from '../../src/remote/lock.ts';
import type { Session } from '../../src/remote/session.ts';
import { testSeed } from '../random.ts';
import { holderOf, idOf, lockRounds } from './lock-rounds.ts';
import { type HostShell, hostShells, makeOwner, type Owner, shellSession } from './shell-channel.ts';
import { until } from './wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-lock-'));
// The sessions' user is another one than the tests'.
chmodSync(folder, 0o777);
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** A session that ends with the test, however that ends: an open one would keep the process. */
function open(t: ExecutionContext, shell: HostShell, owner: Owner): ReturnType<typeof shellSession> {
  const opened = shellSession(shell, owner);
  t.teardown(() => opened.session.close());
  return opened;
}

async function lock(session: Session, run: number, more: { readonly waitSeconds?: number; readonly breaks?: string } = {}): Promise<Lock> {
  const [result, after] = await session.run([lockStep({ holder: holderOf(idOf(run)), waitSeconds: 0, ...more }), { script: 'echo did it' }]);
  const got = readLock(result?.rc ?? 0, result?.stdout ?? '');
  // A refusal ends the trip.
  if ((after === undefined) !== (typeof got === 'object')) throw new Error(`${JSON.stringify(got)}, and then ${JSON.stringify(after)}`);
  return got;
}

const refusal = (run: number): Lock => {
  const { run: id, ...holder } = holderOf(idOf(run));
  return { run: id, holder };
};

const placeOf = ({ home }: Owner): string => join(home, '.homerun');
const fileOf = (owner: Owner): string => join(placeOf(owner), readdirSync(placeOf(owner)).find((name) => name.startsWith('lock.')) ?? 'no lock');

for (const shell of hostShells) {
  test(`lock › ${shell.name}: a second run is refused and told of the first, until that closes its session, and nothing is left then`, async (t) => {
    const owner = makeOwner(folder);
    const first = open(t, shell, owner);
    const second = open(t, shell, owner);
    t.is(await lock(first.session, 1), 'held');
    t.is(statSync(fileOf(owner)).mode & 0o777, 0o600);
    t.is(await lock(first.session, 1), 'held');
    t.deepEqual(await lock(second.session, 2), refusal(1));
    t.deepEqual(await lock(second.session, 2), refusal(1));
    first.session.close();
    t.is(await lock(second.session, 2, { waitSeconds: 5 }), 'held');
    second.session.close();
    await until('nothing is left', () => !existsSync(placeOf(owner)));
  });

  test(`lock › ${shell.name}: a session of the same run shares it`, async (t) => {
    const owner = makeOwner(folder);
    const first = open(t, shell, owner);
    const second = open(t, shell, owner);
    t.is(await lock(first.session, 1), 'held');
    t.is(await lock(second.session, 1), 'shared');
    for (const { session } of [first, second]) session.close();
  });

  test(`lock › ${shell.name}: with whoever held it the lock is gone: killed, link lost, and what a step has left in the background holds nothing`, async (t) => {
    const owner = makeOwner(folder);
    const first = open(t, shell, owner);
    t.is(await lock(first.session, 1), 'held');
    await first.session.run([{ script: '( exec sleep 5 ) >/dev/null 2>&1 &' }, { script: 'setsid sleep 5 >/dev/null 2>&1 &' }]);
    process.kill(-first.channel.pid, 'SIGKILL');
    const second = open(t, shell, owner);
    t.is(await lock(second.session, 2, { waitSeconds: 5 }), 'held');
    second.channel.destroy();
    const third = open(t, shell, owner);
    t.is(await lock(third.session, 3, { waitSeconds: 5 }), 'held');
    third.session.close();
  });

  test(`lock › ${shell.name}: nobody gets it while a step of the run that lost its link still lives`, async (t) => {
    const owner = makeOwner(folder);
    const first = open(t, shell, owner);
    t.is(await lock(first.session, 1), 'held');
    const file = join(owner.home, 'at work');
    const working = first.session.run([{ script: `trap '' TERM; echo >'${file}'; sleep 2; rm '${file}'` }]);
    await until('it works', () => existsSync(file));
    first.channel.destroy();
    await t.throwsAsync(working);
    const second = open(t, shell, owner);
    t.is(await lock(second.session, 2, { waitSeconds: 20 }), 'held');
    t.false(existsSync(file));
  });

  test(`lock › ${shell.name}: who breaks it ends the other run on the host, with what it is doing, but for what is detached`, async (t) => {
    const owner = makeOwner(folder);
    const first = open(t, shell, owner);
    t.is(await lock(first.session, 1), 'held');
    const [begun, left] = [join(owner.home, 'begun'), join(owner.home, 'left')];
    const working = first.session.run([
      { script: `setsid sh -c 'sleep 1; echo >${left}' & echo >${begun}; sleep 1000; echo >${join(owner.home, 'went on')}` },
    ]);
    await until('it works', () => existsSync(begun));
    const second = open(t, shell, owner);
    t.deepEqual(await lock(second.session, 2, { breaks: idOf(7) }), refusal(1), 'only the run that is meant');
    t.is(await lock(second.session, 2, { breaks: idOf(1) }), 'held');
    await t.throwsAsync(working);
    t.false(existsSync(join(owner.home, 'went on')));
    await until('what is detached has come to its end', () => existsSync(left));
    const third = open(t, shell, owner);
    t.is(await lock(third.session, 3, { breaks: 'any' }), 'held');
    third.session.close();
  });

  test(`lock › ${shell.name}: what a lock file says of another boot, of a process that is gone or of another with its number is nothing`, async (t) => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    for (const line of [
      `${idOf(1)} ${process.pid} 1 ${boot}`,
      `${idOf(1)} 4194304 77 ${boot}`,
      `${idOf(1)} 1 1 another`,
      '',
      '$(touch /tmp/pwned) -1 x',
    ]) {
      const owner = makeOwner(folder);
      const before = open(t, shell, owner);
      t.is(await lock(before.session, 1), 'held');
      const file = fileOf(owner);
      before.session.close();
      await until('it is gone', () => !existsSync(placeOf(owner)));
      mkdirSync(placeOf(owner), { mode: 0o700 });
      writeFileSync(file, `${line}\n{}\n`);
      if (owner.uid !== undefined) for (const path of [placeOf(owner), file]) chownSync(path, owner.uid, owner.uid);
      const { session } = open(t, shell, owner);
      t.is(await lock(session, 2), 'held', line);
      session.close();
    }
    t.false(existsSync('/tmp/pwned'));
  });

  test(`lock › ${shell.name}: a process that has got the number of one that held the lock is not ended for it`, async (t) => {
    const owner = makeOwner(folder);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const as = { stdio: 'ignore', ...(owner.uid !== undefined && { uid: owner.uid, gid: owner.uid }) } as const;
    const other = spawn('sleep', ['60'], as);
    t.teardown(() => other.kill());
    const before = open(t, shell, owner);
    t.is(await lock(before.session, 1), 'held');
    const file = fileOf(owner);
    before.session.close();
    await until('it is gone', () => !existsSync(placeOf(owner)));
    mkdirSync(placeOf(owner), { mode: 0o700 });
    writeFileSync(file, `${idOf(1)} ${other.pid} 1 ${boot}\n{}\n`);
    if (owner.uid !== undefined) for (const path of [placeOf(owner), file]) chownSync(path, owner.uid, owner.uid);
    const keeper = spawn('flock', [file, 'sh', '-c', 'echo held; read -r line'], { ...as, stdio: ['pipe', 'pipe', 'ignore'] });
    t.teardown(() => keeper.stdin.end());
    await once(keeper.stdout, 'data');
    const { session } = open(t, shell, owner);
    t.deepEqual(await lock(session, 2, { breaks: 'any' }), { run: idOf(1), holder: {} });
    t.regex(readFileSync(`/proc/${other.pid}/stat`, 'utf8'), /\) S /, 'neither ended nor stopped');
  });

  test(`lock › ${shell.name}: where no file can be, there is none`, async (t) => {
    const { session } = open(t, shell, { ...makeOwner(folder), home: '/nonexistent' });
    t.is(await lock(session, 1), 'none');
    session.close();
  });

  test(`lock › ${shell.name}: of two runs after it never both are at work, whatever way each ends`, async (t) => {
    t.timeout(120_000);
    const seed = testSeed();
    const { held, refused, wrong } = await lockRounds(shell, folder, seed, 12);
    t.log(`12 rounds (HOMERUN_SEED=${seed}): held ${held} times, refused ${refused} times`);
    t.deepEqual(wrong, []);
    t.true(held > 6);
  });
}

test('lock › what a lock file says is data', (t) => {
  const hostile = ['', '{', 'null', '[]', '"x"', '{"who":7,"pid":"1","since":"now"}', `{"who":"\\u001b[2Jok${'x'.repeat(5000)}"}`, '{"pid":1e99}'];
  for (const text of hostile) {
    const got = readLock(96, `run\n${text}\n`);
    t.deepEqual(got, { run: 'run', holder: {} }, text.slice(0, 50));
  }
  const got = readLock(96, `run\n${JSON.stringify({ who: '\u001b[2J a\nb \u202e', pid: 3, since: '2026-01-02T03:04:05.678Z' })}\n`);
  t.deepEqual(got, { run: 'run', holder: { who: 'a b', pid: 3, since: '2026-01-02T03:04:05.678Z' } });
});
