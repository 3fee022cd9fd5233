import type { Command } from './command.ts';
import type { Resource } from './resource.ts';
import type { Secret, Text } from './secret.ts';

/** Text before and after a change. Absent text stands for a file that is not there. What is secret is masked when shown. */
export interface Diff {
  /** What differs: a path, or what a person would call it. */
  readonly label: string;
  readonly before?: Text;
  readonly after?: Text;
  /** Values inside the texts that must be shown as `***` (a Secret text is masked whole where nothing finer is known). */
  readonly secrets?: readonly Secret[];
}

/** One intended difference on a host: what a person reads, what is run, what it touches. */
export interface Change {
  /** Imperative, without a full stop: `start nginx.service`. Never holds a secret. */
  readonly summary: string;
  readonly diff?: Diff;
  /** Run in order; the first that ends with a code not among its okCodes stops the task. */
  readonly commands: readonly Command[];
  /** What the commands may touch; `['*']` whenever code of others runs (a package's scripts, a service's start). */
  readonly writes: readonly Resource[];
  /** There is no state to compare with (`command`, `shell`): done is done, asking again proves nothing. */
  readonly opaque?: true;
  /** The rest can only be planned after this (generate, then merge): ask and plan once more instead of verifying. */
  readonly staged?: true;
}
