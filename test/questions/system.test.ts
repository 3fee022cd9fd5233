import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { aptLists, dpkgKind, dpkgState } from '../../src/questions/apt.ts';
import { boot, bootKind } from '../../src/questions/boot.ts';
import { clockKind } from '../../src/questions/clock.ts';
import { debFile } from '../../src/questions/deb-file.ts';
import { facts } from '../../src/questions/facts.ts';
import { group } from '../../src/questions/group.ts';
import { hostname, hostnameKind } from '../../src/questions/hostname.ts';
import { installedPackage, packageCandidate } from '../../src/questions/package.ts';
import type { Question, QuestionKind } from '../../src/questions/question.ts';
import { tool } from '../../src/questions/tool.ts';
import { unit, unitProblem } from '../../src/questions/unit.ts';
import { user } from '../../src/questions/user.ts';
import { runScript, shells } from '../shell/shells.ts';
import { askAll } from './law.ts';

/** Splits and parses `output` as what the host printed for `questions`. */
function read<Answer>(output: string, questions: readonly Question<Answer>[]): readonly Answer[] {
  const params = questions.map((question) => question.params);
  const kind: QuestionKind<unknown, Answer> | undefined = questions[0]?.kind;
  if (!kind) throw new Error('no question was given');
  return kind.split(output, params).map((part, index) => kind.parse(part, params[index]));
}

