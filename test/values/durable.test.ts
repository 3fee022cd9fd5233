import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createPrivate, writePrivate } from '../../src/cli/private-file.ts';
import { bring } from '../../src/engine/bring.ts';
import { journalIn } from '../../src/engine/journal.ts';
import { recordIn } from '../../src/engine/run-record.ts';
import { fileReport } from '../../src/report/save.ts';

// What is durable "when it returns" is seen by the calls of the system alone: no power fails here.

const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'homerun-durable-')));
test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }));

const report = fileReport(join(folder, 'report'), () => 'report');
report.event({ event: 'run_start' } as never);

const ways: Readonly<Record<string, () => unknown>> = {
  'the journal': () => journalIn(folder, 'run').save('host', 'play', ['restart']),
  'the record of a run': () => recordIn(folder, 'inventory', process.pid).begins('host', 'a change'),
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
    t.deepEqual(
      await seen(write),
      what.startsWith('a file that is made') || what.startsWith('the record')
        ? ['fsync a file', 'fsync the folder']
        : ['fsync a file', 'rename', 'fsync the folder'],
    );
  });

/** Calls that bring something to the disk or give it its name, in their order. */
async function seen(work: () => unknown): Promise<readonly string[]> {
  const calls: string[] = [];
  const { fsyncSync, renameSync } = fs;
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
    Object.assign(fs, { fsyncSync, renameSync });
    syncBuiltinESMExports();
  }
  return calls;
}
