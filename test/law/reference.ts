import type { Reaching } from '../../src/engine/connections.ts';
import type { Prepared } from '../../src/engine/run.ts';
import { batches } from '../../src/engine/serial.ts';
import { Site } from '../../src/engine/site.ts';
import type { Play } from '../../src/language/play.ts';
import type { LawHost } from './host.ts';
import type { Machine } from './reference-task.ts';
import { type Once, type Owed, type Told, Walker } from './reference-walk.ts';

/**
 * Runs what was prepared one host after another, one task after another, one question after another: nothing is asked ahead, kept, or done side by
 * side. Written apart from the engine, to judge it.
 */
export function referenceRun({ loaded, modules }: Prepared, hosts: ReadonlyMap<string, LawHost>, check: boolean, owed: Owed): Told {
  const told: Told = { lines: {}, counts: {} };
  // Which hosts a play is for, and what is known of them, is no part of the law.
  const site = new Site(loaded, {
    reachingOf: () => ({ settings: {} as Reaching['settings'], become: { user: 'root', byDefault: false } }),
    mode: { check, diff: true },
    workingFolder: '',
  });
  const machines = new Map([...hosts].map(([name, host]): [string, Machine] => [name, { host, predicted: [] }]));
  const machineOf = (name: string): Machine => {
    const machine = machines.get(name);
    if (!machine) throw new Error(`no machine ${name}`);
    return machine;
  };
  const walkerOf = (name: string): Walker => {
    const run = site.hosts.get(name);
    if (!run) throw new Error(`no host ${name}`);
    return new Walker({ run, machine: machineOf(name), machineOf, check, modules, site }, told, owed);
  };
  const all = new Map([...hosts.keys()].map((name) => [name, walkerOf(name)]));
  for (const [index, { play, hosts: names }] of site.plays.entries()) {
    site.settle(index);
    const walkers = [...names].flatMap((name) => all.get(name) ?? []);
    if (runBatches(play, walkers)) break;
  }
  for (const [name, walker] of all) if (Object.values(walker.counts).some((count) => count > 0)) told.counts[name] = walker.counts;
  return told;
}

/** Whether a whole batch has fallen out, which ends the run. */
function runBatches(play: Play, walkers: readonly Walker[]): boolean {
  for (const batch of batches(walkers, play.serial)) {
    const left = batch.filter((one) => !one.isOut);
    const once: Once = new Map();
    for (const walker of left) walker.play(play, once);
    if (batch.length > 0 && left.length === batch.length && left.every((one) => one.isOut)) return true;
    if (left.some((one) => one.hasEndedPlay)) return false;
  }
  return false;
}
