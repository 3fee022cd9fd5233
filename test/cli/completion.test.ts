import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { main } from '../../src/cli/program.ts';
import { fakeIo } from './fake-io.ts';
import { project } from './project.ts';

async function script(shell: string): Promise<string> {
  const io = fakeIo();
  await main(['completion', shell], io, () => Promise.reject(new Error('no engine')));
  return io.printed().output;
}

/** What bash offers after `words`, the last of which is being typed. */
async function offered(words: readonly string[]): Promise<readonly string[]> {
  const file = join(project({}), 'completion.bash');
  writeFileSync(
    file,
    `${await script('bash')}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _homerun
printf '%s\\n' "\${COMPREPLY[@]}"
`,
  );
  const { stdout, stderr } = spawnSync('bash', ['--norc', file, ...words], { encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

const table: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
  [['homerun', 'ru'], ['run']],
  [
    ['homerun', 'c'],
    ['check', 'completion'],
  ],
  [['homerun', 'run', '--skip'], ['--skip-tags']],
  [
    ['homerun', 'run', '-D', 'site.yaml', '--list-t'],
    ['--list-tasks', '--list-tags'],
  ],
  [
    ['homerun', 'run', '--output', ''],
    ['live', 'plain', 'json'],
  ],
  [['homerun', 'lint', '--output', 'j'], ['json']],
  [
    ['homerun', 'secret', 'r'],
    ['rename', 'rekey'],
  ],
  [['homerun', 'secret', 'rekey', '--a'], ['--add']],
  [['homerun', 'run', 'play'], []],
];

for (const [words, offers] of table) {
  test(`bash completes ${words.join(' ')}`, async (t) => {
    t.deepEqual(await offered(words), offers);
  });
}

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`the script of ${shell} knows every command, and the shell can read it`, async (t) => {
    const text = await script(shell);
    for (const name of ['run', 'check', 'inventory', 'rekey', 'private-key']) t.true(text.includes(name), name);
    const program = ['/usr/bin', '/bin'].map((folder) => join(folder, shell)).find(existsSync);
    if (program === undefined) {
      t.log(`${shell} is not installed: its script was not read by it`);
      return;
    }
    const folder = project({ script: text });
    const { status, stderr } = spawnSync(program, ['-n', join(folder, 'script')], { encoding: 'utf8' });
    t.is(stderr, '');
    t.is(status, 0);
  });
}

test('another shell is refused with those that there are', async (t) => {
  const io = fakeIo();
  t.is(await main(['completion', 'csh'], io), 1);
  t.is(
    io.printed().errors,
    "error: command-argument value 'csh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.\nSee: homerun completion --help\n",
  );
});
