import type { RunEvent } from './event.ts';
import type { Masker } from './mask.ts';

/**
 * Our own words, names of hosts and places in the user's files: a value of somebody's secrets that happens to be the same (`changed`, `synapse`) would
 * make a run unreadable, for people and for scripts, and hide nothing.
 */
const plain: ReadonlySet<string> = new Set(['event', 'status', 'module', 'host', 'hosts', 'source']);

/** `event` with every secret in all other texts of it as `***`. */
export function maskedEvent(event: RunEvent, masker: Masker): RunEvent {
  const masked = {
    ...maskedRecord(event, masker),
    ...('items' in event && event.items && { items: event.items.map((item) => maskedRecord(item, masker)) }),
  };
  return masked as RunEvent; // The same fields, with other texts.
}

function maskedRecord(record: object, masker: Masker): object {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, plain.has(key) ? value : masker.deep(value)]));
}
