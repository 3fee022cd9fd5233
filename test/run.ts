import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coverageIn, measured } from './coverage.ts';
import { prepareTools } from './tools.ts';

/**
 * Runs the test suites one after another, shows what ava shows, and ends with one line that counts them all:
 * `123 passed, 0 failed`. Arguments: `unit`, `defects`, `e2e`, `faults`, `alone`, `differential`, `acceptance`, `rtc`, `docker`, `clients`, `node`, `soak`; default all but the last five. `soak`
 * holds what takes long: the same laws over many more cases, drawn from HOMERUN_SEED. With `--coverage`, and in CI, it also tells how many lines of each
 * folder of `src` the suite `unit` has run. Exit code 1 if anything failed, or a folder has too few.
 */
const faults = ['host-faults', 'killed', 'refused', 'rollback', 'web'];
const alone = ['load', 'nginx'];

const unit = [
  'build/test/**/*.test.js',
  '!build/test/e2e/**',
  '!build/test/differential/**',
  '!build/test/law/defects.test.js',
  '!build/test/soak/**',
  '!build/test/acceptance/**',
];

const suites = {
  unit,
  // What may be otherwise on another version of Node: without what shells and ssh say, and without the laws of our own algorithms.
  node: [
    ...unit,
    ...['law/**', 'modules/**', 'questions/**', 'remote/ending.test.js', 'remote/known-hosts-ssh.test.js'].map((some) => `!build/test/${some}`),
  ],
  // Takes minutes, and says something of the tests, not of the Node version that they run on.
  defects: ['build/test/law/defects.test.js'],
  // Lab hosts of their own each, which often wait: three at a time fill two cores.
  e2e: [
    'build/test/e2e/**/*.test.js',
    ...[...faults, ...alone, 'matrix-rtc', 'docker-methods', 'jammy', 'noble', 'clients'].map((name) => `!build/test/e2e/${name}.test.js`),
    '--concurrency=3',
    '--timeout=20m',
  ],
  // What breaks, and how long it stays so: they wait for much, and are asked for an answer all the while. With three at a time the answers would be late.
  faults: [...faults.map((name) => `build/test/e2e/${name}.test.js`), '--concurrency=2', '--timeout=20m'],
  // These look at times, and so have the machine to themselves.
  alone: [...alone.map((name) => `build/test/e2e/${name}.test.js`), '--concurrency=1', '--timeout=20m'],
  // Builds LiveKit first, which takes minutes on a new machine.
  rtc: ['build/test/e2e/matrix-rtc.test.js', '--timeout=20m'],
  // Docker's three ways on two releases of Debian and two of Ubuntu, and all of site.yaml on Ubuntu, whose packages not every machine reaches: twenty minutes.
  docker: [...['docker-methods', 'jammy', 'noble'].map((name) => `build/test/e2e/${name}.test.js`), '--concurrency=1', '--timeout=20m'],
  // The real Cinny, where its release can be had.
  clients: ['build/test/e2e/clients.test.js', '--timeout=20m'],
  differential: ['build/test/differential/**/*.test.js', '--concurrency=1', '--timeout=20m'],
  // A real client on three homeservers that one run has made.
  acceptance: ['build/test/acceptance/**/*.test.js', '--concurrency=1', '--timeout=20m'],
  // A file for each subject; all of it within half an hour.
  soak: ['build/test/soak/**/*.test.js', '--concurrency=1', '--timeout=30m'],
} as const;

type Suite = keyof typeof suites;

/**
 * Minutes without a word after which a suite is ended, as failed. A failed test that leaves a connection open keeps its process, and
 * ava, whose own time limit a longer one of a test suspends, waits for ever.
 */
const mostSilentMinutes = 8;

/** Minutes that a suite may take in all, where it says so: what is meant to be waited for is bounded. */
const mostMinutes: Readonly<Partial<Record<Suite, number>>> = { soak: 30 };

