import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { exclusionOf } from '../../src/engine/exclusion.ts';
import { earlierRuns, isGoneRun, type RunRecord, recordIn } from '../../src/engine/run-record.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-record-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const freshFolder = (): string => join(root, `${(folders += 1)}`);

/** The record of a run whose process has been killed. */
async function killedRun(folder: string, fill: (record: RunRecord) => void): Promise<RunRecord> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const record = recordIn(folder, 'i', child.pid ?? 0);
  fill(record);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return record;
}

test('a run that has changed nothing, or whose every change has ended, leaves no record', (t) => {
  const folder = freshFolder();
  recordIn(folder, 'i', process.pid).close(false);
  const record = recordIn(folder, 'i', process.pid);
  record.begins('h', 'write /etc/a');
  t.is(readdirSync(folder).length, 1);
  t.is(statSync(join(folder, `${record.id}.jsonl`)).mode & 0o777, 0o600);
  record.ends('h');
  record.close(false);
  t.deepEqual(readdirSync(folder), []);
});

test('what was under way when a run was killed is what the next one says to be unknown, until it has been there', async (t) => {
  const folder = freshFolder();
  await killedRun(folder, (record) => {
    record.begins('done', 'write /etc/a');
    record.begins('lost', 'restart nginx');
    record.ends('done');
    record.told('done');
    record.told('lost');
  });
  const place = { folder, inventory: 'i' };
  const next = exclusionOf({ pid: process.pid, waitSeconds: 0, breaks: false }, place);
  const [warning, ...others] = next.warnings(new Set(['done', 'lost', 'third']));
  t.regex(warning?.message ?? '', /^lost: the run of \d{4}-.* was cut: it is unknown whether this was done: restart nginx$/);
  t.is(warning?.host, 'lost');
  t.deepEqual(others, []);
  t.deepEqual(next.warnings(new Set(['done'])), []);
  next.forget(new Set(['done']));
  t.is(earlierRuns(folder, 'i').length, 1);
  t.deepEqual(earlierRuns(folder, 'another inventory'), []);
  next.forget(new Set(['lost']));
  t.is(earlierRuns(folder, 'i').length, 0);
});

test('what has ended is unknown as long as it was not told', async (t) => {
  const folder = freshFolder();
  await killedRun(folder, (record) => {
    record.begins('h', 'write /etc/a');
    record.ends('h');
  });
  t.deepEqual([...(earlierRuns(folder, 'i')[0]?.underWay ?? [])], [['h', 'write /etc/a']]);
});

test('a run is known to be gone by its process: not while that lives, not of another machine, not if it is not on record', async (t) => {
  const folder = freshFolder();
  const living = recordIn(folder, 'i', process.pid);
  living.begins('h', 'x');
  const gone = await killedRun(folder, (record) => record.begins('h', 'x'));
  t.false(isGoneRun(folder, living.id));
  t.true(isGoneRun(folder, gone.id));
  t.false(isGoneRun(folder, 'f'.repeat(32)));
  t.false(isGoneRun(folder, '../../etc/passwd'));
  const file = join(folder, `${gone.id}.jsonl`);
  const [first = '', rest = ''] = readFileSync(file, 'utf8').split('\n');
  const spoilt = (change: object): boolean => {
    writeFileSync(file, `${JSON.stringify({ ...JSON.parse(first), ...change })}\n${rest}\n`);
    return isGoneRun(folder, gone.id);
  };
  t.false(spoilt({ laptop: 'another' }));
  t.false(spoilt({ space: 'pid:[1]' }));
  t.true(spoilt({ boot: 'an earlier one' }));
  t.true(spoilt({ pid: process.pid, start: '1' }), 'another process has the number now');
  t.false(spoilt({ pid: 'x' }));
});

test('a record that was cut anywhere is read as far as it goes', async (t) => {
  const folder = freshFolder();
  const record = await killedRun(folder, (one) => {
    one.begins('h', 'write /etc/a');
    one.ends('h');
    one.begins('h', 'write /etc/b');
  });
  const file = join(folder, `${record.id}.jsonl`);
  const whole = readFileSync(file);
  for (let length = 0; length <= whole.length; length += 1) {
    writeFileSync(file, whole.subarray(0, length));
    const [run] = earlierRuns(folder, 'i');
    t.true(run === undefined || ['write /etc/a', 'write /etc/b', undefined].includes(run.underWay.get('h')));
  }
  t.is(earlierRuns(folder, 'i')[0]?.underWay.get('h'), 'write /etc/b');
});

test('where nothing can be written the run goes on without', (t) => {
  const folder = freshFolder();
  mkdirSync(root, { recursive: true });
  writeFileSync(folder, 'a file');
  const record = recordIn(join(folder, 'below'), 'i', process.pid);
  t.notThrows(() => {
    record.begins('h', 'x');
    record.ends('h');
    record.close(false);
  });
});
