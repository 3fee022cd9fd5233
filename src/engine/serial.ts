import type { BatchSize } from '../language/batch-size.ts';

/**
 * Cuts `items` into batches as `serial` says: each entry a number or a percentage of all (at least one), the last repeated to the end.
 * No entry: one batch.
 */
export function batches<T>(items: readonly T[], serial: readonly BatchSize[]): readonly (readonly T[])[] {
  if (serial.length === 0) return [items];
  const cut: (readonly T[])[] = [];
  for (let start = 0, index = 0; start < items.length; index++) {
    const size = sizeOf(serial[Math.min(index, serial.length - 1)] ?? items.length, items.length);
    cut.push(items.slice(start, start + size));
    start += size;
  }
  return cut;
}

function sizeOf(entry: BatchSize, all: number): number {
  const size = typeof entry === 'number' ? entry : Math.floor((all * Number.parseFloat(entry)) / 100);
  return Math.max(1, size || (entry === 0 ? all : 1));
}
