// `npm run bench`: how long the command takes to start, beside node itself, all in one run. The machine should have nothing else to do.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../lab/places.ts';

const command = join(projectRoot, 'build/src/cli/main.js');
const rounds = 25;

/** What is measured; the first is what the others are compared with. */
const subjects: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['node -e 0', ['-e', '0']],
  ['homerun --version', [command, '--version']],
  ['homerun --help', [command, '--help']],
  ['homerun lint playbooks/site.yaml', [command, 'lint', 'playbooks/site.yaml', '-i', 'inventory/example', '-e', 'matrix_admin_password=x']],
];

// Turn by turn, so that what slows the machine down for a while slows down all of them.
const times = subjects.map((): number[] => []);
for (let round = 0; round < rounds; round += 1) {
  for (const [index, [name, args]] of subjects.entries()) {
    const begin = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' });
    times[index]?.push(performance.now() - begin);
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  }
}

/** The value below which `share` (0 to 1) of the sorted values lie. */
const quantile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const floor = quantile(times[0]?.toSorted((a, b) => a - b) ?? [], 0.5);
console.log(`Node ${process.version}, ${rounds} rounds: median (5 % to 95 %), and how many times that of node itself`);
for (const [index, [name]] of subjects.entries()) {
  const sorted = times[index]?.toSorted((a, b) => a - b) ?? [];
  const [low, median, high] = [0.05, 0.5, 0.95].map((share) => quantile(sorted, share).toFixed(0));
  console.log(`${`${median} ms (${low} to ${high})`.padStart(22)}  × ${(quantile(sorted, 0.5) / floor).toFixed(2)}  ${name}`);
}
