import type { Value, Vars } from '../values/vars.ts';
import type { LoopControl } from './play.ts';

/** The names that a loop sets. */
export function loopNames({ loopVar, indexVar, extended }: LoopControl): readonly string[] {
  return [loopVar, ...(indexVar === undefined ? [] : [indexVar]), ...(extended ? ['ansible_loop'] : [])];
}

/** What a loop sets for the item at `index`: the item, its number, and with `extended` what `ansible_loop` holds in Ansible. */
export function loopVars(items: readonly Value[], index: number, { loopVar, indexVar, extended }: LoopControl): Vars {
  return {
    [loopVar]: items[index] ?? null,
    ...(indexVar !== undefined && { [indexVar]: index }),
    ...(extended && { ansible_loop: placeOf(items, index) }),
  };
}

function placeOf(items: readonly Value[], index: number): Vars {
  const { length } = items;
  const [before, after] = [items[index - 1], items[index + 1]];
  return {
    allitems: items,
    index: index + 1,
    index0: index,
    revindex: length - index,
    revindex0: length - index - 1,
    first: index === 0,
    last: index === length - 1,
    length,
    ...(index > 0 && before !== undefined && { previtem: before }),
    ...(after !== undefined && { nextitem: after }),
  };
}
