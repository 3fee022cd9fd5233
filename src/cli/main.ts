#!/usr/bin/env node
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { version } from './version.ts';

// Nothing that takes time is imported before it is known to be needed.
const given = process.argv.slice(2);
if (given.length === 1 && (given[0] === '--version' || given[0] === '-V')) {
  process.stdout.write(`${version()}\n`);
} else {
  cacheCompiledCode();
  try {
    const [{ main }, { processIo }] = await Promise.all([import('./program.ts'), import('./process-io.ts')]);
    process.exitCode = await main(given, processIo());
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    process.stderr.write(`homerun is not installed completely (${error.message})\n  In its folder run: npm ci && npm run build\n`);
    process.exitCode = 1;
  }
}

/**
 * Node 22.8 and later keep compiled code on disk. The folder is the user's own: in the shared default below /tmp another user could put code for
 * us to run.
 */
function cacheCompiledCode(): void {
  const base = process.env['XDG_CACHE_HOME'];
  const folder = join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'homerun', 'compiled');
  // Not in the types of Node 20, which we build against.
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };
  enableCompileCache?.(folder);
}