for (const shell of shells()) {
  const hasDpkg = shell.name !== 'busybox';

  test(`tool › ${shell.name}: finds what is there`, async (t) => {
    const [cat, missing] = await askAll(t, shell, [tool('cat'), tool('no-such-program.x')]);
    t.true(cat?.exists);
    t.deepEqual(missing, { exists: false });
  });

  test(`user, group › ${shell.name}: answers for those that are there and those that are not`, async (t) => {
    const [root, nobody, missing] = await askAll(t, shell, [user('root'), user('nobody'), user('no-such-user')]);
    t.like(root, { exists: true, uid: 0, gid: 0, home: '/root' });
    t.true(nobody?.exists);
    t.deepEqual(missing, { exists: false });
    const [rootGroup, daemon, none] = await askAll(t, shell, [group('root'), group('daemon'), group('no.such')]);
    t.deepEqual(rootGroup, { exists: true, gid: 0 });
    t.deepEqual(daemon, { exists: true, gid: 1 });
    t.deepEqual(none, { exists: false });
  });

  test(`user › ${shell.name}: what the shadow file says is given as a digest only`, async (t) => {
    const [daemon, plain] = await askAll(t, shell, [user('daemon', { shadow: true }), user('daemon')]);
    t.is(plain?.passwordDigest, undefined);
    if (process.getuid?.() !== 0) {
      t.log('not run: only root may read /etc/shadow');
      return;
    }
    t.is(typeof daemon?.isLocked, 'boolean');
    t.regex(daemon?.passwordDigest ?? '', /^[0-9a-f]{64}$/);
  });

  test(`user, group › ${shell.name}: the first entry counts, groups come sorted, and of a password only its digest`, async (t) => {
    const databases = `getent() {
  case $1 in
    passwd) printf '%s\\n' 'shadow:x:5:6:A Name,,:/home/a:/bin/sh' 'ann.b:x:7:8::/b:/bin/b' 'shadow:x:1:1:::' ;;
    group) printf '%s\\n' 'wheel:x:10:ann.b,shadow' 'adm:x:4:shadow' 'adm:x:9:' '20:x:20:shadow' '9:x:9:shadow' 'a-b:x:1:shadow,ann' 'a:x:2:shadow' ;;
    shadow) printf '%s\\n' 'shadow:!!$6$*:19000:0:99999:7:::' 'ann.b::19000:::::20000:' ;;
  esac
}
`;
    const ask = async <Answer>(questions: readonly Question<Answer>[]) => {
      const params = questions.map((question) => question.params);
      const kind: QuestionKind<unknown, Answer> | undefined = questions[0]?.kind;
      if (!kind) throw new Error('no question was given');
      return read((await runScript(shell, databases + kind.script(params))).stdout, questions);
    };
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    const [one, ann, none, plain] = await ask([user('shadow', { shadow: true }), user('ann.b', { shadow: true }), user('ann'), user('shadow')]);
    const known = {
      exists: true,
      uid: 5,
      gid: 6,
      comment: 'A Name,,',
      home: '/home/a',
      shell: '/bin/sh',
      groups: ['20', '9', 'a', 'a-b', 'adm', 'wheel'],
    };
    t.deepEqual(plain, known);
    t.deepEqual(one, { ...known, passwordDigest: digest('$6$*'), isLocked: true, passwordDays: { min: 0, max: 99999 } });
    t.like(ann, { uid: 7, groups: ['wheel'], passwordDigest: digest(''), isLocked: false, expiresDays: 20000, passwordDays: {} });
    t.deepEqual(none, { exists: false });
    t.deepEqual(await ask([group('adm'), group('b'), group('a'), group('adm')]), [
      { exists: true, gid: 4 },
      { exists: false },
      { exists: true, gid: 2 },
      { exists: true, gid: 4 },
    ]);
  });

  test(`package › ${shell.name}: answers for installed, unknown and qualified names, and where there is no dpkg`, async (t) => {
    const answers = await askAll(t, shell, ['dpkg', 'no-such-package', 'dpkg:amd64', 'no.such:all', 'base-files'].map(installedPackage));
    if (!hasDpkg) {
      t.deepEqual(answers[0], { noDpkg: true, status: 'not-installed' });
      return;
    }
    t.like(answers[0], { status: 'installed' });
    t.regex(answers[0]?.version ?? '', /^\d/);
    t.deepEqual(answers[1], { status: 'not-installed' });
    t.deepEqual(answers[3], { status: 'not-installed' });
  });

  test(`candidate › ${shell.name}: says what apt would install and what provides a virtual package`, async (t) => {
    const [dpkg, awk, missing] = await askAll(t, shell, ['dpkg', 'awk', 'no-such-package'].map(packageCandidate));
    t.deepEqual(missing, { offered: [] });
    if (!hasDpkg) return;
    t.regex(dpkg?.version ?? '', /^\d/);
    t.true((dpkg?.offered?.length ?? 0) > 0);
    t.regex(awk?.providedBy ?? '', /awk/);
  });

  test(`deb file › ${shell.name}: tells what is no package, and what is not there`, async (t) => {
    t.deepEqual(await askAll(t, shell, [debFile('/none.deb'), debFile('/etc/passwd')]), [{ state: 'none' }, { state: 'broken' }]);
  });

  test(`apt › ${shell.name}: says whether there is apt, and how old the lists are`, async (t) => {
    const [state] = await askAll(t, shell, [dpkgState(300)]);
    t.like(state, { isDebian: hasDpkg, isInterrupted: false });
    t.regex(state?.system ?? '', /\w/);
    const ages = await askAll(t, shell, [aptLists(0), aptLists(1_000_000_000)]);
    t.true(ages.every((age) => ['fresh', 'stale', 'never'].includes(age)));
  });

  test(`dpkg › ${shell.name}: waits while a package manager holds its lock, and for no other lock`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'homerun-locks-'));
    try {
      const [lock, locks] = [join(folder, 'lock-frontend'), join(folder, 'locks')];
      writeFileSync(lock, '');
      const script = dpkgKind
        .script([{ waitSeconds: 60 }])
        .replaceAll('/var/lib/dpkg/lock-frontend', lock)
        .replaceAll('/proc/locks', locks);
      /** Whether the question is answered only once the lock is released. */
      const waitsFor = async (held: string) => {
        writeFileSync(locks, `1: ${held} 71 fd:01:${statSync(lock).ino} 0 EOF\n2: POSIX  ADVISORY  WRITE 72 fd:01:1${statSync(lock).ino} 0 EOF\n`);
        let isReleased = false;
        const timer = setTimeout(() => {
          isReleased = true;
          writeFileSync(locks, '');
        }, 1500);
        const { rc } = await runScript(shell, script);
        clearTimeout(timer);
        t.is(rc, 0);
        return isReleased;
      };
      t.true(await waitsFor('POSIX  ADVISORY  WRITE'));
      t.false(await waitsFor('FLOCK  ADVISORY  WRITE'));
      t.false(await waitsFor('POSIX  ADVISORY  READ '));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test(`unit › ${shell.name}: says that there is no systemd where there is none`, async (t) => {
    const answers = await askAll(t, shell, [unit('ssh'), unit('nginx.service')]);
    t.is(answers.length, 2);
    t.is(typeof answers[0]?.isSystemd, 'boolean');
  });

  test(`clock › ${shell.name}: tells the time`, async (t) => {
    const { stdout } = await runScript(shell, clockKind.script([{}]));
    t.true(Math.abs(clockKind.parse(stdout, {}) - Date.now()) < 60_000);
    t.throws(() => clockKind.parse('date: not found\n', {}), { message: /not understood/ });
  });

  test(`hostname › ${shell.name}: tells the name of now and that of each boot`, async (t) => {
    const [found, again] = await askAll(t, shell, [hostname(), hostname()]);
    t.regex(found?.running ?? '', /^[\w.-]+$/);
    t.is(typeof found?.isSystemd, 'boolean');
    t.deepEqual(again, found);
  });

  test(`boot › ${shell.name}: tells this start of the machine, and the same again`, async (t) => {
    const [found, again] = await askAll(t, shell, [boot(), boot()]);
    t.regex(found ?? '', /^[0-9a-f]{8}-[0-9a-f-]{27} [0-9]+$/);
    t.is(again, found);
  });

  test(`facts › ${shell.name}: tells what is known of this machine`, async (t) => {
    const [found] = await askAll(t, shell, [facts()]);
    t.like(found, { user_uid: process.getuid?.() ?? 0, architecture: process.arch === 'x64' ? 'x86_64' : 'aarch64' });
    t.true((found?.memtotal_mb ?? 0) > 100 && (found?.processor_count ?? 0) > 0);
    t.regex(found?.distribution ?? '', /^[A-Z]/);
    t.false(found?.hostname.includes('.'));
  });
}

