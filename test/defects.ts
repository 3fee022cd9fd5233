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
  /** What is set for it: fewer cases than usual, for one. */
  readonly environment?: Readonly<Record<string, string>>;
}

const failed = /^\s*\d+ tests? failed$|^\s*\d+ tests? remained? pending/m;

/**
 * Puts each defect into a copy of the program, and shows whether its test turns red; before that, that it is green without any.
 * @param words only those that have them in what they are, or in the name of their test's file
 * @param mostMinutes after which no other is begun with: those that are left count as not found
 * @returns an exit code
 */
export function showDefects(all: readonly Defect[], words = '', mostMinutes = Number.POSITIVE_INFINITY): number {
  const end = performance.now() + mostMinutes * 60_000;
  const defects = all.filter(({ what, test }) => what.includes(words) || test.file.includes(words));
  const folder = copyOfProgram();
  /** What came of each test without a defect. */
  const ran = new Map<string, Ran>();
  let found = 0;
  const missed = (what: string, why: string): void => console.log(`MISSED: ${what}: ${why}`);
  for (const { what, file, from, to, test } of defects) {
    if (performance.now() > end) {
      missed(what, `${mostMinutes} minutes are over`);
      continue;
    }
    const path = join(folder, 'build/src', `${file}.js`);
    const text = readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) {
      missed(what, `${file} does not hold this once: ${from}`);
      continue;
    }
    const name = JSON.stringify(test);
    if (!ran.has(name)) ran.set(name, runTest(folder, test));
    const sound = ran.get(name);
    if (sound?.status !== 0) {
      missed(what, `the test ${name} fails without it:\n${sound?.output.slice(-4000)}`);
      continue;
    }
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    // A test that cannot even be loaded has found nothing.
    const { status, output } = runTest(folder, test);
    const isCaught = status !== 0 && failed.test(output);
    writeFileSync(path, text);
    if (isCaught) {
      found += 1;
      console.log(`found: ${what}`);
    } else missed(what, status === 0 ? 'its test stays green' : `its test could not be run:\n${output.slice(-4000)}`);
  }
  rmSync(folder, { recursive: true });
  console.log(`${found} of ${defects.length} mistakes were found`);
  return found === defects.length ? 0 : 1;
}

function copyOfProgram(): string {
  const build = fileURLToPath(new URL('../', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'homerun-defects-'));
  // Beside what is compiled, tests read data from their own folder.
  for (const part of ['node_modules', 'test', 'playbooks', 'templates', 'inventory', '.lab'])
    symlinkSync(join(build, '..', part), join(folder, part));
  cpSync(join(build, '../package.json'), join(folder, 'package.json'));
  for (const part of ['src', 'test']) cpSync(join(build, part), join(folder, 'build', part), { recursive: true });
  return folder;
}

interface Ran {
  /** null: it took too long. */
  readonly status: number | null;
  readonly output: string;
}

function runTest(folder: string, { file, match, environment = {} }: TestChoice): Ran {
  // These call the command, which is a bundle.
  const isWhole = /^(e2e|soak)\//.test(file);
  if (isWhole) {
    const { status, stderr } = spawnSync(process.execPath, ['build/test/bundle.js'], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) return { status, output: stderr };
  }
  const words = ['node_modules/.bin/ava', `build/test/${file}.test.js`, ...(match === undefined ? [] : ['--match', `*${match}*`])];
  const { status, stdout, stderr } = spawnSync(words[0] ?? '', words.slice(1), {
    cwd: folder,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    timeout: (isWhole ? 15 : 5) * 60_000,
    maxBuffer: 2 ** 28,
  });
  return { status, output: `${stdout}${stderr}` };
}
