import type { Source } from '../values/errors.ts';
import type { Costs } from './account.ts';

export type Status = 'ok' | 'changed' | 'skipped' | 'failed' | 'unreachable';

/** Counters of a host, as Ansible's recap has them (`ok` includes `changed`), and its round trips after it was ready. */
export interface Recap {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
  readonly skipped: number;
  readonly rescued: number;
  readonly ignored: number;
  readonly trips: number;
  /** What it cost, phase by phase; absent for a host that was not needed. */
  readonly phases?: Costs;
}

/** A change as it is shown: already masked. */
export interface ShownChange {
  readonly summary: string;
  /** Unified diff. */
  readonly diff?: string;
}

/** What a task, or one item of its loop, came to on one host. Already masked; text of hosts may still hold control characters. */
export interface TaskOutcome {
  readonly status: Status;
  /** Why, for a failed, skipped or unreachable one; the text of `debug`. */
  readonly message?: string;
  readonly hint?: string;
  readonly changes: readonly ShownChange[];
  /** What the commands printed, for -v and for failures. */
  readonly output?: { readonly rc: number; readonly stdout: string; readonly stderr: string };
  /** The failure does not count: `ignore_errors`, or a rescue followed. */
  readonly ignored?: boolean;
  readonly durationMs: number;
}

export interface TaskEvent extends TaskOutcome {
  readonly event: 'task' | 'handler';
  readonly host: string;
  readonly play: string;
  readonly task: string;
  readonly source: Source;
  readonly module: string;
  readonly check: boolean;
  /** For a loop: an entry an item, in order. */
  readonly items?: readonly (TaskOutcome & { readonly item: string })[];
}

/** All that happens in a run, in the order it happens for each host. Reports are made from these alone. */
export type RunEvent =
  | { readonly event: 'run_start'; readonly plays: readonly string[]; readonly hosts: readonly string[]; readonly check: boolean }
  /** What is doubtful in the user's files or, with `host`, about a host; the run goes on. */
  | { readonly event: 'warning'; readonly message: string; readonly source?: Source; readonly host?: string; readonly hint?: string }
  | { readonly event: 'play_start'; readonly play: string; readonly hosts: readonly string[] }
  | {
      readonly event: 'host_connecting';
      readonly host: string;
      /** Where to, for people: the address and port. */
      readonly address: string;
    }
  /** `trips`: answers that were waited for until then, after the TCP connection was open. */
  | { readonly event: 'host_ready'; readonly host: string; readonly rtt_ms: number; readonly trips: number }
  | { readonly event: 'host_unreachable'; readonly host: string; readonly message: string; readonly hint?: string }
  | { readonly event: 'task_start'; readonly host: string; readonly play: string; readonly task: string; readonly handler: boolean }
  | {
      readonly event: 'retry';
      readonly host: string;
      readonly task: string;
      readonly message: string;
      readonly attempt: number;
      readonly retries: number;
    }
  | TaskEvent
  | { readonly event: 'recap'; readonly hosts: { readonly [host: string]: Recap }; readonly exit_code: number };

export type Emit = (event: RunEvent) => void;
