// A real web client, built from npm alone: Hydrogen's published SDK with a page around it (test/lab/web-client).

import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, projectRoot } from './places.ts';
import { run } from './run.ts';
import { type Say, stage } from './stage.ts';

/** Builds the client unless it is there. @returns the folder with its index.html */
export async function buildWebClient(say: Say): Promise<string> {
  const source = join(projectRoot, 'test', 'lab', 'web-client');
  const folder = join(cacheDirectory('web-client'), digestOf(source));
  const result = join(folder, 'dist');
  if (existsSync(result)) return result;
  await stage(say, 'Hydrogen from npm (a real web client; stands in for the release that a playbook names)', async () => {
    const work = `${folder}.new`;
    rmSync(work, { recursive: true, force: true });
    cpSync(source, work, { recursive: true });
    await run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { directory: work });
    await run(['npm', 'run', 'build'], { directory: work });
    rmSync(join(work, 'node_modules'), { recursive: true, force: true });
    renameSync(work, folder);
  });
  return result;
}

function digestOf(folder: string): string {
  const digest = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const file = join(folder, name);
    if (statSync(file).isFile()) digest.update(`${name}\0`).update(readFileSync(file));
  }
  return digest.digest('hex').slice(0, 16);
}
