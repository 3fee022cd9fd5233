import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { jsonLine } from '../../src/report/json.ts';
import { fileReport, saveReport } from '../../src/report/save.ts';
import { InputError } from '../../src/values/errors.ts';
import { events } from './events.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-save-'));
const build = () => 'the report';

test('a saved run is on the disk event by event, for its owner alone', async (t) => {
  const file = join(folder, 'run.jsonl');
  const report = saveReport(file);
  for (const event of events.slice(0, 2)) report.event(event);
  t.is(readFileSync(file, 'utf8'), events.slice(0, 2).map(jsonLine).join(''));
  t.is(statSync(file).mode & 0o777, 0o600);
  await report.end();
});

test('a file that others could read becomes its owner’s alone, before anything is written, and one of another user is refused', async (t) => {
  const file = join(folder, 'open.jsonl');
  writeFileSync(file, 'old\n', { mode: 0o644 });
  const report = saveReport(file);
  t.is(statSync(file).mode & 0o777, 0o600);
  await report.end();
  if (process.getuid?.() !== 0) {
    t.log('not shown for another user: that takes root');
    return;
  }
  chownSync(file, 65_534, 65_534);
  t.throws(() => saveReport(file), { instanceOf: InputError, message: /open\.jsonl: it belongs to another user/ });
  t.is(readFileSync(file, 'utf8'), 'old\n');
});

test('an older run is kept until a new one has begun', async (t) => {
  const file = join(folder, 'again.jsonl');
  writeFileSync(file, 'old\n');
  await saveReport(file).end();
  t.is(readFileSync(file, 'utf8'), 'old\n');
  const report = saveReport(file);
  for (const event of events.slice(0, 1)) report.event(event);
  await report.end();
  t.is(readFileSync(file, 'utf8'), events.slice(0, 1).map(jsonLine).join(''));
});

test('a run that never began leaves no file', async (t) => {
  const saved = join(folder, 'none.jsonl');
  const built = join(folder, 'none.html');
  await saveReport(saved).end();
  await fileReport(built, build).end();
  t.false(existsSync(saved));
  t.false(existsSync(built));
});

test('a report appears whole at the end, for its owner alone, with nothing beside it', async (t) => {
  const own = mkdtempSync(join(folder, 'own-'));
  const file = join(own, 'report.html');
  const report = fileReport(file, (all) => `${all.length} events`);
  for (const event of events) report.event(event);
  t.false(existsSync(file));
  await report.end();
  t.is(readFileSync(file, 'utf8'), `${events.filter((event) => event.event !== 'task_start' && event.event !== 'host_connecting').length} events`);
  t.is(statSync(file).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(own), ['report.html']);
});

test('a report behind a link replaces what the link names', async (t) => {
  const own = mkdtempSync(join(folder, 'link-'));
  writeFileSync(join(own, 'real.html'), 'old');
  symlinkSync('real.html', join(own, 'link.html'));
  const report = fileReport(join(own, 'link.html'), build);
  for (const event of events.slice(0, 1)) report.event(event);
  await report.end();
  t.is(readFileSync(join(own, 'real.html'), 'utf8'), 'the report');
});

mkdirSync(join(folder, 'taken'));
const impossible: readonly (readonly [file: string, why: string])[] = [
  [join(folder, 'missing', 'x'), 'no such file or folder'],
  [join(folder, 'taken'), 'it is a folder'],
];

for (const [file, why] of impossible) {
  test(`a saved run that cannot be written is refused before anything begins: ${why}`, (t) => {
    t.is(t.throws(() => saveReport(file), { instanceOf: InputError })?.message.split('\n')[0], `the report cannot be written to ${file}: ${why}`);
  });
}

test('a report that cannot be written is refused before anything begins', (t) => {
  t.throws(() => fileReport(join(folder, 'missing', 'x'), build), { instanceOf: InputError, message: /no such file or folder/ });
  t.throws(() => fileReport(join(folder, 'taken'), build), { instanceOf: InputError, message: /not a regular file/ });
});

test('a device is never replaced by a report', (t) => {
  t.throws(() => fileReport('/dev/null', build), { instanceOf: InputError, message: /not a regular file/ });
  t.true(statSync('/dev/null').isCharacterDevice());
});

test('a full disk does not stop the run and is told at the end', async (t) => {
  const report = saveReport('/dev/full');
  t.notThrows(() => {
    for (const event of events) report.event(event);
  });
  await t.throwsAsync(report.end(), { instanceOf: InputError, message: /\/dev\/full: the disk is full/ });
});
