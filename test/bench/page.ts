// docs/performance.md: its tables and pictures, from what was measured. All else on the page is written by hand.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../lab/places.ts';
import type { Conditions } from './conditions.ts';
import { type Measured, median, spread, valuesOf } from './measure.ts';
import { bars, type Curve, curves, type Point } from './picture.ts';
import { asMarkdown, columns, type Section, shortNumber } from './table.ts';
import { hostCounts } from './w5.ts';

const docs = join(projectRoot, 'docs');

/** Puts what was measured into the page; what was not stays as it is there. @throws Error when a table has no place in the page */
export function publish(sections: readonly Section[], conditions: Conditions): void {
  const file = join(docs, 'performance.md');
  const many = manyHosts(sections);
  const parts = new Map(sections.filter(({ id }) => !id.startsWith('w5-')).map((section) => [section.id, titled(section)]));
  if (many.length > 0) parts.set('w5', asMarkdown(asOneTable(many)));
  parts.set(
    'conditions',
    Object.entries(conditions)
      .map(([name, value]) => `- ${name}: ${value}\n`)
      .join(''),
  );
  const summary = inShort(sections);
  if (summary !== undefined) parts.set('summary', summary);
  writeFileSync(file, filled(readFileSync(file, 'utf8'), parts));
  for (const [name, picture] of Object.entries(pictures(sections))) writeFileSync(join(docs, name), picture);
}

const titled = (section: Section): string => `**${section.title}**\n\n${asMarkdown(section)}`;

/** The page with the text between `<!-- bench: ID -->` and `<!-- end -->` replaced. @throws Error when an id has no such place */
export function filled(page: string, parts: ReadonlyMap<string, string>): string {
  let text = page;
  for (const [id, part] of parts) {
    const [begin, end] = [`<!-- bench: ${id} -->\n`, '<!-- end -->'];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from === -1 || to === -1) throw new Error(`docs/performance.md has no place for ${id}: ${begin.trim()} … ${end}`);
    text = `${text.slice(0, from + begin.length)}${part}${text.slice(to)}`;
  }
  return text;
}

/** W1 in a sentence; undefined when it was not measured. */
function inShort(sections: readonly Section[]): string | undefined {
  const [floor, ours, ...peers] = sections.find(({ id }) => id === 'w1-30ms')?.measured ?? [];
  if (floor === undefined || ours === undefined) return undefined;
  const seconds = (one: Measured): number => median(valuesOf(one, 'seconds'));
  const others = peers
    .filter(({ samples }) => samples.length > 0)
    .map((one) => `${one.name} ${shortNumber(seconds(one))} s (× ${shortNumber(seconds(one) / seconds(ours))})`);
  return `W1 at 30 ms: **homerun ${shortNumber(seconds(ours))} s**, a bare \`ssh\` that asks the same and compares nothing ${shortNumber(seconds(floor))} s, ${others.join(', ')}.\n`;
}

interface OneCount {
  /** How many hosts. */
  readonly count: number;
  readonly measured: readonly Measured[];
}

/** What W5 found, by the number of hosts. */
function manyHosts(sections: readonly Section[]): OneCount[] {
  return hostCounts.flatMap((count) => sections.filter(({ id }) => id === `w5-${count}`).map(({ measured }) => ({ count, measured })));
}

/** W5 in one table: seconds by the number of hosts, and what the most hosts cost the client. */
function asOneTable(many: readonly OneCount[]): Section {
  const last = many.at(-1);
  const rows = namesIn(many).map((name) => {
    const at = (one: OneCount | undefined): Measured => one?.measured.find((subject) => subject.name === name) ?? { name, samples: [] };
    const most = at(last);
    return [
      name,
      ...many.map((one) => columns.seconds.cell(at(one))),
      shortNumber((median(valuesOf(most, 'cpuSeconds')) * 1000) / (last?.count ?? 1)),
      columns.memory.cell(most),
    ];
  });
  const head = many.map(({ count }) => `${count} ${count === 1 ? 'host' : 'hosts'}, s`);
  const cost = [`client CPU ms a host at ${last?.count}`, `client MB at ${last?.count}`];
  return { id: 'w5', title: 'W5', columns: ['', ...head, ...cost], rows, notes: [], measured: [] };
}

const namesIn = (many: readonly OneCount[]): string[] => [...new Set(many.flatMap(({ measured }) => measured.map(({ name }) => name)))];

/** The pictures that can be made from these sections, by file name. */
function pictures(sections: readonly Section[]): Record<string, string> {
  const w1 = sections.find(({ id }) => id === 'w1-30ms')?.measured.filter(({ samples }) => samples.length > 0);
  const many = manyHosts(sections);
  return {
    ...(w1 !== undefined && {
      'performance-w1.svg': bars(
        'W1: 40 tasks on 3 hosts, nothing to change, 30 ms away',
        w1.map((one) => ({ label: one.name, seconds: median(valuesOf(one, 'seconds')), spread: spread(valuesOf(one, 'seconds')) })),
      ),
    }),
    ...(many.length > 1 && { 'performance-w5.svg': curves('W5: the same on more and more hosts', curvesOf(many)) }),
  };
}

function curvesOf(many: readonly OneCount[]): Curve[] {
  return namesIn(many).map((label) => ({
    label,
    points: many.flatMap(({ count, measured }): Point[] => {
      const one = measured.find(({ name }) => name === label);
      if (one === undefined) return [];
      if (one.samples.length === 0) return one.endedAfter === undefined ? [] : [{ at: count, seconds: one.endedAfter, isEnded: true }];
      return [{ at: count, seconds: median(valuesOf(one, 'seconds')), isEnded: false }];
    }),
  }));
}
