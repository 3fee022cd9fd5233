import type { Question } from '../questions/question.ts';
import { overlaps, type Resource } from '../values/resource.ts';

/** What is known of one question: the host's words and what they mean, or why they could not be understood. */
export type Known =
  | {
      readonly part: string;
      readonly answer: unknown;
      readonly reads: readonly Resource[];
      /** What it reads has several names on the host, all of which are in `reads`. */
      readonly hasAliases?: boolean;
    }
  | {
      readonly error: string;
      /** What to do. */
      readonly hint?: string;
      readonly reads: readonly Resource[];
      /** The answer was spoilt for all that were asked in one process: any of them may be at fault. Asked alone, it is known which. */
      readonly isShared?: boolean;
    };

/**
 * What has been asked of one host and is still true. Answers belong to the identity that asked (root sees more than others),
 * but a change makes stale what anybody read.
 */
export class Answers {
  readonly #known = new Map<string, Known>();
  /** For each asking that is under way: what has been written since it began. */
  readonly #underWay = new Set<Resource[]>();

  get(identity: string, question: Question): Known | undefined {
    return this.#known.get(key(identity, question));
  }

  set(identity: string, question: Question, known: Known): void {
    this.#known.set(key(identity, question), known);
  }

  delete(identity: string, question: Question): void {
    this.#known.delete(key(identity, question));
  }

  /**
   * Forgets every answer that a write may have changed. A path that is an alias of something read under another name (a link), or lies
   * below one, is followed: what reads the one is also taken to read the other.
   */
  invalidate(writes: readonly Resource[]): void {
    const all = this.spread(writes);
    for (const written of this.#underWay) written.push(...all);
    for (const [id, known] of this.#known) {
      if (all.some((written) => known.reads.some((read) => overlaps(written, read)))) this.#known.delete(id);
    }
  }

  clear(): void {
    this.#known.clear();
  }

  /** The same writes with what else they may change: what is read under several names, one of which is written. */
  spread(writes: readonly Resource[]): readonly Resource[] {
    return [...writes, ...this.#aliasesOf(writes)];
  }

  /**
   * Notes what is written from now on, by whoever else is at the host in a shell of its own: an answer that arrives afterwards may be from before.
   * @returns ends that, and gives what was written.
   */
  beginAsking(): () => readonly Resource[] {
    const written: Resource[] = [];
    this.#underWay.add(written);
    return () => {
      this.#underWay.delete(written);
      return written;
    };
  }

  /** Forgets those of these answers that something written may have changed. */
  forget(asked: readonly { readonly identity: string; readonly question: Question }[], written: readonly Resource[]): void {
    if (written.length === 0) return;
    for (const { identity, question } of asked) {
      const reads = this.get(identity, question)?.reads ?? [];
      if (written.some((one) => reads.some((read) => overlaps(one, read)))) this.delete(identity, question);
    }
  }

  #aliasesOf(writes: readonly Resource[]): readonly Resource[] {
    const found: Resource[] = [];
    for (const known of this.#known.values()) {
      const { reads } = known;
      if ('hasAliases' in known && known.hasAliases && writes.some((written) => written !== '*' && reads.some((read) => overlaps(written, read))))
        found.push(...reads);
    }
    return found;
  }
}

function key(identity: string, question: Question): string {
  return `${identity} ${question.id}`;
}
