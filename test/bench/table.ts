// What the bench found, in a form for the screen, for the page, and for programs.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Measured, median, ratio, spread, valuesOf } from './measure.ts';

/** A part of the bench's results: one table. */
export interface Section {
  /** Such as `w1-30ms`: its name in the file of results. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What a reader must know besides, a sentence each. */
  readonly notes: readonly string[];
  /** What the table was made from. */
  readonly measured: readonly Measured[];
}

/** A column besides the subject's name: how a subject's cell is written. */
export interface Column {
  readonly title: string;
  readonly cell: (subject: Measured) => string;
}

/** Three digits that count, whatever the size. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `0.71 (0.69–0.80)`: the median, and where the others lie. */
export function withSpread(values: readonly number[], unit = 1): string {
  if (values.length === 0) return '–';
  const scaled = values.map((value) => value / unit);
  const [low, high] = spread(scaled);
  return values.length === 1 ? shortNumber(low) : `${shortNumber(median(scaled))} (${shortNumber(low)}–${shortNumber(high)})`;
}

/** It took too long in its first round, so that nothing more is known than that. */
function isEnded(subject: Measured): subject is Measured & { readonly endedAfter: number } {
  return subject.endedAfter !== undefined && subject.samples.length === 0;
}

export const columns = {
  seconds: {
    title: 'seconds',
    cell: (subject) => (isEnded(subject) ? `> ${shortNumber(subject.endedAfter)}` : withSpread(valuesOf(subject, 'seconds'))),
  },
  milliseconds: { title: 'ms', cell: (subject) => withSpread(valuesOf(subject, 'seconds'), 0.001) },
  cpu: { title: 'client CPU s', cell: (subject) => shortNumber(median(valuesOf(subject, 'cpuSeconds'))) },
  memory: { title: 'client MB', cell: (subject) => shortNumber(median(valuesOf(subject, 'peakBytes')) / 1e6) },
  rounds: { title: 'rounds', cell: (subject) => (isEnded(subject) ? 'ended' : String(subject.samples.length)) },
} as const satisfies Record<string, Column>;

/** The median of something that was counted. */
export function counted(title: string, count: string, unit = 1): Column {
  return { title, cell: (subject) => shortNumber(median(valuesOf(subject, { count })) / unit) };
}

/** How many times as long as another subject of the same rounds. */
export function times(title: string, other: Measured | undefined): Column {
  return {
    title,
    cell: (subject) => {
      if (other === undefined || other.samples.length === 0) return '–';
      if (isEnded(subject)) return `> ${shortNumber(subject.endedAfter / median(valuesOf(other, 'seconds')))}`;
      if (subject.samples.length === 0) return '–';
      const { median: middle, low, high } = ratio(subject, other);
      if (subject === other) return '1';
      return low === high ? shortNumber(middle) : `${shortNumber(middle)} (${shortNumber(low)}–${shortNumber(high)})`;
    },
  };
}

/** Puts what was measured into a table, a row a subject. */
export function section(
  { id, title, notes = [] }: { readonly id: string; readonly title: string; readonly notes?: readonly string[] },
  measured: readonly Measured[],
  shown: readonly Column[],
): Section {
  return {
    id,
    title,
    columns: ['', ...shown.map((column) => column.title)],
    rows: measured.map((subject) => [subject.name, ...shown.map((column) => column.cell(subject))]),
    notes,
    measured,
  };
}

/** The table as text, columns under each other. */
export function asText({ title, columns: head, rows, notes }: Section): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return [title, '', line(head), ...rows.map(line), ...notes.map((note) => `  ${note}`), ''].join('\n');
}

/** The table in Markdown. */
export function asMarkdown({ columns: head, rows, notes }: Section): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const table = [line(head), line(head.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)];
  return [...table, ...notes.flatMap((note) => ['', note]), ''].join('\n');
}

/** Writes results for programs. */
export function writeResults(file: string, results: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}
