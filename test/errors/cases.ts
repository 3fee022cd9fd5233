import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { main } from '../../src/cli/program.ts';
import { run } from '../../src/engine/run.ts';
import type { Connect } from '../../src/remote/session.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { project } from '../cli/project.ts';

/** Where the cases stand: the source folder, as only TypeScript is compiled. */
const folder = join(import.meta.dirname, '../../../test/errors');

/** A wrong project, and all that the screen says of it. */
const caseSchema = z.strictObject({
  name: z.string(),
  /** The command line, as words with spaces between them or as a list of them. */
  line: z.union([z.string(), z.array(z.string())]).default('run site.yaml'),
  /** Files that differ from those of a project that works; null: it is not there. */
  files: z.record(z.string(), z.string().nullable()).default({}),
  /** Values of the secrets file. */
  secrets: z.record(z.string(), z.string()).default({}),
  exit: z.number().default(1),
  says: z.string(),
});

export type Case = z.output<typeof caseSchema>;

/** All cases by their subject, which is the name of their file. */
export function allCases(): ReadonlyMap<string, readonly Case[]> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return new Map(names.map((name) => [name.slice(0, -'.yaml'.length), casesIn(name)]));
}

function casesIn(name: string): readonly Case[] {
  const parsed = z.array(caseSchema).safeParse(parse(readFileSync(join(folder, name), 'utf8')));
  if (!parsed.success) throw new Error(`${name}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** A project that works. */
const working = {
  'inventory/hosts.yaml': 'web:\n  hosts:\n    h1:\n      ssh_host: 192.0.2.1\n',
  'site.yaml': '- hosts: web\n  tasks:\n    - debug: {msg: hello}\n',
};

/** The real command line, but for its hosts: whoever wants to reach one is told of here. */
export async function homerun({ line, files, secrets }: Pick<Case, 'line' | 'files' | 'secrets'>) {
  const contacted: string[] = [];
  const connect: Connect = ({ host }) => {
    contacted.push(host);
    return Promise.reject(new Error(`${host} was contacted`));
  };
  const all = Object.entries({ ...working, ...files }).flatMap(([path, text]) => (text === null ? [] : [[path, text] as const]));
  const settings = { workingFolder: project(Object.fromEntries(all)), environment: { HOME: project({}) } };
  const call = async (words: readonly string[], input?: string) => {
    const io = fakeIo({ ...settings, ...(input !== undefined && { input }) });
    const exit = await main(words, io, () => Promise.resolve((options, emit, signal) => run(options, emit, signal, connect)));
    const { output, errors } = io.printed();
    return { exit, output: placeless(output, settings.workingFolder), errors: placeless(errors, settings.workingFolder) };
  };
  const prepare = async (words: readonly string[], input?: string) => {
    const { exit, errors } = await call([...words, '-i', join(settings.workingFolder, 'inventory')], input);
    if (exit !== 0) throw new Error(errors);
  };
  if (Object.keys(secrets).length > 0) await prepare(['secret', 'init']);
  for (const [name, value] of Object.entries(secrets)) await prepare(['secret', 'set', name], value);
  const result = await call(typeof line === 'string' ? line.split(/ +/) : line);
  return { ...result, contacted };
}

/** The temporary folder is another one each time. */
function placeless(text: string, workingFolder: string): string {
  return text.replaceAll(workingFolder, '/FOLDER');
}
