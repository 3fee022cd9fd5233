import type { Secret } from './secret.ts';

/** A value of the language: what YAML, a template, a condition or a host's answer can give. Numbers are doubles; there are no dates. */
export type Value = null | boolean | number | string | Secret | readonly Value[] | { readonly [key: string]: Value };

/** Variables by name. */
export type Vars = { readonly [name: string]: Value };

/** Whether `value` is a mapping (neither null, a list, a scalar nor a Secret). */
export function isMapping(value: unknown): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
