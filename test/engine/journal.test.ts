import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { journalIn } from '../../src/engine/journal.ts';

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-journal-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a run that is refused takes back what it has written itself, and not what another one owes', (t) => {
  const folder = folderOf(t);
  const [refused, working] = [journalIn(folder), journalIn(folder)];
  t.deepEqual(refused.pending('h', 'play'), []);
  working.save('h', 'play', ['restart']);
  refused.save('h', 'play', ['reload']);
  refused.save('h', 'play', []);
  t.deepEqual(journalIn(folder).pending('h', 'play'), ['restart']);
});

test('the end of a run leaves what one that has waited for the host owes since', (t) => {
  const folder = folderOf(t);
  const [working, waiting] = [journalIn(folder), journalIn(folder)];
  working.save('h', 'play', ['restart']);
  t.deepEqual(waiting.pending('h', 'play'), ['restart']);
  waiting.save('h', 'play', ['restart', 'reload']);
  working.save('h', 'play', []);
  t.deepEqual(journalIn(folder).pending('h', 'play'), ['reload']);
});

test('two runs that owe the same are done with it one by one', (t) => {
  const folder = folderOf(t);
  const [one, other] = [journalIn(folder), journalIn(folder)];
  other.pending('h', 'play');
  one.save('h', 'play', ['restart']);
  one.save('h', 'play', []);
  other.save('h', 'play', ['restart']);
  t.deepEqual(journalIn(folder).pending('h', 'play'), ['restart']);
  other.save('h', 'play', []);
  t.deepEqual(readdirSync(folder), []);
});

test('what a dead run owed is owed until the next one has done it', (t) => {
  const folder = folderOf(t);
  journalIn(folder).save('h', 'play', ['restart', 'reload']);
  const next = journalIn(folder);
  t.deepEqual(next.pending('h', 'play'), ['restart', 'reload']);
  next.save('h', 'play', ['reload']);
  t.deepEqual(journalIn(folder).pending('h', 'play'), ['reload']);
  next.save('h', 'play', []);
  t.deepEqual(readdirSync(folder), []);
});

test('a play may be called as anything that a language knows, and files of earlier versions are read', (t) => {
  const folder = folderOf(t);
  t.deepEqual(journalIn(folder).pending('h', 'constructor'), []);
  writeFileSync(join(folder, 'h.json'), JSON.stringify({ __proto__: null, constructor: ['restart'] }));
  t.deepEqual(journalIn(folder).pending('h', 'constructor'), ['restart']);
  journalIn(folder).save('h', '__proto__', ['reload']);
  t.deepEqual(journalIn(folder).pending('h', 'constructor'), ['restart']);
});
