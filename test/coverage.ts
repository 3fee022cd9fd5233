import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** Folders of `src` of which the unit tests must run at least so many lines of a hundred. */
const least: ReadonlyMap<string, number> = new Map(['engine', 'language', 'modules', 'questions'].map((name) => [name, 90]));

const lines = z.object({ total: z.number(), covered: z.number() });
const summary = z.record(z.string(), z.object({ lines }));

/** The command that runs `program` and leaves in `folder` which lines of `src` were run, in threads and child processes too. */
export function measured(program: readonly string[], folder: string): readonly string[] {
  // From what is built, so that a file counts that no test has loaded.
  const options = ['--all', '--src', 'build/src', '--include', 'build/src/**', '--reporter', 'json-summary', '--reports-dir', folder];
  return ['node_modules/.bin/c8', ...options, ...program];
}

export interface Coverage {
  /** A line for each folder; where one has too little, the files that lack most. */
  readonly report: string;
  readonly isEnough: boolean;
}

/** Reads what `measured` left. */
export function coverageIn(folder: string): Coverage {
  const found = summary.parse(JSON.parse(readFileSync(join(folder, 'coverage-summary.json'), 'utf8')));
  const files = Object.entries(found).flatMap(([file, counted]) => {
    const path = /\bsrc\/(\w+)\/.+/.exec(file);
    return path ? [{ path: path[0], room: path[1] ?? '', ...counted.lines }] : [];
  });
  const rooms = [...new Set(files.map(({ room }) => room))].sort().map((name) => {
    const own = files.filter(({ room }) => room === name);
    const share = (100 * sum(own, 'covered')) / sum(own, 'total');
    const wanted = least.get(name) ?? 0;
    const lacking = own.map(({ path, total, covered }) => ({ path, count: total - covered })).sort((a, b) => b.count - a.count);
    const told = share < wanted ? lacking.slice(0, 10).map(({ path, count }) => `  ${path}: ${count} lines are not run`) : [];
    return {
      isEnough: share >= wanted,
      lines: [`${name.padEnd(10)} ${share.toFixed(1).padStart(5)} %${told.length > 0 ? `, and not ${wanted} %` : ''}`, ...told],
    };
  });
  return {
    isEnough: rooms.every(({ isEnough }) => isEnough) && [...least.keys()].every((name) => files.some(({ room }) => room === name)),
    report: `lines of src that the tests run:\n${rooms.flatMap((room) => room.lines).join('\n')}\n`,
  };
}

function sum(files: readonly { readonly total: number; readonly covered: number }[], key: 'total' | 'covered'): number {
  return files.reduce((all, file) => all + file[key], 0);
}
