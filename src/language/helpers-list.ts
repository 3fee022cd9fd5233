import { isMapping, type Value } from '../values/vars.ts';
import { compare, equal, HelperError, identity, isTruthy, list, mapping, number, text } from './coerce.ts';
import { type Helpers, most } from './helper.ts';

/** Helpers that take or give lists and mappings. */
export const listHelpers: Helpers = {
  length: {
    usage: 'length VALUE',
    summary: 'How many items, entries or characters the value has.',
    example: ['length names', 2],
    arity: [1, 1],
    run: ([value]) => length(value),
  },
  first: {
    usage: 'first LIST',
    summary: 'The first item.',
    example: ['first names', 'web1'],
    arity: [1, 1],
    run: ([items]) => item(list(items), 0),
    keeps: true,
  },
  last: {
    usage: 'last LIST',
    summary: 'The last item.',
    example: ['last names', 'db1'],
    arity: [1, 1],
    run: ([items]) => item(list(items), -1),
    keeps: true,
  },
  sort: {
    usage: 'sort LIST',
    summary: 'The items in order: numbers by size, text by code point.',
    example: ['sort sizes', [2, 3, 10]],
    arity: [1, 1],
    run: ([items]) => [...list(items)].sort(compare),
    keeps: true,
  },
  reverse: {
    usage: 'reverse LIST',
    summary: 'The items in the opposite order.',
    example: ['reverse names', ['db1', 'web1']],
    arity: [1, 1],
    run: ([items]) => list(items).toReversed(),
    keeps: true,
  },
  min: { usage: 'min LIST', summary: 'The least item.', example: ['min sizes', 2], arity: [1, 1], run: ([items]) => least(list(items), 1) },
  max: { usage: 'max LIST', summary: 'The greatest item.', example: ['max sizes', 10], arity: [1, 1], run: ([items]) => least(list(items), -1) },
  sum: {
    usage: 'sum LIST',
    summary: 'All numbers of the list together.',
    example: ['sum sizes', 15],
    arity: [1, 1],
    run: ([items]) => list(items).reduce<number>((sum, value) => sum + number(value), 0),
  },
  concat: {
    usage: 'concat VALUE…',
    summary: 'All values as one text; lists as one list.',
    example: ['concat name ":" port', 'web1:8008'],
    arity: [1, most],
    run: (args) => (args.every(Array.isArray) ? args.flat() : args.map(text).join('')),
    keeps: true,
  },
  flatten: {
    usage: 'flatten LIST',
    summary: 'The items of all lists in the list, however deep, as one list.',
    example: ['flatten (pluck users "keys")', ['k1', 'k2']],
    arity: [1, 1],
    run: ([items]) => flattened(list(items)),
    keeps: true,
  },
  unique: {
    usage: 'unique LIST',
    summary: 'The items without those that came before.',
    example: ['unique (concat names names)', ['web1', 'db1']],
    arity: [1, 1],
    run: ([items]) => unique(list(items)),
    keeps: true,
  },
  union: {
    usage: 'union LIST LIST',
    summary: 'What is in one of the lists, each once.',
    example: ['union names (split "db1 db2")', ['web1', 'db1', 'db2']],
    arity: [2, 2],
    run: ([one, other]) => unique([...list(one), ...list(other)]),
    keeps: true,
  },
  intersect: {
    usage: 'intersect LIST LIST',
    summary: 'What is in both lists, each once.',
    example: ['intersect names (split "db1 db2")', ['db1']],
    arity: [2, 2],
    run: ([one, other]) => unique(list(one)).filter(isIn(list(other))),
    keeps: true,
  },
  difference: {
    usage: 'difference LIST LIST',
    summary: 'What is in the first list and not in the second, each once.',
    example: ['difference names (split "db1 db2")', ['web1']],
    arity: [2, 2],
    run: ([one, other]) => {
      const isThere = isIn(list(other));
      return unique(list(one)).filter((value) => !isThere(value));
    },
    keeps: true,
  },
  pluck: {
    usage: 'pluck LIST KEY',
    summary: 'The value that KEY has in each mapping of the list.',
    example: ['pluck users "name"', ['alice', 'bob']],
    arity: [2, 2],
    run: ([items, key]) => list(items).map((one) => entry(one, text(key))),
    keeps: true,
  },
  where: {
    usage: 'where LIST KEY [VALUE]',
    summary: 'Those mappings of the list in which KEY has this value; without VALUE, in which it counts as true.',
    example: ['pluck (where users "admin") "name"', ['alice']],
    arity: [2, 3],
    run: ([items, key, value]) => list(items).filter((one) => isSuch(one, text(key), value)),
    keeps: true,
  },
  where_not: {
    usage: 'where_not LIST KEY [VALUE]',
    summary: 'The other mappings: those that `where` leaves out.',
    example: ['pluck (where_not users "name" "alice") "name"', ['bob']],
    arity: [2, 3],
    run: ([items, key, value]) => list(items).filter((one) => !isSuch(one, text(key), value)),
    keeps: true,
  },
  subelements: {
    usage: 'subelements LIST KEY',
    summary: 'For each item of the list that KEY holds in each mapping: a list of the mapping and that item.',
    example: ['length (subelements users "keys")', 2],
    arity: [2, 2],
    run: ([items, key]) => list(items).flatMap((one) => list(entry(one, text(key))).map((inner): Value => [one, inner])),
    keeps: true,
  },
  keys: {
    usage: 'keys MAPPING',
    summary: 'The keys as a list.',
    example: ['keys limits', ['cpu', 'memory']],
    arity: [1, 1],
    run: ([value]) => Object.keys(mapping(value)),
    keeps: true,
  },
  values: {
    usage: 'values MAPPING',
    summary: 'The values as a list.',
    example: ['values limits', [2, 512]],
    arity: [1, 1],
    run: ([value]) => Object.values(mapping(value)),
    keeps: true,
  },
  merge: {
    usage: 'merge MAPPING…',
    summary: 'One mapping of all entries; later ones win.',
    example: ['keys (merge limits (first users))', ['cpu', 'memory', 'name', 'admin', 'keys']],
    arity: [1, most],
    run: (args) => Object.fromEntries(args.flatMap((value) => Object.entries(mapping(value)))),
    keeps: true,
  },
  merge_recursive: {
    usage: 'merge_recursive MAPPING…',
    summary: 'As `merge`, but a mapping of a later one is merged into that of an earlier one, entry by entry; lists are replaced.',
    example: ['merge_recursive limits (first users)', { cpu: 2, memory: 512, name: 'alice', admin: true, keys: ['k1', 'k2'] }],
    arity: [1, most],
    run: (args) => args.map(mapping).reduce(mergedRecursively),
    keeps: true,
  },
  dict2items: {
    usage: 'dict2items MAPPING',
    summary: 'The entries as a list of mappings with `key` and `value`, to loop over.',
    example: ['pluck (dict2items limits) "key"', ['cpu', 'memory']],
    arity: [1, 1],
    run: ([value]) => Object.entries(mapping(value)).map(([key, one]) => ({ key, value: one })),
    keeps: true,
  },
  items2dict: {
    usage: 'items2dict LIST',
    summary: 'The opposite of `dict2items`.',
    example: ['items2dict (dict2items limits)', { cpu: 2, memory: 512 }],
    arity: [1, 1],
    run: ([items]) => Object.fromEntries(list(items).map((one) => [text(entry(one, 'key')), entry(one, 'value')])),
  },
  contains: {
    usage: 'contains LIST VALUE',
    summary: 'Whether a list has the value, a mapping the key, a text the part.',
    example: ['contains names "web1"', true],
    arity: [2, 2],
    run: ([within, value]) => contains(within, value),
    inConditions: 'value in list, key in mapping, text.contains(part)',
  },
};

