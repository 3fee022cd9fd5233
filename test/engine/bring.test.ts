import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { bring } from '../../src/engine/bring.ts';
import type { Step, StepResult } from '../../src/remote/session.ts';
import { TaskError } from '../../src/values/errors.ts';
import { runScript, type Shell, shells } from '../shell/shells.ts';

const root = mkdtempSync(join(tmpdir(), 'homerun-bring-'));
test.after.always(() => rmSync(root, { recursive: true, force: true }));

const digestOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const answer = (stdout: string, rest: Partial<StepResult> = {}): StepResult => ({ rc: 0, stdout, stderr: '', durationMs: 1, ...rest });
const runIn =
  (shell: Shell) =>
  async ({ script }: Step): Promise<StepResult> => ({ ...(await runScript(shell, script)), durationMs: 1 });

for (const shell of shells()) {
  test(`bring › ${shell.name}: every byte arrives, whatever the length`, async (t) => {
    const folder = join(root, shell.name);
    mkdirSync(folder);
    const from = join(folder, "it's $(id)");
    for (const length of [0, 1, 4 * 2 ** 20, 9_000_000]) {
      const bytes = Buffer.alloc(length, 'a\0\u00ff\n');
      writeFileSync(from, bytes);
      const to = join(folder, 'new', 'deep', `${length}`);
      await bring({ from, to, sha256: digestOf(bytes) }, runIn(shell));
      t.true(readFileSync(to).equals(bytes), `${length} bytes`);
      t.is(statSync(to).mode & 0o7777, 0o600);
    }
    t.is(statSync(join(folder, 'new')).mode & 0o7777, 0o700);
    t.deepEqual(readdirSync(join(folder, 'new', 'deep')).sort(), ['0', '1', '4194304', '9000000']);
  });
}

test('bring › a file that is replaced keeps its mode, and a link to it stays', async (t) => {
  const folder = join(root, 'replaced');
  mkdirSync(folder);
  writeFileSync(join(folder, 'real'), 'old', { mode: 0o640 });
  symlinkSync('real', join(folder, 'link'));
  await bring({ from: '/x', to: join(folder, 'link') }, () => Promise.resolve(answer('bmV3\n')));
  t.is(readFileSync(join(folder, 'real'), 'utf8'), 'new');
  t.is(statSync(join(folder, 'real')).mode & 0o7777, 0o640);
  t.true(lstatSync(join(folder, 'link')).isSymbolicLink());
});

test('bring › what is not whole leaves the old file and nothing beside it', async (t) => {
  const folder = join(root, 'refused');
  mkdirSync(folder);
  const to = join(folder, 'file');
  writeFileSync(to, 'old');
  const refused: readonly (readonly [result: StepResult | undefined, message: RegExp])[] = [
    [answer('bmV3\n'), /was changed while it was brought/],
    [answer('bmV3bmV3\n'), /was changed while it was brought: expected 3 bytes, got more/],
    [answer('$$$'), /is not understood/],
    [answer('bmV3', { truncated: true }), /is not understood/],
    [answer('', { rc: 1, stderr: 'No such file' }), /cannot be read any more: No such file/],
    [answer('', { timedOut: true }), /took too long/],
    [undefined, /did not answer/],
  ];
  for (const [result, message] of refused)
    await t.throwsAsync(() => bring({ from: '/x', to, sha256: digestOf('other'), size: 3 }, () => Promise.resolve(result)), {
      instanceOf: TaskError,
      message,
    });
  t.deepEqual(readdirSync(folder), ['file']);
  t.is(readFileSync(to, 'utf8'), 'old');
});

test('bring › what else is said on standard error is not about the file', async (t) => {
  const to = join(root, 'noisy');
  await bring({ from: '/x', to }, () => Promise.resolve(answer('bmV3\n', { stderr: 'ERROR: ld.so: cannot be preloaded' })));
  t.is(readFileSync(to, 'utf8'), 'new');
});

test('bring › a file that cannot be read to its end is not taken for a short one', async (t) => {
  const to = join(root, 'short');
  const result = answer('bmV3\n', { stderr: "tail: error reading 'standard input': Input/output error\nhomerun-not-all\n" });
  await t.throwsAsync(() => bring({ from: '/x', to }, () => Promise.resolve(result)), { instanceOf: TaskError, message: /Input\/output error/ });
  t.throws(() => statSync(to), { code: 'ENOENT' });
});

test('bring › a place that cannot be written is an error that names it', async (t) => {
  writeFileSync(join(root, 'plain'), '');
  const to = join(root, 'plain', 'below');
  await t.throwsAsync(() => bring({ from: '/x', to }, () => Promise.resolve(answer(''))), {
    instanceOf: TaskError,
    message: /below cannot be written on this machine/,
  });
});
