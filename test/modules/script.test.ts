import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { run, runScript, shells } from '../shell/shells.ts';
import { askModule, loadModule, planModule, validate } from './drive.ts';

const folder = mkdtempSync(join(tmpdir(), 'homerun-script-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** The command that runs `content` with these words. */
async function commandOf(content: string | Uint8Array, words: readonly string[], more: object = {}) {
  const module = await loadModule('script');
  const params = validate(module, { cmd: { path: 'a.sh', content, words }, ...more });
  const [change] = planModule(module, params, await askModule(module, params, () => Promise.resolve({})));
  const command = change?.commands[0];
  if (!command) throw new Error('nothing is run');
  return command;
}

for (const shell of shells()) {
  test(`script › ${shell.name}: runs with its words and an empty input, and its exit code is the task's`, async (t) => {
    const content = 'printf \'%s|\' "$#" "$@"\nread -r line || echo "no input$line"\npwd\necho words >&2\nexit 7\n# мир \\ "$(id)" `id`';
    const words = ['a  b', "it's", '$(id)', '', '-x', 'мир'];
    const output = await run(shell, await commandOf(content, words, { chdir: folder }));
    t.deepEqual(output, { rc: 7, stdout: `6|a  b|it's|$(id)||-x|мир|no input\n${folder}\n`, stderr: 'words\n' });
  });

  test(`script › ${shell.name}: arrives byte for byte at what runs it, and longer than a pipe holds`, async (t) => {
    const bytes = Buffer.concat([Buffer.from(`#!/bin/cat\n${'x'.repeat(200_000)}\n`), Buffer.from([0xff, 0xc3, 10, 10, 10])]);
    const script = (await commandOf(bytes, [])).script;
    const { stdin } = await commandOf(bytes, []);
    const path = join(folder, shell.name);
    t.like(await runScript(shell, `{ ${script}\n} >${path}`, stdin as Uint8Array), { rc: 0, stderr: '' });
    t.deepEqual(readFileSync(path), bytes);
  });

  test(`script › ${shell.name}: half a script is not run`, async (t) => {
    const path = join(folder, `${shell.name}-half`);
    const { script, stdin } = await commandOf(`echo >${path}\necho the rest`, []);
    const cut = await runScript(shell, script, (stdin as Uint8Array).subarray(0, -8));
    t.deepEqual(cut, { rc: 1, stdout: '', stderr: 'the script did not arrive whole\n' });
    t.false(existsSync(path));
  });

  test(`script › ${shell.name}: a program that is not there is named`, async (t) => {
    const output = await run(shell, await commandOf('#!/no/such/program\n', []));
    t.not(output.rc, 0);
    t.regex(output.stderr, /\/no\/such\/program/);
  });
}
