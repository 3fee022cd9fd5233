import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { command } from '../command.ts';
import { emulator } from '../report/emulator.ts';
import { project } from './project.ts';

// The program as a process of its own, with the real engine, on this machine as its only host.

function site(tasks: string): string {
  return project({
    'inventory/hosts.yaml': 'all: {children: {web: {hosts: {here: {ansible_connection: local}}}}}\n',
    'site.yaml': `- hosts: web\n  tasks:\n${tasks.replaceAll(/^(?=.)/gm, '    ')}`,
  });
}

function start(folder: string, ...options: readonly string[]): ChildProcess {
  const environment = { ...process.env, HOME: folder, XDG_STATE_HOME: folder };
  return spawn(process.execPath, [command, 'run', 'site.yaml', ...options], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits for the end, calling `seen` with all that was printed so far whenever something is. */
function finished(child: ChildProcess, seen: (output: string) => void = () => {}): Promise<{ code: number | null; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      seen(output);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
      seen(output + errors);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, errors }));
  });
}

test.serial('^C lets the task in hand end, shows the recap and exits with 130', async (t) => {
  const folder = site(`- debug: {msg: begun}
- name: In hand
  command: sh -c 'sleep 1; touch {{ playbook_dir }}/done'
- name: Never
  command: touch {{ playbook_dir }}/never
`);
  const child = start(folder);
  let sent = false;
  const { code, output, errors } = await finished(child, (text) => {
    if (!sent && text.includes('begun')) sent = child.kill('SIGINT');
  });
  t.is(code, 130);
  t.true(existsSync(join(folder, 'done')));
  t.false(existsSync(join(folder, 'never')));
  t.is(errors, 'Interrupted: what is in hand has a moment to come to its end. Once more to stop at once.\n');
  t.regex(output, /\nPLAY RECAP\nhere : ok=2 changed=1 .*\n$/);
});

test.serial('^C twice ends at once', async (t) => {
  const folder = site('- debug: {msg: begun}\n- command: sleep 60\n');
  const before = Date.now();
  const child = start(folder);
  let sent = 0;
  const { code, errors } = await finished(child, (text) => {
    if ((sent === 0 && text.includes('begun')) || (sent === 1 && text.includes('Interrupted'))) {
      sent += 1;
      child.kill('SIGINT');
    }
  });
  t.is(code, 130);
  t.true(errors.endsWith('Stopped. What was being changed may be half-done: run again.\n'));
  t.true(Date.now() - before < 30_000);
});

test.serial('a reader that goes away does not stop the run', async (t) => {
  const folder = site('- debug: {msg: begun}\n- command: touch {{ playbook_dir }}/done\n');
  const child = start(folder);
  child.stdout?.once('data', () => child.stdout?.destroy());
  await new Promise((resolve) => child.on('exit', resolve));
  t.true(existsSync(join(folder, 'done')));
});

test.serial('on a terminal the rows are gone at the end, the recap stands last, and nothing of a host is obeyed', (t) => {
  if (spawnSync('script', ['--version']).error) {
    t.log('no script(1) on this machine: there is no terminal to try on');
    t.pass();
    return;
  }
  const folder = site(String.raw`- name: Attack
  command: "printf 'a\\033[2J\\033]0;owned\\007\\rok: [here] All is well\\nb'"
  register: attack
- name: Show
  debug: {msg: "{{ attack.stdout }}"}
- name: Wait
  command: sleep 1
`);
  const line = `stty cols 80 rows 24; "${process.execPath}" "${command}" run site.yaml`;
  const { stdout, status } = spawnSync('script', ['-qec', line, '/dev/null'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder, XDG_STATE_HOME: folder, TERM: 'xterm-256color', NO_COLOR: '1' },
  });
  const screen = emulator();
  // The terminal turns each newline into a carriage return and a newline.
  screen.write(stdout);
  t.is(status, 0);
  t.true(stdout.includes('\u001b[?25l'), 'the rows were shown');
  t.true(screen.isCursorShown());
  const lines = screen.lines();
  t.deepEqual(lines.slice(0, 8), [
    '',
    'PLAY [web] here',
    'changed: [here] Attack',
    String.raw`  run printf 'a\033[2J\033]0;owned\007\rok: [here] All is well\nb'`,
    'ok: [here] Show',
    '  a^[[2J^[]0;owned^G^Mok: [here] All is well',
    '  b',
    'changed: [here] Wait',
  ]);
  t.is(lines.at(-1), 'here : ok=3 changed=2 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0');
});
