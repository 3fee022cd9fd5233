// The cases of the differential suite, as data: what both tools are given, and where they may differ.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { projectRoot } from '../lab/places.ts';

/** The source folder, as only TypeScript is compiled. */
export const folder = join(projectRoot, 'test/differential');

export type Tool = 'ansible' | 'homerun';
export const tools: readonly Tool[] = ['ansible', 'homerun'];

const data = z.record(z.string(), z.unknown());

const common = {
  name: z.string(),
  /** sh as root on the hosts, in the empty folder of the case, before anything else. */
  before: z.string().default(''),
  /** Files beside the playbook, by path. */
  files: z.record(z.string(), z.string()).default({}),
  /** sh on this machine, in the folder of the playbook, after `files` are written: for links, modes and bytes. */
  local: z.string().default(''),
  /** sh on the hosts, in the case's folder: what it prints is compared, besides the folder itself. */
  look: z.string().default(''),
  /** A deliberate difference: a sentence of docs/differences-from-ansible.md, and exactly what is found. */
  differs: z.strictObject({ says: z.string(), found: z.array(z.string()).min(1) }).optional(),
};

/** A few tasks, done in a check run, a first and a second run on one host, in one playbook with the other cases of its file. */
const taskCase = z.strictObject({
  ...common,
  tasks: z.array(data).min(1),
  /** sh as root on the hosts between the first and the second run: drift. */
  between: z.string().default(''),
});

/** Whole playbooks, run by themselves on the hosts `one` and `two`. */
const playCase = z.strictObject({
  ...common,
  plays: z.array(data).min(1),
  /** More for the command lines of both, such as `--tags`. */
  args: z.array(z.string()).default([]),
  /** Groups of the inventory by name, each with the names of its hosts. homerun refuses a host that no group and no play takes. */
  groups: z.record(z.string(), z.array(z.enum(['one', 'two']))).default({ lab: ['one', 'two'] }),
  /** Which runs are made, in turn. */
  runs: z.array(z.enum(['check', 'run'])).default(['run']),
});

const file = z.union([
  z.array(taskCase).min(1),
  z.array(playCase).min(1),
  z.strictObject({
    /** sh as root on the hosts, once, before all cases of the file. */
    prepare: z.string(),
    cases: z.union([z.array(taskCase).min(1), z.array(playCase).min(1)]),
  }),
]);

export type TaskCase = z.output<typeof taskCase>;
export type PlayCase = z.output<typeof playCase>;
export type Case = TaskCase | PlayCase;

export interface CaseFile {
  readonly name: string;
  readonly prepare: string;
  readonly cases: readonly TaskCase[] | readonly PlayCase[];
}

export const isPlays = (cases: readonly TaskCase[] | readonly PlayCase[]): cases is readonly PlayCase[] => cases.some((one) => 'plays' in one);

/**
 * The files of cases; those that HOMERUN_CASES names (`copy,file`), and of them the cases whose name holds HOMERUN_CASE, where these are set.
 * @throws Error that names the file and what is wrong in it
 */
export function readCases({ HOMERUN_CASES: only, HOMERUN_CASE: words }: NodeJS.ProcessEnv): readonly CaseFile[] {
  const wanted = only?.split(',');
  return readdirSync(join(folder, 'cases'))
    .filter((entry) => entry.endsWith('.yaml'))
    .map((entry) => entry.replace('.yaml', ''))
    .filter((name) => wanted?.includes(name) ?? true)
    .sort()
    .map((name) => readFile(name, words));
}

function readFile(name: string, words: string | undefined): CaseFile {
  const document = parseDocument(readFileSync(join(folder, 'cases', `${name}.yaml`), 'utf8'), { merge: true });
  if (document.errors.length > 0) throw new Error(`${name}.yaml: ${document.errors.join('\n')}`);
  const read = file.safeParse(document.toJS({ maxAliasCount: -1 }));
  if (!read.success) throw new Error(`${name}.yaml: ${z.prettifyError(read.error)}`);
  const { prepare, cases } = Array.isArray(read.data) ? { prepare: '', cases: read.data } : read.data;
  const names = cases.map((one) => one.name);
  const twice = names.filter((one, index) => names.indexOf(one) !== index);
  if (twice.length > 0) throw new Error(`${name}.yaml: two cases have the name ${twice.join(', ')}`);
  const isWanted = (one: Case): boolean => words === undefined || one.name.includes(words);
  return isPlays(cases) ? { name, prepare, cases: cases.filter(isWanted) } : { name, prepare, cases: cases.filter(isWanted) };
}

/** `value` as one of the tools reads it: `{ansible: A, homerun: B}` anywhere in it stands for A or B, where their languages differ. */
export function forTool(value: unknown, tool: Tool): unknown {
  if (Array.isArray(value)) return value.map((one) => forTool(one, tool));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const isChoice = entries.length === 2 && 'ansible' in value && 'homerun' in value;
  if (isChoice) return value[tool];
  return Object.fromEntries(entries.map(([key, one]) => [key, forTool(one, tool)]));
}
