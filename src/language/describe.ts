import { Secret } from '../values/secret.ts';
import type { Value } from '../values/vars.ts';

/** What a value is, with its content where that is a scalar that is not secret. */
export function describeShown(value: Value | undefined): string {
  if (typeof value === 'string') return `text ("${value.length > 40 ? `${value.slice(0, 39)}…` : value}")`;
  return typeof value === 'number' ? `a number (${value})` : describe(value);
}

/** What a value is, for `expected …, got …`; never its content. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Secret) return 'a secret text';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'a number';
  return typeof value === 'boolean' ? `${value}` : 'a mapping';
}