/** Characters of a suite's failures that are told again. */
const mostTold = 20_000;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** `1 test failed`, `2 uncaught exceptions`, `3 tests skipped`, … */
const counted = /^\s*(\d+) (?:tests? |hooks? )?(failed|skipped|known failures?|uncaught exceptions?|unhandled rejections?|remained? pending)/gm;

const wanted = process.argv.slice(2).filter((name): name is Suite => name in suites);
const isMeasured = process.argv.includes('--coverage') || process.env['CI'] !== undefined;
const count: Count = { passed: 0, failed: 0, skipped: 0 };
let isBad = false;
/** What ava told at the end of each suite that failed: told again at the very end, where it is found. */
let failures = '';
// What tests write to is removed with them, also what a killed one left.
const temporary = mkdtempSync(join(tmpdir(), 'homerun-tests-'));
chmodSync(temporary, 0o1777);
await prepareTools((line) => console.log(line.trim()));
const usual = (Object.keys(suites) as Suite[]).filter((suite) => !['node', 'soak', 'rtc', 'docker', 'clients'].includes(suite));
for (const suite of wanted.length > 0 ? wanted : usual) {
  const started = performance.now();
  process.stdout.write(`\n== ${suite} tests\n`);
  const { code, closing } = await run(suites[suite], isMeasured && suite === 'unit', mostMinutes[suite]);
  isBad ||= code !== 0;
  if (code !== 0) failures += `\n== what failed in the ${suite} tests\n${closing}`;
  process.stdout.write(`== ${suite} tests: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}
if (isMeasured && (wanted.length === 0 || wanted.includes('unit'))) {
  const { report, isEnough } = coverageIn(join(temporary, 'coverage'));
  process.stdout.write(`\n${report}`);
  isBad ||= !isEnough;
}
rmSync(temporary, { recursive: true, force: true });
if (isBad && count.failed === 0) count.failed = 1;
process.stdout.write(failures);
process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}\n`);
process.exitCode = isBad ? 1 : 0;

/** Shows what ava prints, and counts: passed tests by their line, the rest by ava's closing lines. @returns also what ava told at its end */
function run(args: readonly string[], isMeasured: boolean, minutes?: number): Promise<{ code: number; closing: string }> {
  return new Promise((resolve, reject) => {
    const ava = ['node_modules/.bin/ava', ...args];
    const [program = '', ...words] = isMeasured ? measured(ava, join(temporary, 'coverage')) : ava;
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: temporary },
    });
    let output = '';
    const end = (why: string) => (): void => {
      console.log(`${why}: this suite is ended. The file that hangs is one of those whose tests are not all above.`);
      isEnded = true;
      // ava tells what failed before it ends; if it does not end either, it is killed.
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGKILL'), 20_000).unref();
    };
    let isEnded = false;
    const watchdog = setTimeout(end(`no word for ${mostSilentMinutes} minutes`), mostSilentMinutes * 60_000);
    const limit = minutes === undefined ? undefined : setTimeout(end(`not done within ${minutes} minutes`), minutes * 60_000);
    child.stdout.on('data', (chunk: Buffer) => {
      watchdog.refresh();
      process.stdout.write(chunk);
      output += chunk.toString();
    });
    child.on('error', reject);
    // What a test has left behind may hold the other end open for ever: ava itself has said all by then.
    child.on('exit', () => setTimeout(() => child.stdout.destroy(), 5000).unref());
    child.on('close', (code) => {
      clearTimeout(watchdog);
      clearTimeout(limit);
      count.passed += output.match(/^\s*✔ /gm)?.length ?? 0;
      for (const [, number, what] of output.slice(-4000).matchAll(counted)) {
        if (what === 'skipped') count.skipped += Number(number);
        else count.failed += Number(number);
      }
      const begin = output.indexOf('\n  ─\n');
      resolve({ code: isEnded ? 1 : (code ?? 1), closing: begin < 0 ? output.slice(-mostTold) : output.slice(begin, begin + mostTold) });
    });
  });
}
