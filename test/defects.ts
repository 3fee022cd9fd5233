import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A mistake that somebody could make: in which file of src, and what stands there instead, as compiled. */
export interface Mistake {
  readonly what: string;
  /** Without its ending: `remote/ssh`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A mistake, and the test that must find it. */
export interface Defect extends Mistake {
  readonly test: TestChoice;
}

/** Tests of one file, without its ending: `remote/trust`; those whose title has these words, or all. */
export interface TestChoice {
  readonly file: string;
  readonly match?: string;
}

const failed = /^\s*\d+ tests? failed$|^\s*\d+ tests? remained? pending/m;

/**
 * Puts each defect into a copy of the program, and shows whether its test turns red; before that, that it is green without any.
 * @param words only those that have them in what they are
 * @returns an exit code
 */
export function showDefects(all: readonly Defect[], words = ''): number {
  const defects = all.filter(({ what }) => what.includes(words));
  const folder = copyOfProgram();
  const green = new Set<string>();
  let missed = 0;
  for (const { what, file, from, to, test } of defects) {
    const path = join(folder, 'build/src', `${file}.js`);
    const text = readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
    const name = JSON.stringify(test);
    if (!green.has(name)) {
      const { status, output } = runTest(folder, test);
      if (status !== 0) throw new Error(`the test ${name} fails without a defect:\n${output}`);
      green.add(name);
    }
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    // A test that cannot even be loaded has found nothing.
    const { status, output } = runTest(folder, test);
    const isCaught = status !== 0 && failed.test(output);
    writeFileSync(path, text);
    if (!isCaught) missed += 1;
    console.log(`${isCaught ? 'caught' : 'MISSED'}: ${what}`);
  }
  rmSync(folder, { recursive: true });
  console.log(`${defects.length - missed} of ${defects.length} defects caught`);
  return missed === 0 ? 0 : 1;
}

function copyOfProgram(): string {
  const build = fileURLToPath(new URL('../', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'homerun-defects-'));
  // Beside what is compiled, tests read data from their own folder.
  for (const part of ['node_modules', 'test']) symlinkSync(join(build, '..', part), join(folder, part));
  cpSync(join(build, '../package.json'), join(folder, 'package.json'));
  for (const part of ['src', 'test']) cpSync(join(build, part), join(folder, 'build', part), { recursive: true });
  return folder;
}

function runTest(folder: string, { file, match }: TestChoice): { readonly status: number | null; readonly output: string } {
  const words = ['node_modules/.bin/ava', `build/test/${file}.test.js`, ...(match === undefined ? [] : ['--match', `*${match}*`])];
  const { status, stdout, stderr } = spawnSync(words[0] ?? '', words.slice(1), { cwd: folder, encoding: 'utf8', timeout: 300_000 });
  return { status, output: `${stdout}${stderr}` };
}
