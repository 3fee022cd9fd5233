import { isIPv6 } from 'node:net';
import type { Source } from '../values/errors.ts';
import type { Problems } from './problems.ts';

/** The hosts that one entry of an inventory names. */
export interface HostNames {
  readonly names: readonly string[];
  /** What stands after the colon of `host:port`. */
  readonly port?: number;
}

/** A range may not give more hosts than this: it is a slip of the finger then. */
const maxRange = 10_000;

const forbidden = 'Letters, digits, _ . : and - are allowed; the address goes into ssh_host.';

/**
 * What the entry `text` of an inventory names: `web[01:03]` is three hosts, `web:2222` and `[2001:db8::1]:2222` have a port, as in Ansible.
 * What cannot be a name is noted as a problem; undefined then.
 */
export function hostNames(text: string, source: Source, problems: Problems): HostNames | undefined {
  const { pattern, port } = splitPort(text);
  const names = expandRange(pattern);
  const hint = names ? forbidden : 'A range is written [1:20], [01:20] or [a:f].';
  if (!names?.every(isHostName)) problems.error(`"${text}" cannot be the name of a host`, source, hint);
  else if (port !== undefined && (port < 1 || port > 65_535))
    problems.error(`"${text}" ends in ${port}, which is no port`, source, 'Ports are whole numbers from 1 to 65535.');
  else return { names, ...(port !== undefined && { port }) };
  return undefined;
}

/** As `hostNames` for a name that stands for itself alone: no range, no port. */
export function checkHostName(text: string, source: Source, problems: Problems): boolean {
  if (isHostName(text)) return true;
  problems.error(`"${text}" cannot be the name of a host`, source, forbidden);
  return false;
}

/** Checks the name of a group. */
export function checkGroupName(name: string, source: Source, problems: Problems): boolean {
  if (/^[\w.-]+$/.test(name)) return true;
  problems.error(`"${name}" cannot be the name of a group`, source, 'Letters, digits, _ . and - are allowed.');
  return false;
}

function isHostName(name: string): boolean {
  return /^[\w.:%-]+$/.test(name) && !name.startsWith('-') && (!name.includes(':') || isIPv6(name));
}

function splitPort(text: string): { readonly pattern: string; readonly port?: number } {
  const bracketed = /^\[(.+)\]:(\d+)$/.exec(text);
  if (bracketed && isIPv6(bracketed[1] ?? '')) return { pattern: bracketed[1] ?? '', port: Number(bracketed[2]) };
  const plain = /^((?:[^:[\]]|\[[^\]]*\])+):(\d+)$/.exec(text);
  return plain ? { pattern: plain[1] ?? '', port: Number(plain[2]) } : { pattern: text };
}

/** `web[01:03].example.org` → three names; a name without a range → itself; undefined for a wrong range. */
export function expandRange(pattern: string): readonly string[] | undefined {
  const match = /^(.*?)\[([^\]]*)\](.*)$/.exec(pattern);
  if (!match) return /[[\]]/.test(pattern) ? undefined : [pattern];
  const [, before = '', range = '', after = ''] = match;
  const middles = rangeOf(range.split(':'));
  const rest = expandRange(after);
  if (middles && rest && middles.length * rest.length > maxRange) return undefined;
  return middles && rest && middles.flatMap((middle) => rest.map((end) => `${before}${middle}${end}`));
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The members of `[from:to]` or `[from:to:step]`; an empty `from` is 0. */
function rangeOf(bounds: readonly string[]): readonly string[] | undefined {
  const [from = '', to = '', step = '1'] = bounds;
  if (bounds.length < 2 || bounds.length > 3 || !/^\d+$/.test(step)) return undefined;
  if (/^[a-zA-Z]$/.test(from) && /^[a-zA-Z]$/.test(to))
    return numbers(letters.indexOf(from), letters.indexOf(to), Number(step))?.map((index) => letters.charAt(index));
  if (!/^\d*$/.test(from) || !/^\d+$/.test(to)) return undefined;
  const isPadded = from.length > 1 && from.startsWith('0');
  // As in Ansible: [01:100] is more likely a mistake than meant.
  if (isPadded && from.length !== to.length) return undefined;
  return numbers(Number(from), Number(to), Number(step))?.map((number) => String(number).padStart(isPadded ? from.length : 0, '0'));
}

function numbers(from: number, to: number, step: number): readonly number[] | undefined {
  const count = Math.floor((to - from) / step) + 1;
  return count > 0 && count <= maxRange ? Array.from({ length: count }, (_, index) => from + index * step) : undefined;
}
