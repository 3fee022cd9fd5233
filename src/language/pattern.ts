import { isIPv6 } from 'node:net';
import { InputError, type Source } from '../values/errors.ts';
import { inBoundedTime, SlowPatternError } from '../values/regex.ts';
import type { Inventory } from './inventory.ts';
import { didYouMean } from './nearest.ts';

/** The hosts that a pattern takes. */
export interface Matched {
  /** Each once, in the order of the pattern's parts, within a part in that of the group or inventory. */
  readonly hosts: readonly string[];
  /** Parts that match no host or group, with a hint. */
  readonly strays: readonly { readonly part: string; readonly hint: string | undefined }[];
}

/**
 * Ansible's patterns: `all`, `*`, names of hosts and groups, `h*`, `h[ab]?`, `~regex`, `web[0]`, `web[0:2]`; several joined by `:` or `,`, of
 * which those with `&` narrow and those with `!` take away, wherever they stand.
 * @throws InputError for a pattern that is not written right, and for a number that a group has no host of.
 */
export function matchPattern(pattern: string, inventory: Inventory, source?: Source): Matched {
  return matchParts(splitPattern(pattern), inventory, source);
}

/** As `matchPattern`, of a pattern that is taken apart. */
export function matchParts(parts: readonly string[], inventory: Inventory, source?: Source): Matched {
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

/**
 * The parts of a pattern: between commas, colons and spaces that are not within brackets or part of an IPv6 address. A `~regex` may hold
 * colons where parts are joined by commas, as in Ansible.
 */
export function splitPattern(pattern: string): readonly string[] {
  const byComma = pattern.split(',').map((part) => part.trim());
  const isWhole = (part: string) => isIPv6(part.replace(/^[&!]/, '')) || (byComma.length > 1 && /^[&!]?~/.test(part));
  return byComma.flatMap((part) => (isWhole(part) ? [part] : (part.match(/(?:\[[^\]]*\]|[^\s:[\]])+/g) ?? []))).filter((part) => part !== '');
}

function matchPart(part: string, inventory: Inventory, source: Source | undefined): readonly string[] | undefined {
  if (inventory.hosts.has(part)) return [part];
  if (part === 'all') return inventory.order;
  if (part === 'ungrouped') return inventory.order.filter((name) => inventory.hosts.get(name)?.groups.length === 0);
  if (part.startsWith('~')) return named(inventory, regexTest(part.slice(1), source));
  const subscript = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(part);
  if (subscript) return subscripted(subscript, inventory, source);
  if (/[*?[]/.test(part)) return named(inventory, globTest(part));
  return inventory.groups.get(part)?.hosts ?? (part === inventory.thisMachine?.name ? [part] : undefined);
}

/** Hosts of the groups whose name passes the test, then those whose own name does. */
function named(inventory: Inventory, test: (name: string) => boolean): readonly string[] | undefined {
  const all = test('all') ? inventory.order : [];
  const ungrouped = test('ungrouped') ? inventory.order.filter((name) => inventory.hosts.get(name)?.groups.length === 0) : [];
  const groups = [...inventory.groups.values()].filter(({ name }) => test(name));
  const hosts = [...new Set([...all, ...ungrouped, ...groups.flatMap((group) => group.hosts), ...[...inventory.hosts.keys()].filter(test)])];
  return hosts.length > 0 || groups.length > 0 ? hosts : undefined;
}

/** `web[0]`, `web[-1]`, `web[0:2]` (both ends count), `web[1:]`. */
function subscripted(match: RegExpExecArray, inventory: Inventory, source: Source | undefined): readonly string[] | undefined {
  const [part, name = '', index, from, to] = match;
  const hosts = matchPart(name, inventory, source);
  if (!hosts || hosts.length === 0) return hosts;
  if (index === undefined) return hosts.slice(Number(from), to === '' ? undefined : Number(to) + 1);
  const host = hosts.at(Number(index));
  if (host !== undefined) return [host];
  throw InputError.of(
    `"${part}" asks for a host that "${name}" does not have`,
    source,
    `It has ${hosts.length}: [0] to [${hosts.length - 1}], or [-1] for the last.`,
  );
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
      'A colon ends it, as in Ansible; put a comma behind one that has colons in it.',
    );
  }
}

/** As Python's fnmatch: `*`, `?`, `[abc]`, `[a-c]`, `[!abc]`. */
function globTest(glob: string): (name: string) => boolean {
  const source = glob.replaceAll(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (character, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replaceAll(/[\\\]^[]/g, '\\$&')}]`;
    if (character === '*') return '.*';
    return character === '?' ? '.' : character.replace(/[.+^${}()|\\[\]/-]/, '\\$&');
  });
  const regex = new RegExp(`^${source}$`);
  return (name) => regex.test(name);
}
