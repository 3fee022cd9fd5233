import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunEvent, TaskEvent } from '../../src/engine/event.ts';
import { type RunOptions, run } from '../../src/engine/run.ts';

export interface LocalRun {
  readonly exitCode: number;
  readonly events: readonly RunEvent[];
  readonly tasks: readonly TaskEvent[];
}

/** Runs a project's playbook on this machine, without SSH. `inventory` and `playbook` are names of `files`. */
export async function runProject(
  files: Readonly<Record<string, string>>,
  inventory: string,
  playbook: string,
  options: Partial<RunOptions> = {},
): Promise<LocalRun> {
  const folder = mkdtempSync(join(tmpdir(), 'homerun-run-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const events: RunEvent[] = [];
    const exitCode = await run(
      {
        playbooks: [playbook],
        inventories: [inventory],
        extraVars: [],
        tags: [],
        skipTags: [],
        check: false,
        diff: true,
        forks: 5,
        prefetch: true,
        verbosity: 0,
        workingFolder: folder,
        ...options,
        environment: { XDG_STATE_HOME: folder, ...options.environment },
      },
      (event) => events.push(event),
      new AbortController().signal,
    );
    return { exitCode, events, tasks: events.filter((event): event is TaskEvent => event.event === 'task') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
