import { isMapping, type Value } from '../../src/values/vars.ts';
import type { Playbook } from './play.ts';

/** The host that no play has where hosts are worked on side by side. */
const aside = 'h3';

/**
 * The playbook without what makes its end depend on how fast each host is, where hosts are worked on side by side: a task that one host does on
 * another, but for those that the first does for all on a host of no play, and what is done once where Ansible itself waits for nobody, in a
 * rescue or a handler.
 */
export function apart({ plays, included, ...rest }: Playbook): Playbook {
  return {
    ...rest,
    plays: plays.map((play) => {
      const { hosts, tasks, handlers, ...words } = play as Readonly<Record<string, Value>>;
      return {
        ...words,
        hosts: typeof hosts === 'string' && hosts !== 'all' ? hosts : 'web',
        tasks: all(tasks, true),
        handlers: all(handlers, false),
      };
    }),
    included: { low: all(included.low as Value, true), high: all(included.high as Value, true) },
  };
}

/** @param isOnTheWay whether each host that has not fallen out comes to the items, one after another. */
function all(items: Value | undefined, isOnTheWay: boolean): readonly object[] {
  return Array.isArray(items) ? items.filter(isMapping).map((item) => itemApart(item, isOnTheWay)) : [];
}

function itemApart({ run_once, delegate_to, block, rescue, always, ...words }: Readonly<Record<string, Value>>, isOnTheWay: boolean): object {
  // What a block says is said of its rescue too.
  const mayBeOnce = isOnTheWay && rescue === undefined && !JSON.stringify([block, always]).includes('"rescue"');
  const isOnce = mayBeOnce && run_once === true;
  const lists = { block: [block, isOnTheWay], rescue: [rescue, false], always: [always, isOnTheWay] } as const;
  return {
    ...words,
    ...(mayBeOnce && run_once !== undefined && { run_once }),
    ...(isOnce && delegate_to !== undefined && !block && { delegate_to: aside }),
    ...Object.fromEntries(Object.entries(lists).flatMap(([name, [list, isIn]]) => (list === undefined ? [] : [[name, all(list, isIn)]]))),
  };
}
