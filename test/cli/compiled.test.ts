import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { command } from '../command.ts';

const playbook =
  '- hosts: all\n  tasks:\n    - command: echo {{ inventory_hostname }}\n      register: said\n    - debug: {msg: "{{ said.stdout }}"}\n';

test('what was compiled for a run that ended at its first line gives way to what a whole run compiles, which then stays', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-compiled-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'inventory'));
  writeFileSync(join(folder, 'inventory/hosts.yaml'), 'all: {hosts: {here: {ansible_connection: local}}}\n');
  writeFileSync(join(folder, 'site.yaml'), playbook);
  const environment = { ...process.env, XDG_CACHE_HOME: folder, NODE_DISABLE_COMPILE_CACHE: '', NODE_V8_COVERAGE: '' };
  const run = (name: string, exitCode: number) =>
    new Promise((resolve, reject) => {
      execFile(process.execPath, [command, 'run', name], { cwd: folder, env: environment }, (error, stdout, stderr) => {
        if ((error?.code ?? 0) === exitCode) resolve(undefined);
        else reject(new Error(`${error?.code}: ${stdout}${stderr}`));
      });
    });
  const kept = async (...call: Parameters<typeof run>) => {
    await run(...call);
    const place = join(folder, 'homerun/compiled');
    const [file = '', ...more] = readdirSync(place);
    t.deepEqual(more, []);
    return statSync(join(place, file));
  };
  const poor = await kept('--nonsense', 1);
  const whole = await kept('site.yaml', 0);
  t.true(whole.size > 1.5 * poor.size, `${poor.size} bytes, then ${whole.size}`);
  t.is((await kept('site.yaml', 0)).mtimeMs, whole.mtimeMs);
  t.is((await kept('--nonsense', 1)).mtimeMs, whole.mtimeMs);
});
