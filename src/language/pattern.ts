import { InputError, type Source } from '../values/errors.ts';
import { inBoundedTime, SlowPatternError } from '../values/regex.ts';
import type { Inventory } from './inventory.ts';
import { didYouMean } from './nearest.ts';

/** The hosts that a pattern takes. */
export interface Matched {
  /** Each once, in the order of the pattern's parts, within a part in the inventory's. */
  readonly hosts: readonly string[];
  /** Parts that match no host or group, with a hint. */
  readonly strays: readonly { readonly part: string; readonly hint: string | undefined }[];
}

/**
 * Ansible's patterns: `all`, `*`, names of hosts and groups, `h*`, `~regex`, `web[0]`, `web[0:2]`; several joined by `:` or `,`, of which
 * those with `&` narrow and those with `!` take away, wherever they stand.
 * @throws InputError for a pattern that is not written right.
 */
export function matchPattern(pattern: string, inventory: Inventory, source?: Source): Matched {
  const parts = splitPattern(pattern);
  if (parts.length === 0) throw InputError.of('the pattern of hosts is empty', source, 'Write all, or names of hosts and groups.');
  const strays: { readonly part: string; readonly hint: string | undefined }[] = [];
  const hostsOf = (part: string): readonly string[] => {
    const found = matchPart(part, inventory, source);
    if (!found) strays.push({ part, hint: didYouMean(part, [...inventory.groups.keys(), ...inventory.hosts.keys()]) });
    return found ?? [];
  };
  const plain = parts.filter((part) => !/^[&!]/.test(part));
  let hosts = new Set((plain.length === 0 ? ['all'] : plain).flatMap(hostsOf));
  for (const part of parts.filter((other) => other.startsWith('&'))) {
    const narrowed = new Set(hostsOf(part.slice(1)));
    hosts = new Set([...hosts].filter((name) => narrowed.has(name)));
  }
  for (const part of parts.filter((other) => other.startsWith('!'))) for (const name of hostsOf(part.slice(1))) hosts.delete(name);
  return { hosts: [...hosts], strays };
}

/** At commas, and at colons that are not within brackets or part of an IPv6 address. A `~regex` may hold colons, but no comma. */
export function splitPattern(pattern: string): readonly string[] {
  const byComma = pattern.split(',').map((part) => part.trim());
  return byComma
    .flatMap((part) => (isAddress(part) || /^[&!]?~/.test(part) ? [part] : (part.match(/(?:\[[^\]]*\]|[^:[])+/g) ?? [])))
    .filter((part) => part !== '');
}

function isAddress(part: string): boolean {
  return (part.match(/:/g) ?? []).length > 1 && /^[0-9a-f:.%]+$/i.test(part) && part.includes('::');
}

function matchPart(part: string, inventory: Inventory, source: Source | undefined): readonly string[] | undefined {
  const all = [...inventory.hosts.keys()];
  if (part === 'all' || part === '*') return all;
  if (part === 'ungrouped') return all.filter((name) => inventory.hosts.get(name)?.groups.length === 0);
  if (part.startsWith('~')) return named(inventory, regexTest(part.slice(1), source));
  const subscript = /^(.*)\[(-?\d+)(?::(-?\d*))?\]$/.exec(part);
  if (subscript) return subscripted(subscript, inventory, source);
  if (/[*?]/.test(part)) return named(inventory, globTest(part));
  return inventory.groups.get(part)?.hosts ?? (inventory.hosts.has(part) ? [part] : undefined);
}

/** Hosts whose own name, or a group of theirs, passes the test. */
function named(inventory: Inventory, test: (name: string) => boolean): readonly string[] | undefined {
  const groups = [...inventory.groups.values()].filter(({ name }) => test(name));
  const hosts = [...inventory.hosts.keys()].filter((name) => test(name) || groups.some((group) => group.hosts.includes(name)));
  return hosts.length > 0 ? hosts : undefined;
}

/** `web[0]`, `web[0:2]` (both ends count), `web[1:]`, `web[-1]`. */
function subscripted([, name = '', from = '', to]: RegExpExecArray, inventory: Inventory, source: Source | undefined): readonly string[] | undefined {
  const hosts = matchPart(name, inventory, source);
  if (!hosts) return undefined;
  if (to === undefined) return hosts.slice(Number(from), Number(from) === -1 ? undefined : Number(from) + 1);
  const end = to === '' || to === '-1' ? undefined : Number(to) + 1;
  return hosts.slice(Number(from), end);
}

function regexTest(text: string, source: Source | undefined): (name: string) => boolean {
  const regex = compiled(text, source);
  return (name) => {
    try {
      return inBoundedTime(() => regex.test(name));
    } catch (error) {
      if (error instanceof SlowPatternError) throw InputError.of(`the pattern ~${text} ${error.message}`, source);
      throw error;
    }
  };
}

function compiled(text: string, source: Source | undefined): RegExp {
  try {
    // As Python's re.match: from the beginning of the name.
    return new RegExp(`^(?:${text})`);
  } catch (error) {
    throw InputError.of(
      `the pattern ~${text} is no regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`,
      source,
    );
  }
}

function globTest(glob: string): (name: string) => boolean {
  const source = glob
    .replaceAll(/[.+^${}()|\\[\]]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const regex = new RegExp(`^${source}$`);
  return (name) => regex.test(name);
}
