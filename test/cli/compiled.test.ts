import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { command } from '../command.ts';

const playbook =
  '- hosts: all\n  tasks:\n    - command: echo {{ inventory_hostname }}\n      register: said\n    - debug: {msg: "{{ said.stdout }}"}\n';

/** A command that is called in a project of its own. @returns what is kept of it then */
function project(t: ExecutionContext): (words: string, exitCode: number) => Promise<Stats> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-compiled-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'inventory'));
  writeFileSync(join(folder, 'inventory/hosts.yaml'), 'all: {hosts: {here: {ansible_connection: local}}}\n');
  writeFileSync(join(folder, 'site.yaml'), playbook);
  const environment = { ...process.env, XDG_CACHE_HOME: folder, NODE_DISABLE_COMPILE_CACHE: '', NODE_V8_COVERAGE: '' };
  const run = (words: string, exitCode: number) =>
    new Promise((resolve, reject) => {
      execFile(process.execPath, [command, ...words.split(' ')], { cwd: folder, env: environment }, (error, stdout, stderr) => {
        if ((error?.code ?? 0) === exitCode) resolve(undefined);
        else reject(new Error(`${error?.code}: ${stdout}${stderr}`));
      });
    });
  return async (words, exitCode) => {
    await run(words, exitCode);
    const place = join(folder, 'homerun/compiled');
    const [file = '', ...more] = readdirSync(place);
    t.deepEqual(more, []);
    return statSync(join(place, file));
  };
}

test('what was compiled for a run that ended at its first line gives way to what a whole run compiles, which then stays', async (t) => {
  const kept = project(t);
  const poor = await kept('run --nonsense', 1);
  const whole = await kept('run site.yaml', 0);
  t.true(whole.size > 1.5 * poor.size, `${poor.size} bytes, then ${whole.size}`);
  t.is((await kept('run site.yaml', 0)).mtimeMs, whole.mtimeMs);
  t.is((await kept('run --nonsense', 1)).mtimeMs, whole.mtimeMs);
});

test('what was compiled to show the help stays', async (t) => {
  const kept = project(t);
  const first = await kept('--help', 0);
  t.is((await kept('--help', 0)).mtimeMs, first.mtimeMs);
});
