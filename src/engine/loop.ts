import type { Vars } from '../values/vars.ts';
import type { Status, TaskOutcome } from './event.ts';
import type { ItemResult } from './task.ts';

const worstFirst: readonly Status[] = ['unreachable', 'failed', 'changed', 'ok', 'skipped'];

/** What a loop as a whole came to: failed if an item failed, changed if one changed, skipped if all were. */
export function loopOutcome(items: readonly TaskOutcome[]): TaskOutcome {
  const status = worstFirst.find((one) => items.some((item) => item.status === one)) ?? 'skipped';
  const worst = items.find((item) => item.status === status);
  const message = status === 'failed' || status === 'unreachable' ? worst?.message : items.length === 0 ? 'the loop has no items' : undefined;
  return {
    status,
    changes: [],
    durationMs: items.reduce((sum, item) => sum + item.durationMs, 0),
    ...(message !== undefined && { message }),
    ...(worst?.hint !== undefined && status === 'failed' && { hint: worst.hint }),
    ...(worst?.output && status === 'failed' && { output: worst.output }),
  };
}

/** What `register` gives for a loop: `results`, an entry an item with its value under the loop's variable, as in Ansible. */
export function loopRegistered(items: readonly { readonly vars: Vars; readonly result: ItemResult }[]): Vars {
  const { status, message } = loopOutcome(items.map((one) => one.result.outcome));
  return {
    results: items.map(({ vars, result }) => ({ ...result.registered, ...vars })),
    changed: items.some(({ result }) => result.outcome.status === 'changed'),
    failed: status === 'failed' || status === 'unreachable',
    skipped: status === 'skipped',
    ...(message !== undefined && { msg: message }),
  };
}
