import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import * as z from 'zod';
import type { RunEvent } from '../../src/engine/event.ts';
import { runProject } from './local-run.ts';

/** Where the cases stand: the source folder, as only TypeScript is compiled. */
const folder = join(import.meta.dirname, '../../../test/engine/flow');

/** A project, how it is run on this machine, and all that is then told of its tasks, a line each: what is the default is left out. */
const caseSchema = z.strictObject({
  name: z.string(),
  files: z.record(z.string(), z.string()),
  run: z
    .strictObject({
      tags: z.array(z.string()).optional(),
      skipTags: z.array(z.string()).optional(),
      extraVars: z.array(z.string()).optional(),
      startAtTask: z.string().optional(),
      check: z.boolean().optional(),
    })
    .default({}),
  /** Those of the inventory, all on this machine. */
  hosts: z.array(z.string()).default(['h1']),
  /** `NAME: MESSAGE`, with the status where it is not ok; items of a loop in brackets, the word handler before one. Of several hosts by host. */
  tells: z.union([z.array(z.string()), z.record(z.string(), z.array(z.string()))]),
  /** Of h1. */
  recap: z.record(z.string(), z.number()).optional(),
  exit: z.number().optional(),
});

function told(event: RunEvent): readonly string[] {
  if (event.event !== 'task' && event.event !== 'handler') return [];
  const status = event.status === 'ok' ? '' : `${event.status} `;
  const message = event.items
    ? event.items.map((one) => `[${one.item} ${one.status === 'ok' ? '' : `${one.status} `}${one.message ?? ''}]`.replace(' ]', ']')).join(' ')
    : (event.message ?? '');
  return [`${event.event === 'handler' ? 'handler ' : ''}${event.task}: ${status}${message}`.trim().replace(/:$/, '')];
}

function toldByHost(events: readonly RunEvent[]): Record<string, readonly string[]> {
  const all: Record<string, readonly string[]> = {};
  for (const event of events) if (event.event === 'task' || event.event === 'handler') all[event.host] = [...(all[event.host] ?? []), ...told(event)];
  return all;
}

for (const file of readdirSync(folder)) {
  const cases = z.array(caseSchema).parse(parse(readFileSync(join(folder, file), 'utf8')));
  for (const { name, files, hosts, run, tells, recap, exit } of cases) {
    for (const prefetch of [true, false]) {
      test(`${file.replace('.yaml', '')} › ${name}${prefetch ? '' : ' (without looking ahead)'}`, async (t) => {
        const inventory = `all: {hosts: {${hosts.map((host) => `${host}: {ansible_connection: local}`).join(', ')}}}\n`;
        const options = Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined));
        const { events, exitCode } = await runProject({ 'hosts.yaml': inventory, ...files }, 'hosts.yaml', 'site.yaml', { ...options, prefetch });
        if (Array.isArray(tells)) t.deepEqual(events.flatMap(told), tells);
        else t.deepEqual(toldByHost(events), tells);
        if (exit !== undefined) t.is(exitCode, exit);
        const counts = events.flatMap((event) => (event.event === 'recap' ? [event.hosts['h1']] : []))[0];
        if (recap) t.like(counts, recap);
      });
    }
  }
}
