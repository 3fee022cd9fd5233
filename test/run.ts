import { spawn } from 'node:child_process';

/**
 * Runs the test suites one after another, shows what ava shows, and ends with one line that counts them all:
 * `123 passed, 0 failed`. Arguments: `unit`, `e2e`, or both (default). Exit code 1 if anything failed.
 */
const suites = {
  unit: ['build/test/**/*.test.js', '!build/test/e2e/**'],
  // A lab host each: one file at a time, as two cores are shared by all of them.
  e2e: ['build/test/e2e/**/*.test.js', '--concurrency=1', '--timeout=20m'],
} as const;

type Suite = keyof typeof suites;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const wanted = process.argv.slice(2).filter((name): name is Suite => name in suites);
const count: Count = { passed: 0, failed: 0, skipped: 0 };
let isBad = false;
for (const suite of wanted.length > 0 ? wanted : (Object.keys(suites) as Suite[])) {
  const started = performance.now();
  process.stdout.write(`\n== ${suite} tests\n`);
  const code = await run(suites[suite]);
  isBad ||= code !== 0;
  process.stdout.write(`== ${suite} tests: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}
if (isBad && count.failed === 0) count.failed = 1;
process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}\n`);
process.exitCode = isBad ? 1 : 0;

function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('node_modules/.bin/ava', [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let tail = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      tail = (tail + chunk.toString()).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      add(tail);
      resolve(code ?? 1);
    });
  });
}

/** Reads ava's closing lines: `12 tests passed`, `1 test failed`, `2 uncaught exceptions`, … */
function add(tail: string): void {
  for (const [, number, what] of tail.matchAll(
    /^\s*(\d+) (tests? passed|tests? failed|tests? skipped|known failures?|uncaught exceptions?|unhandled rejections?|tests? remained? pending)/gm,
  )) {
    const so = Number(number);
    if (what?.endsWith('passed')) count.passed += so;
    else if (what?.endsWith('skipped')) count.skipped += so;
    else count.failed += so;
  }
}
