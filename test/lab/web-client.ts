// A real web client, built from npm alone: Hydrogen's published SDK with a page around it (test/lab/web-client).

import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from './digest.ts';
import { cacheDirectory, projectRoot } from './places.ts';
import { run } from './run.ts';
import { type Say, stage } from './stage.ts';

/** The page, its lockfile, and how it is built. */
export const webClientSource: string = join(projectRoot, 'test', 'lab', 'web-client');

/** Builds the client unless it is there. @returns the folder with its index.html */
export async function buildWebClient(say: Say): Promise<string> {
  const folder = join(cacheDirectory('web-client'), digestOf([webClientSource]));
  const result = join(folder, 'dist');
  if (existsSync(result)) return result;
  await stage(say, 'Hydrogen from npm (a real web client; stands in for the release that a playbook names)', async () => {
    const work = `${folder}.new`;
    rmSync(work, { recursive: true, force: true });
    cpSync(webClientSource, work, { recursive: true });
    await run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { directory: work });
    await run(['npm', 'run', 'build'], { directory: work });
    rmSync(join(work, 'node_modules'), { recursive: true, force: true });
    renameSync(work, folder);
  });
  return result;
}
