// What W1 is made of besides its files in test/bench/w1: a large file and an archive, which are made and not stored.

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, stateDirectory } from '../lab/places.ts';
import { run } from '../lab/run.ts';

/** Where the bench keeps what it installs, generates and finds. */
export const benchDirectory = join(stateDirectory, 'bench');

export const workload = {
  folder: join(projectRoot, 'test/bench/w1'),
  generated: join(benchDirectory, 'generated'),
  tasks: 40,
  items: 100,
} as const;

/** Writes the large file and the archive: the same bytes each time. */
export async function generateFiles(): Promise<void> {
  const { generated } = workload;
  rmSync(generated, { recursive: true, force: true });
  const tool = join(generated, 'tool', 'tool-1.0');
  for (const folder of ['bin', 'share']) mkdirSync(join(tool, folder), { recursive: true });
  writeFileSync(join(tool, 'bin/tool'), '#!/bin/sh\necho tool 1.0\n', { mode: 0o755 });
  for (let number = 1; number <= 19; number += 1) writeFileSync(join(tool, `share/part-${number}`), noise(`part ${number}`, 1000));
  const alike = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', '--mtime=2026-01-01 00:00:00Z'];
  await run(['tar', ...alike, '-C', join(generated, 'tool'), '-czf', join(generated, 'tool-1.0.tar.gz'), 'tool-1.0']);
  writeFileSync(join(generated, 'large.bin'), noise('large', 200_000));
}

/** Bytes that do not compress. */
function noise(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => createHash('sha256').update(`${seed} ${index}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