test('unit › reads what systemctl shows of several units, aliases and System V links', (t) => {
  const output = `Id=ssh.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=yes

Id=nginx.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
NeedDaemonReload=no
link yes
link no
`;
  const [ssh, nginx] = read(output, [unit('sshd'), unit('nginx')]);
  t.deepEqual(ssh, {
    isSystemd: true,
    id: 'ssh.service',
    load: 'loaded',
    active: 'active',
    sub: 'running',
    file: 'enabled',
    needsReload: true,
    hasStartLink: true,
  });
  t.like(nginx, { load: 'not-found', active: 'inactive', file: '', hasStartLink: false });
  t.throws(() => read(output, [unit('ssh')]), { message: /2 units where 1/ });
  t.throws(() => read('Failed to connect to bus\nlink no\n', [unit('ssh')]), { message: /not understood/ });
});

test('unit › names are checked before they are asked about', (t) => {
  t.regex(unitProblem('getty@') ?? '', /template: name an instance, as in getty@main.service/);
  for (const name of ['a b', '$(id).service', "x'y", '-x', 'a/b', '']) t.throws(() => unit(name), { instanceOf: TypeError }, name);
  t.is(unitProblem('getty@tty1.service'), undefined);
});

test('package › reads states that are neither installed nor absent', (t) => {
  const output = `dpkg
nginx:amd64\tinstall\thalf-configured\t1.22.1-9
curl:amd64\tdeinstall\tconfig-files\t7.88.1-10
libc6:amd64\thold\tinstalled\t2.36-9
libc6:i386\tinstall\tinstalled\t2.36-9
bash:amd64\tunknown\tnot-installed\t
`;
  t.deepEqual(read(output, ['nginx', 'curl', 'libc6', 'libc6:i386', 'bash', 'zsh'].map(installedPackage)), [
    { status: 'half-configured', version: '1.22.1-9' },
    { status: 'config-files', version: '7.88.1-10' },
    { status: 'installed', version: '2.36-9', isHeld: true },
    { status: 'installed', version: '2.36-9' },
    { status: 'not-installed' },
    { status: 'not-installed' },
  ]);
  for (const name of ['A', 'x', 'nginx*', 'nginx=1', '-y', '$(id)', 'a b']) t.throws(() => installedPackage(name), { instanceOf: TypeError }, name);
});

test('user, group › names that are no accounts are refused', (t) => {
  for (const name of ['0', '', 'a b', 'root:x', '$(id)', '-r', 'x'.repeat(40)]) {
    t.throws(() => user(name), { instanceOf: TypeError }, name);
    t.throws(() => group(name), { instanceOf: TypeError }, name);
  }
});

test('hostname › reads a host without a name for its boot, and refuses what is not understood', (t) => {
  t.deepEqual(hostnameKind.parse('web01\n.\nother\n', {}), { running: 'web01', static: '', isSystemd: false });
  t.deepEqual(hostnameKind.parse('web01\nweb02\n.\nsystemd\n', {}), { running: 'web01', static: 'web02', isSystemd: true });
  t.throws(() => hostnameKind.parse('.\nsystemd\n', {}), { message: /not understood/ });
  t.throws(() => hostnameKind.parse('web01\n', {}), { message: /not understood/ });
});

test('boot › a host that tells no boot id is not understood', (t) => {
  for (const output of ['\n', '42\n', 'cat: /proc: no $(id)\n'])
    t.throws(() => bootKind.parse(output, {}), { message: /boot_id is not there or not understood/ });
});
