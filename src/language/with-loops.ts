import { InputError } from '../values/errors.ts';
import { isMapping, type Value } from '../values/vars.ts';
import { describe } from './describe.ts';
import type { Expression } from './expression.ts';
import { sequenceOf } from './with-sequence.ts';

type List = readonly Value[];

/** Ansible's older words for a loop, each with the list that it makes of its value. */
const loops: Readonly<Record<string, (value: Value, what: Expression) => List>> = {
  with_list: (value) => listed(value),
  with_items: (value) => flattened(value),
  with_flattened: (value) => flattenedDeep(value),
  with_indexed_items: (value) => flattened(value).map((item, index) => [index, item]),
  with_dict: (value, what) => listed(value).flatMap((one) => entriesOf(one, what)),
  with_nested: (value) => product(listed(value).map(listed)),
  with_cartesian: (value) => product(listed(value).map(listed)),
  with_together: (value) => together(listed(value).map(listed)),
  with_sequence: (value, what) => listed(value).flatMap((one) => sequenceOf(String(one), what)),
  with_subelements: (value, what) => subelements(listed(value), what),
};

/** The words that stand for `loop` with a list made of their value. */
export const withWords: readonly string[] = Object.keys(loops);

/** The loop that `word` with this value means, as in Ansible. */
export function withLoop(word: string, value: Expression): Expression {
  const { entries: _, written: __, ...rest } = value;
  return { ...rest, evaluate: (scope) => loops[word]?.(value.evaluate(scope), value) ?? [] };
}

function listed(value: Value): List {
  return Array.isArray(value) ? (value as List) : [value];
}

/** Lists within the list are taken apart, those within them are not. */
function flattened(value: Value): List {
  return listed(value).flatMap(listed);
}

function flattenedDeep(value: Value): List {
  return Array.isArray(value) ? (value as List).flatMap(flattenedDeep) : [value];
}

function entriesOf(value: Value, { source }: Expression): List {
  if (isMapping(value)) return Object.entries(value).map(([key, one]) => ({ key, value: one }));
  throw InputError.of(`with_dict wants a mapping, got ${describe(value)}`, source, 'Its items are {key: …, value: …}. For a list write loop.');
}

/** Each choice of one item of every list, the last list being gone through first. */
function product(lists: readonly List[]): List {
  if (lists.length === 0) return [];
  return lists.reduce<readonly List[]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, ...listed(item)])), [[]]);
}

/** The first items of all lists, then the second ones; what is not there is null. */
function together(lists: readonly List[]): List {
  const length = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length }, (_, index) => lists.map((list) => list[index] ?? null));
}

/** `[LIST, KEY]`: each mapping of the list with each item of its list KEY; with `{skip_missing: true}` without those that lack it. */
function subelements([list, key, options]: List, { source }: Expression): List {
  const all = isMapping(list) ? Object.values(list) : list;
  if (!Array.isArray(all) || typeof key !== 'string')
    throw InputError.of('with_subelements wants a list of mappings and the name of a key', source, 'Write [ "{{ users }}", keys ].');
  const mayLack = isMapping(options) && options['skip_missing'] === true;
  return (all as List).flatMap((one) => {
    const inner = key.split('.').reduce<Value | undefined>((at, part) => (isMapping(at) ? at[part] : undefined), one);
    if (Array.isArray(inner)) return (inner as List).map((item) => [one, item]);
    if (mayLack && inner === undefined) return [];
    throw InputError.of(
      `with_subelements: "${key}" of an item is no list`,
      source,
      'Add {skip_missing: true} as a third item for those that lack it.',
    );
  });
}
