// What differs between what Ansible and homerun did: sentences that hold nothing that changes from run to run, and details for a person. Pure.

import { type Tool, tools } from './cases.ts';
import { type Outcome, unforeseen } from './outcome.ts';
import type { Snapshot } from './snapshot.ts';

export interface Difference {
  /** The same in every run that finds it, so that a declared one can be known again. */
  readonly line: string;
  readonly details: readonly string[];
}

export type Both<T> = Readonly<Record<Tool, T>>;

/** Compares what the tasks of a case came to, one after another. @param where such as `check run` */
export function compareOutcomes(where: string, outcomes: Both<readonly Outcome[]>): Difference[] {
  const count = Math.max(outcomes.ansible.length, outcomes.homerun.length);
  const differences: Difference[] = [];
  for (let index = 0; index < count; index++) {
    const [ansible, homerun] = [outcomes.ansible[index], outcomes.homerun[index]];
    const [left, right] = [words(ansible), words(homerun)];
    const isUnforeseen = ansible?.status === unforeseen && homerun !== undefined;
    // What a failure leads to is then unforeseen as well.
    if (isUnforeseen && homerun.status === 'failed') break;
    if ((left === right || isUnforeseen) && ansible?.task === homerun?.task) continue;
    const task = ansible?.task ?? homerun?.task ?? '';
    const names = ansible && homerun && ansible.task !== homerun.task ? `${ansible.task} / ${homerun.task}` : task;
    differences.push({ line: `${where}, ${names}: ansible ${left}, homerun ${right}`, details: messages({ ansible, homerun }) });
  }
  return differences;
}

function words(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'nothing';
  const { module, status, items, message } = outcome;
  const ofItems = items.length > 0 ? ` [${items.join(' ')}]` : '';
  const said = module === 'debug' && status === 'ok' && items.length === 0 ? ` ${JSON.stringify(sorted(parsed(message)))}` : '';
  return `${status}${ofItems}${said}`;
}

/** homerun shows a value as the text of its JSON, Ansible as the value: both as the value. */
function parsed(message: unknown): unknown {
  if (typeof message !== 'string') return message;
  try {
    return JSON.parse(message) as unknown;
  } catch {
    return message;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

function messages(outcomes: Both<Outcome | undefined>): string[] {
  return tools.flatMap((tool) => {
    const message = outcomes[tool]?.message;
    return message === undefined || message === null ? [] : [`${tool} says: ${typeof message === 'string' ? message : JSON.stringify(message)}`];
  });
}

/** Compares what is on the hosts. @param where such as `after the first run` */
export function compareSnapshots(where: string, { ansible, homerun }: Both<Snapshot>): Difference[] {
  const names = [...new Set([...ansible.keys(), ...homerun.keys()])].sort();
  return names.flatMap((name) => {
    const [left, right] = [ansible.get(name) ?? 'nothing', homerun.get(name) ?? 'nothing'];
    if (left === right) return [];
    return name === 'look'
      ? [{ line: `${where}, look differs`, details: [`ansible: ${left}`, `homerun: ${right}`] }]
      : [{ line: `${where}, ${name}: ansible ${left}, homerun ${right}`, details: [] }];
  });
}

/** What a check run must not do. */
export function compareUntouched(before: Snapshot, after: Snapshot): Difference[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changed = names.filter((name) => before.get(name) !== after.get(name));
  return changed.length === 0 ? [] : [{ line: `the check run of homerun has changed: ${changed.join(', ')}`, details: [] }];
}
