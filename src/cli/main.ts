#!/usr/bin/env node
import { version } from './version.ts';

// Nothing that takes time is imported before it is known to be needed.
const given = process.argv.slice(2);
if (given.length === 1 && (given[0] === '--version' || given[0] === '-V')) {
  process.stdout.write(`${version()}\n`);
} else {
  try {
    const { start } = await import('./start.ts');
    process.exitCode = await start(given);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    process.stderr.write(`homerun is not installed completely (${error.message})\n  In its folder run: npm ci && npm run build\n`);
    process.exitCode = 1;
  }
}
