import type { Scope } from '../language/expression.ts';
import type { Handler, Meta, Play, Task } from '../language/play.ts';
import type { Module } from '../modules/module.ts';
import type { LocalEntry, LocalFile, LocalKind } from '../modules/params.ts';
import type { Output } from '../values/command.ts';
import type { Vars } from '../values/vars.ts';
import type { Emit } from './event.ts';
import type { HostRun } from './host.ts';
import type { Journal } from './journal.ts';
import type { Masker } from './mask.ts';
import type { RunRecord } from './run-record.ts';
import type { Placed, Selection } from './select.ts';
import type { Site } from './site.ts';
import type { Target } from './target.ts';
import type { Throttle } from './throttle.ts';
import type { WholeResult } from './whole-task.ts';

/** What all hosts of a run share. */
export interface RunContext {
  /** Every task of the run in the order of the walk, for looking ahead. */
  readonly order: readonly Placed[];
  /** Index in `order` by task id. */
  readonly positions: ReadonlyMap<string, number>;
  /** Index in `order` of the first task that runs; 0 without `--start-at-task`. */
  readonly startAt: number;
  readonly modules: ReadonlyMap<string, Module>;
  /** Those of `site`. */
  readonly hosts: ReadonlyMap<string, HostRun>;
  readonly site: Site;
  readonly check: boolean;
  readonly diff: boolean;
  /** Off: the naive interpreter, which asks for each task when its turn comes and for nothing else. */
  readonly prefetch: boolean;
  readonly selection: Selection;
  readonly masker: Masker;
  readonly emit: Emit;
  readonly journal: Journal;
  readonly record: RunRecord;
  readonly signal: AbortSignal;
  /** Reads (and renders) a file of the user's machine that a parameter names. */
  readonly readLocal: (kind: LocalKind, path: string, task: Task, scope: Scope) => LocalFile | LocalEntry;
  /** What a command's failure means, where that is known: full disk, no network, a clock that is wrong. `isOurs`: it is not the user's own. */
  readonly explain: (output: Output, isOurs: boolean) => { readonly message: string; readonly hint?: string } | undefined;
  /** How the host of a name is reached, its own or that of `delegate_to`. @throws InputError for a name that is none. */
  readonly targetOf: (name: string) => Target;
}

/** One batch of hosts in one play: what its hosts share until all are done. */
export interface PlayRun {
  readonly play: Play;
  readonly hosts: readonly HostRun[];
  /** Keeps the hosts that are at a task at once few enough. */
  readonly throttle: Throttle;
  /** The run is over for every host: `any_errors_fatal`, or too many failures. */
  isFatal: boolean;
  /** The `end_play` that a host has met: the others end there too, or at once where they are past it. */
  endedAt: Meta | undefined;
  /** Hosts that have come to their end in it. */
  readonly done: Set<HostRun>;
  /** Whoever waits for another host to go on. */
  readonly waiting: Set<() => void>;
  /** Results of `run_once` tasks by task id and round: the first host does it for all. A host that comes again does it anew. */
  readonly once: Map<string, { readonly result: Promise<WholeResult>; readonly takers: Set<HostRun> }>;
}

/** Where the walk stands: on which host, in which play. */
export interface Walk {
  readonly run: RunContext;
  readonly playRun: PlayRun;
  readonly host: HostRun;
  /** The loop variables of the includes around. */
  readonly frame: Vars;
  /**
   * Which rounds of the includes around it is in, so that tasks that are done in rounds can be told apart: of each include, outermost first, where its
   * tasks begin in the run's order and the index of its loop's item.
   */
  readonly rounds: readonly number[];
  /** Each `end_play` that the host has come to. */
  readonly passed: Set<Meta>;
  /** Handlers that have failed on the host: no other runs after one, not even with `force_handlers`. */
  readonly failedHandlers: Set<Handler>;
  /** Handlers owed since an earlier run that this play does not have: another play of its name has them. */
  readonly owedElsewhere: readonly string[];
}

/** The scope of something that stands in the walk, with the loop variables of the includes around it and those of `item`. */
export function scopeIn({ host, playRun, frame }: Walk, what: Pick<Task, 'vars' | 'around'>, item: Vars = {}): Scope {
  return host.scope(playRun.play, what, host.registered, { ...frame, ...item });
}

/** How a list of tasks ended. `stopped`: no failure, but nothing further is to be done on this host in this play. */
export type Ended = 'done' | 'failed' | 'stopped';
