// A process of its own (`node --expose-gc many-runs.js FOLDER`) that does the run of FOLDER again and again, and prints what it holds after some of them.

import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { perform, prepare, type RunOptions } from '../../src/engine/run.ts';
import { loadModules } from '../../src/modules/registry.ts';
import { createConnect } from '../../src/remote/connect.ts';

/** The rounds after which it is told what the process holds. What is made once (caches, compiled code, room that the heap takes for itself) is there by the first of them. */
const told: readonly number[] = [50, 100];
const last = told.at(-1) ?? 0;

/** What a process holds. */
export interface Held {
  readonly round: number;
  readonly exitCode: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** What keeps the event loop going, by kind, in order. */
  readonly resources: readonly string[];
  readonly openFiles: number;
  /** Who still waits for the interruption of the run. */
  readonly listeners: number;
}

const [, , folder = ''] = process.argv;
// One of each for all runs: whatever a run leaves with them stays.
const { signal } = new AbortController();
const connect = createConnect();
const modules = await loadModules();

const holds: Held[] = [];
for (let round = 1; round <= last; round += 1) {
  const options = optionsOf(round);
  const exitCode = await perform(await prepare(options, modules), options, () => undefined, signal, connect);
  if (told.includes(round)) holds.push(await held(round, exitCode, holds[0]));
}
// What is still open, and would keep this process, has been told of.
process.stdout.write(JSON.stringify(holds), () => process.exit());

function optionsOf(round: number): RunOptions {
  return {
    playbooks: ['playbook.yaml'],
    inventories: ['hosts.yaml'],
    // What takes long is not done each time.
    extraVars: [JSON.stringify({ round, is_long: round % 5 === 0 })],
    tags: [],
    skipTags: [],
    check: false,
    diff: true,
    forks: 5,
    prefetch: true,
    verbosity: 0,
    workingFolder: folder,
    environment: { XDG_STATE_HOME: folder },
  };
}

/** Looks once the operating system has let go of as much as it had at `before`, or has had five seconds for that. */
async function held(round: number, exitCode: number, before: Held | undefined): Promise<Held> {
  const end = performance.now() + 5000;
  for (;;) {
    await sleep(100);
    const open = { resources: process.getActiveResourcesInfo().toSorted(), openFiles: readdirSync('/proc/self/fd').length };
    const isMore = before && (open.openFiles > before.openFiles || open.resources.length > before.resources.length);
    if (isMore && performance.now() < end) continue;
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    return { round, exitCode, heapBytes: heapUsed, rssBytes: rss, ...open, listeners: getEventListeners(signal, 'abort').length };
  }
}
