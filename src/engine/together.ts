import type { Step, StepResult } from '../remote/session.ts';
import type { Change } from '../values/change.ts';
import type { Command } from '../values/command.ts';
import { overlaps, type Resource } from '../values/resource.ts';
import { revealed } from '../values/secret.ts';
import { isStream } from '../values/stream.ts';
import { guardStep } from './batch.ts';
import { type Driven, drive } from './drive.ts';
import type { Invocation, LoopItem } from './invocation.ts';
import type { Target } from './target.ts';

export type Done = Extract<Driven, { state: 'done' }>;

/** An invocation whose plan is not empty. */
export interface Work {
  readonly invocation: Invocation;
  readonly known: Done;
  readonly changes: readonly Change[];
}

/** The same as the steps of a trip: the guard, if there is one, then the commands. */
export interface Prepared extends Work {
  readonly hasGuard: boolean;
  readonly commands: readonly { readonly change: Change; readonly command: Command }[];
  readonly steps: readonly Step[];
}

/** The same once it was sent. */
export interface Applied extends Prepared {
  /** Those of its steps. */
  readonly results: readonly (StepResult | undefined)[];
}

/** The items of a loop that are still to come, for the one whose turn it is. */
export interface Companions {
  /** What the item whose turn it is had done for it in the trip of one before. */
  take(): Applied | undefined;
  /** The items after it in their order, as far as it can be told what they are; without those that have nothing to do. */
  next(): Iterable<{ readonly index: number; readonly invocation: Invocation }>;
  /** Keeps what was done for an item until its turn. */
  keep(index: number, applied: Applied): void;
}

/** Work that goes out together is at most so much of it, and so many bytes: a trip has an end within sight. */
const mostWork = 50;
const mostBytes = 2 ** 20;

export function prepare(work: Work): Prepared {
  const { invocation, known, changes } = work;
  const guard = guardStep(known.seen, invocation.identity.environment);
  const commands = changes.flatMap((change) => change.commands.map((command) => ({ change, command })));
  const steps = [...(guard ? [guard] : []), ...commands.map(({ command }) => stepOf(command, invocation))];
  return { ...work, hasGuard: guard !== undefined, commands, steps };
}

/**
 * The items of the loop that can be done in the trip of `first` as if each were done in its turn: what they read is known, and nobody among them writes
 * what another one reads or writes. The first that cannot ends the list, so that the order stays.
 */
export function companionsOf(first: Work, companions: Companions, { answers }: Target): readonly (Prepared & { readonly index: number })[] {
  if (!first.changes.every(isPlain)) return [];
  const { key } = first.invocation.identity;
  const found: (Prepared & { readonly index: number })[] = [];
  const read = [...readsOf(first.known)];
  const written = [...answers.spread(first.changes.flatMap((change) => change.writes))];
  let bytes = 0;
  for (const { index, invocation } of companions.next()) {
    if (invocation.identity.key !== key || found.length >= mostWork) break;
    const work = workOf(invocation, (question) => (question.kind.atTurn ? undefined : answers.get(key, question)));
    if (!work) break;
    const reads = readsOf(work.known);
    const writes = answers.spread(work.changes.flatMap((change) => change.writes));
    if (touches(written, reads) || touches(writes, read) || touches(writes, written) || !work.changes.every(isPlain)) break;
    read.push(...reads);
    written.push(...writes);
    if (work.changes.length === 0) continue;
    const prepared = prepare(work);
    bytes += prepared.steps.reduce((sum, step) => sum + sizeOf(step), 0);
    if (bytes > mostBytes) break;
    found.push({ ...prepared, index });
  }
  return found;
}

function workOf(invocation: Invocation, lookup: Parameters<typeof drive>[2]): Work | undefined {
  const { module, params, here } = invocation;
  try {
    const known = drive(module, params, lookup);
    return known.state === 'done' ? { invocation, known, changes: module.plan(params as never, known.answers as never, here) } : undefined;
  } catch {
    // Why is told when its turn has come.
    return undefined;
  }
}

/** Its commands are all there is to it, and it is known what they do. */
function isPlain({ commands, brings, adds, waitsSeconds, reconnects, opaque, uncounted, staged }: Change): boolean {
  const isMore = brings ?? adds ?? waitsSeconds ?? reconnects ?? opaque ?? uncounted ?? staged;
  return isMore === undefined && commands.length > 0 && commands.every(({ stdin, detached }) => !isStream(stdin) && detached !== true);
}

function readsOf({ seen }: Done): readonly Resource[] {
  return seen.flatMap(({ known }) => known.reads);
}

function touches(writes: readonly Resource[], others: readonly Resource[]): boolean {
  return writes.some((written) => others.some((other) => overlaps(written, other)));
}

function sizeOf({ script, stdin }: Step): number {
  if (stdin === undefined || isStream(stdin)) return script.length;
  return script.length + (stdin instanceof Uint8Array ? stdin : revealed(stdin)).length;
}

function stepOf(command: Command, { identity, timeoutSeconds = command.timeoutSeconds }: Invocation): Step {
  return {
    script: command.script,
    environment: identity.environment,
    ...(command.stdin !== undefined && { stdin: command.stdin }),
    ...(command.okCodes && { okCodes: command.okCodes }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(command.detached && { detached: command.detached }),
  };
}

/** What is known of a loop that is being done: by whom, and with which items. */
export interface Loop {
  readonly items: readonly LoopItem[];
  /** @returns what an item is to do; undefined where its conditions do not hold. @throws where that cannot be told */
  readonly invocationOf: (item: LoopItem) => Invocation | undefined;
}

/** Keeps, for each item of a loop, what was done for it before its turn. */
export class LoopCompanions {
  readonly #applied = new Map<number, Applied>();
  readonly #loop: Loop;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** For the item at `index`. */
  at(index: number): Companions {
    return {
      take: () => {
        const applied = this.#applied.get(index);
        this.#applied.delete(index);
        return applied;
      },
      keep: (other, applied) => this.#applied.set(other, applied),
      next: () => this.#after(index),
    };
  }

  /** Something was done for an item that has not had its turn. */
  get areWaiting(): boolean {
    return this.#applied.size > 0;
  }

  *#after(start: number): Generator<{ readonly index: number; readonly invocation: Invocation }> {
    for (let index = start + 1; index < this.#loop.items.length; index++) {
      const item = this.#loop.items[index];
      if (!item) return;
      let invocation: Invocation | undefined;
      try {
        invocation = this.#loop.invocationOf(item);
      } catch {
        // Why is told when its turn has come.
        return;
      }
      if (invocation) yield { index, invocation };
    }
  }
}
