import type { Walk } from './check.ts';
import { holds, itemsOf, known } from './check-task.ts';
import type { Choice, Include, Item } from './play.ts';

/**
 * Checks an include on a host, and what it will include there. Where that is only known later, all that it may include is checked.
 * @param walkItems checks included tasks.
 */
export function checkInclude(include: Include, walk: Walk, walkItems: (items: readonly Item[], walk: Walk) => void): void {
  const found = walk.problems.of(walk.checked.host.name);
  const { registered } = walk.checked;
  const reached = new Set<Choice>();
  for (const item of itemsOf(include, walk, found)) {
    const scope = walk.scope(include, item);
    if (!holds(include, scope, found)) continue;
    const { state, value } = known({ ...include.wanted, evaluate: (at) => include.choose(include.wanted.evaluate(at)) }, scope, found);
    const isKnown = state === 'known' && value !== undefined;
    for (const choice of isKnown ? [value] : state === 'wrong' ? [] : include.choices) {
      reached.add(choice);
      if (choice.vars) walk.checked.renewed += 1;
      for (const [name, binding] of choice.vars?.bindings ?? []) registered.set(name, isKnown ? binding : { unknown: true });
      walkItems(choice.items, item ? { ...walk, frame: item } : walk);
    }
  }
  // What is not included registers nothing, yet a condition on it may stand before whatever reads it.
  for (const choice of include.choices)
    if (!reached.has(choice)) for (const name of registersOf(choice.items)) registered.set(name, registered.get(name) ?? { unknown: true });
}

/** The names that tasks register. */
function registersOf(items: readonly Item[]): readonly string[] {
  return items.flatMap((item) => {
    if (item.kind === 'task') return item.register ?? [];
    if (item.kind === 'include') return item.choices.flatMap((choice) => registersOf(choice.items));
    return item.kind === 'block' ? registersOf([...item.block, ...item.rescue, ...item.always]) : [];
  });
}