function mergedRecursively(before: { readonly [key: string]: Value }, later: { readonly [key: string]: Value }): { readonly [key: string]: Value } {
  const merged = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(later)) {
    const other = merged.get(key);
    merged.set(key, isMapping(other) && isMapping(value) ? mergedRecursively(other, value) : value);
  }
  return Object.fromEntries(merged);
}

function flattened(items: readonly Value[]): readonly Value[] {
  return items.flatMap((value): readonly Value[] => (Array.isArray(value) ? flattened(value) : [value]));
}

function item(items: readonly Value[], index: number): Value {
  const found = items.at(index);
  if (found === undefined) throw new HelperError('the list is empty');
  return found;
}

/** @param sign 1 for the least item, -1 for the greatest. */
function least(items: readonly Value[], sign: 1 | -1): Value {
  return items.reduce<Value>((best, value) => (compare(value, best) * sign < 0 ? value : best), item(items, 0));
}

function length(value: Value | undefined): number {
  if (Array.isArray(value)) return value.length;
  if (isMapping(value)) return Object.keys(value).length;
  // A pair of surrogates is one character.
  return text(value).replaceAll(/[\ud800-\udbff][\udc00-\udfff]/g, '_').length;
}

function contains(within: Value | undefined, value: Value | undefined): boolean {
  if (Array.isArray(within)) return within.some((other) => equal(other, value));
  return isMapping(within) ? Object.hasOwn(within, text(value)) : text(within).includes(text(value));
}

/** In time that grows with the length only: the list may be the lines of a host. */
function unique(items: readonly Value[]): readonly Value[] {
  const seen = new Set<string>();
  return items.filter((value) => {
    const name = identity(value);
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

function isIn(items: readonly Value[]): (value: Value) => boolean {
  const all = new Set(items.map(identity));
  return (value) => all.has(identity(value));
}

function entry(value: Value, key: string): Value {
  const of = mapping(value);
  const found = Object.hasOwn(of, key) ? of[key] : undefined;
  if (found === undefined) throw new HelperError(`a mapping of the list has no key "${key}"`);
  return found;
}

/** A mapping without the key is none of those. */
function isSuch(one: Value, key: string, value: Value | undefined): boolean {
  const of = mapping(one);
  const found = Object.hasOwn(of, key) ? of[key] : undefined;
  return value === undefined ? isTruthy(found) : found !== undefined && equal(found, value);
}
