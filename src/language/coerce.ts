import { Secret } from '../values/secret.ts';
import { isMapping, type Value } from '../values/vars.ts';
import { describe } from './describe.ts';

/** An argument is of the wrong kind; the caller adds the place. */
export class HelperError extends Error {}

/** What Handlebars takes as true: anything but false, null, 0, no text and an empty list. */
export function isTruthy(value: Value | undefined): boolean {
  if (value instanceof Secret) return value.reveal() !== '';
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** A scalar as text. @throws HelperError for a list, a mapping and null. */
export function text(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Secret) return value.reveal();
  throw new HelperError(`expected text, got ${describe(value)}`);
}

export function number(value: Value | undefined): number {
  const result = typeof value === 'string' && /^[-+]?(\d+\.?\d*|\.\d+)$/.test(value.trim()) ? Number(value) : value;
  if (typeof result === 'number') return result;
  throw new HelperError(`expected a number, got ${describe(value)}`);
}

export function list(value: Value | undefined): readonly Value[] {
  if (Array.isArray(value)) return value;
  throw new HelperError(`expected a list, got ${describe(value)}`);
}

export function mapping(value: Value | undefined): { readonly [key: string]: Value } {
  if (isMapping(value)) return value;
  throw new HelperError(`expected a mapping, got ${describe(value)}`);
}

/** Whether two values are the same in kind and content; a Secret equals its text. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  const [left, right] = [a instanceof Secret ? a.reveal() : a, b instanceof Secret ? b.reveal() : b];
  if (Array.isArray(left) && Array.isArray(right)) return left.length === right.length && left.every((value, index) => equal(value, right[index]));
  if (!isMapping(left) || !isMapping(right)) return left === right;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]));
}

/** A text that two values have in common just if they are `equal`. */
export function identity(value: Value): string {
  if (value instanceof Secret) return JSON.stringify(value.reveal());
  if (Array.isArray(value)) return `[${value.map(identity).join()}]`;
  if (!isMapping(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${identity(value[key] ?? null)}`).join()}}`;
}

export function compare(a: Value | undefined, b: Value | undefined): number {
  if (typeof a === 'number' || typeof b === 'number') return number(a) - number(b);
  const [left, right] = [text(a), text(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

const yes = ['yes', 'on', 'true', 'y', '1'];
const no = ['no', 'off', 'false', 'n', '0'];

/** A boolean as Ansible takes it (`yes`, `off`, …); undefined for anything else. */
export function asBoolean(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : '';
  return yes.includes(word) ? true : no.includes(word) ? false : undefined;
}
