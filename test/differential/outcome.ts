/** What a task came to on a host, as both tools say it. */
export interface Outcome {
  readonly host: string;
  readonly task: string;
  readonly module: string;
  readonly status: string;
  readonly message: unknown;
  /** The statuses of the items of a loop. */
  readonly items: readonly string[];
}

/** The status of a task that Ansible does nothing for in check mode. */
export const unforeseen = 'unforeseen';

/** One call of a tool. */
export interface Called {
  readonly outcomes: readonly Outcome[];
  readonly hasSucceeded: boolean;
  /** What it said that is no outcome: why it did not run, for a person. */
  readonly said: string;
}
