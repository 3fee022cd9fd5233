import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createPrivate, writePrivate } from '../../src/cli/private-file.ts';
import { bring } from '../../src/engine/bring.ts';
import { journalIn } from '../../src/engine/journal.ts';
import { earlierRuns, recordIn } from '../../src/engine/run-record.ts';
import { fileReport } from '../../src/report/save.ts';
import { besideOf, createDurably, replaceDurably } from '../../src/values/durable.ts';

// What is durable "when it returns" is seen by the calls of the system alone: no power fails here.

const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'homerun-durable-')));
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }));

const report = fileReport(join(folder, 'report'), () => 'report');
report.event({ event: 'run_start' } as never);

const begun = recordIn(folder, 'inventory', process.pid);
begun.begins('host', 'a change');

const ways: Readonly<Record<string, () => unknown>> = {
  'the journal': () => journalIn(folder, 'run').save('host', 'play', ['restart']),
  'the record of a run': () => recordIn(folder, 'inventory', process.pid).begins('host', 'a change'),
  'the record of a run that has begun': () => begun.begins('host', 'another change'),
  'a file that is brought': () =>
    bring(
      { from: '/far', to: join(folder, 'brought') },
      async () => ({ rc: 0, stdout: btoa('far'), stderr: '', timedOut: false, truncated: false }) as never,
    ),
  'a secret that is written': () => writePrivate(join(folder, 'secret'), 'text'),
  'a file that is made': () => createPrivate(join(folder, 'made'), 'text'),
  'a report': () => report.end(),
};

for (const [what, write] of Object.entries(ways))
  test.serial(`${what} is on the disk before it has its name, and then its folder is`, async (t) => {
    const calls = ['fsync a file', ...(/made|record/.test(what) ? [] : ['rename']), 'fsync the folder'];
    t.deepEqual(await seen(write), what.endsWith('has begun') ? ['fdatasync'] : calls);
  });

/** Does something while a call of the system ends badly or otherwise; `fails` is given what it is called for. */
function withSync(call: 'fsyncSync' | 'fdatasyncSync', fails: (isFolder: boolean) => void, work: () => void): void {
  const sound = fs[call];
  fs[call] = (descriptor) => {
    fails(fs.fstatSync(descriptor).isDirectory());
    sound(descriptor);
  };
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    fs[call] = sound;
    syncBuiltinESMExports();
  }
}

const refuse = (code: string): never => {
  throw Object.assign(new Error(code), { code });
};

test.serial('a file that is written is no failure where its folder cannot be brought to the disk, but a disk that fails is one', (t) => {
  const file = join(folder, 'shared');
  for (const code of ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'])
    withSync(
      'fsyncSync',
      (isFolder) => isFolder && refuse(code),
      () => t.notThrows(() => replaceDurably(file, code, 0o600), code),
    );
  t.is(fs.readFileSync(file, 'utf8'), 'ENOTSUP');
  withSync(
    'fsyncSync',
    (isFolder) => isFolder && refuse('EIO'),
    () => t.throws(() => replaceDurably(file, 'x', 0o600), { code: 'EIO' }),
  );
});

test.serial('what cannot be written whole is not there, and a file of that name that was there before stays', (t) => {
  const file = join(folder, 'whole');
  withSync(
    'fsyncSync',
    () => refuse('ENOSPC'),
    () => t.throws(() => createDurably(file, 'x', 0o600), { code: 'ENOSPC' }),
  );
  t.false(fs.existsSync(file));
  fs.writeFileSync(file, 'of another');
  t.throws(() => createDurably(file, 'x', 0o600), { code: 'EEXIST' });
  t.is(fs.readFileSync(file, 'utf8'), 'of another');
});

test.serial('a name of any length can be written', (t) => {
  const file = join(folder, '漢'.repeat(85));
  t.notThrows(() => replaceDurably(file, 'x', 0o600));
  t.regex(besideOf(file), /\/\.homerun\.[0-9a-f]{12}$/);
});

test.serial('the record of a run goes on once the disk has room again, and where its folder cannot be brought to the disk', (t) => {
  for (const failing of [() => refuse('ENOSPC'), (isFolder: boolean) => isFolder && refuse('EIO')]) {
    const at = fs.mkdtempSync(join(folder, 'record-'));
    const record = recordIn(at, 'inventory', process.pid);
    withSync('fsyncSync', failing, () => record.begins('first', 'a change'));
    record.begins('second', 'another change');
    t.is(earlierRuns(at, 'inventory')[0]?.underWay.get('second'), 'another change');
  }
});

test.serial('a slow disk holds a run up for two seconds in all', (t) => {
  const record = recordIn(fs.mkdtempSync(join(folder, 'record-')), 'inventory', process.pid);
  let [time, calls] = [0, 0];
  const clock = Object.getOwnPropertyDescriptor(performance, 'now');
  performance.now = () => time;
  record.begins('h', 'a change');
  withSync(
    'fdatasyncSync',
    () => {
      calls += 1;
      time += 700;
    },
    () => {
      for (let count = 0; count < 10; count += 1) record.begins('h', 'a change');
    },
  );
  if (clock) Object.defineProperty(performance, 'now', clock);
  else Reflect.deleteProperty(performance, 'now');
  t.is(calls, 3);
});

/** Calls that bring something to the disk or give it its name, in their order. */
async function seen(work: () => unknown): Promise<readonly string[]> {
  const calls: string[] = [];
  const { fsyncSync, fdatasyncSync, renameSync } = fs;
  fs.fdatasyncSync = (descriptor) => {
    calls.push('fdatasync');
    fdatasyncSync(descriptor);
  };
  fs.fsyncSync = (descriptor) => {
    calls.push(fs.fstatSync(descriptor).isDirectory() ? 'fsync the folder' : 'fsync a file');
    fsyncSync(descriptor);
  };
  fs.renameSync = (from, to) => {
    calls.push('rename');
    renameSync(from, to);
  };
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    Object.assign(fs, { fsyncSync, fdatasyncSync, renameSync });
    syncBuiltinESMExports();
  }
  return calls;
}
