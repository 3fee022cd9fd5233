// What copying costs: trips, which are counted, and memory.

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { command } from '../command.ts';
import { runProject } from './local-run.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-copies-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const tellMemory = new URL('../tell-memory.js', import.meta.url).href;
const inventory = 'all:\n  hosts:\n    here: {ansible_connection: local}\n';
const play = (src: string, dest: string) => `- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: {src: ${src}, dest: ${dest}}\n`;

/** So many small files in folders of ten. */
function treeOf(count: number): string {
  const folder = join(root, `tree-${count}`);
  for (let index = 0; index < count; index += 1) {
    const place = join(folder, `d${Math.floor(index / 10)}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `file ${index}`), `${index}\n`.repeat(20));
  }
  return folder;
}

test('a folder takes as many trips with three hundred files as with three: new, unchanged, and changed in half of them', async (t) => {
  const counts = [];
  for (const size of [3, 300]) {
    const folder = treeOf(size);
    const dest = join(root, `copied-${size}`);
    const run = async () => {
      const { events, tasks, exitCode } = await runProject(
        { 'hosts.yaml': inventory, 'play.yaml': play(`${folder}/`, dest) },
        'hosts.yaml',
        'play.yaml',
      );
      t.is(exitCode, 0, JSON.stringify(tasks));
      const recap = events.find((event) => event.event === 'recap');
      return { status: tasks[0]?.status, changes: tasks[0]?.changes.length ?? 0, trips: recap?.hosts['here']?.trips };
    };
    const first = await run();
    const second = await run();
    const files = readdirSync(dest, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('/file'));
    t.is(files.length, size);
    for (const name of files.filter((_, index) => index % 2 === 0)) writeFileSync(join(dest, name), 'drift\n');
    const third = await run();
    t.is(readFileSync(join(dest, 'd0/file 0'), 'utf8'), '0\n'.repeat(20));
    t.deepEqual([first.status, second.status, third.status], ['changed', 'ok', 'changed']);
    t.is(third.changes, Math.ceil(size / 2));
    counts.push([first.trips, second.trips, third.trips]);
  }
  t.deepEqual(counts[0], counts[1]);
  t.deepEqual(counts[1], [2, 1, 3]);
});

test('a file of 256 MiB is copied with less than 200 MB of memory', async (t) => {
  t.timeout(240_000);
  const folder = join(root, 'big');
  mkdirSync(folder);
  const source = openSync(join(folder, 'file'), 'w');
  const piece = Buffer.alloc(2 ** 20, 'a\0\u00ff\n');
  for (let count = 0; count < 256; count += 1) writeSync(source, piece);
  closeSync(source);
  writeFileSync(join(folder, 'hosts.yaml'), inventory);
  writeFileSync(join(folder, 'play.yaml'), play('file', join(folder, 'copied')));
  const child = spawn(process.execPath, ['--import', tellMemory, command, 'run', 'play.yaml', '-i', 'hosts.yaml', '--output', 'plain'], {
    cwd: folder,
    // Which lines are run is held in memory too.
    env: { ...process.env, XDG_STATE_HOME: folder, NODE_V8_COVERAGE: '' },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  t.is(code, 0, said.stdout + said.stderr);
  t.regex(said.stdout, /changed=1/);
  const kilobytes = Number(/rss (\d+)/.exec(said.stderr)?.[1]);
  t.true(kilobytes < 200_000, `${kilobytes} KB`);
});
