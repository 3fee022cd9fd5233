import type { Change, Part } from '../values/change.ts';
import type { Output } from '../values/command.ts';
import { unifiedDiff } from '../values/unified-diff.ts';
import type { ShownChange, Status, TaskOutcome } from './event.ts';

/** What a task says about how it is to be shown. */
export interface ShownWords {
  /** `no_log`: neither texts, nor differences, nor output. */
  readonly isHidden: boolean;
  readonly showDiff: boolean;
  readonly durationMs: () => number;
}

interface Facts {
  readonly status: Status;
  readonly message?: string;
  readonly hint?: string;
  readonly changes: readonly Change[];
  readonly outputs: readonly Output[];
}

/** The outcome of an item as events carry it: differences as text, secrets of a change masked, everything hidden under `no_log`. */
export async function shown(words: ShownWords, facts: Facts): Promise<TaskOutcome> {
  const base = { status: facts.status, durationMs: words.durationMs() };
  if (words.isHidden) return { ...base, changes: [], ...(facts.message !== undefined && { message: 'not shown, as no_log is set' }) };
  const output = facts.outputs.at(-1);
  return {
    ...base,
    changes: await Promise.all(facts.changes.flatMap((change) => change.parts ?? [change]).map((part) => shownPart(part, words.showDiff))),
    ...(facts.message !== undefined && { message: facts.message }),
    ...(facts.hint !== undefined && { hint: facts.hint }),
    ...(output && { output: { rc: output.rc, stdout: output.stdout, stderr: output.stderr } }),
  };
}

async function shownPart(part: Part, showDiff: boolean): Promise<ShownChange> {
  const diff = showDiff ? part.diff : undefined;
  return { summary: part.summary, ...(diff && { diff: await unifiedDiff(diff) }) };
}
