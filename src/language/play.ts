import type { BecomeMethod } from '../values/become-method.ts';
import type { Source } from '../values/errors.ts';
import type { ArgumentSpecs } from './argument-specs.ts';
import type { BatchSize } from './batch-size.ts';
import type { Condition, Expression } from './expression.ts';
import type { RoleArguments } from './role-arguments.ts';
import type { Layer, Surroundings } from './variables.ts';

/** A playbook's play, read and checked; every word in its final form, what blocks and imports pass on already passed on. */
export interface Play {
  readonly name: string;
  readonly source: Source;
  /** The pattern of `hosts`. A list is joined with `:`. */
  readonly hosts: Expression<string>;
  /** Variables of the play, low to high: defaults of `argument_specs`, `vars`, `vars_files`. */
  readonly layers: PlayLayers;
  /** `pre_tasks`, `roles` and `tasks`, `post_tasks` in this order; handlers are flushed after each of these three as in Ansible. */
  readonly tasks: readonly Item[];
  /** Those of roles first, then the play's own. */
  readonly handlers: readonly Handler[];
  /** Hosts a batch, each entry a number or a percentage of the play's hosts; the last is repeated. Empty: all at once. */
  readonly serial: readonly BatchSize[];
  readonly maxFailPercentage?: number;
  readonly anyErrorsFatal: boolean;
  /** Handlers that are owed also run on a host that has failed. */
  readonly forceHandlers?: boolean;
  /** Whether `facts` are wanted even if nothing names them. Default: gathered if, and only if, something reads them. */
  readonly gatherFacts?: boolean;
  readonly tags: readonly string[];
  /** What it hands down to its tasks. */
  readonly words?: Inherited;
  /** The folder of its playbook, absolute: `playbook_dir`. */
  readonly folder?: string;
  /** What its variables may be (`argument_specs`); checked when it is loaded. */
  readonly specs?: ArgumentSpecs;
}

/** Where a play's layers go in the precedence of the contract. */
export interface PlayLayers {
  /** Below everything of the inventory. */
  readonly defaults: readonly Layer[];
  /** Above the inventory and facts: `vars`, then `vars_files` in their order. */
  readonly vars: readonly Layer[];
}

export type Item = Task | Block | Meta | Include;

/** Words that tasks, blocks and plays share; a task's are final (its own, else the nearest block's, else the play's). */
export interface Inherited {
  /** In the order from the outermost block inwards; all must hold. */
  readonly when: readonly Condition[];
  /** Own and inherited. */
  readonly tags: readonly string[];
  readonly become?: Expression<boolean>;
  readonly becomeUser?: Expression<string>;
  readonly becomeMethod?: Expression<BecomeMethod>;
  readonly environment: readonly Expression[];
  /** Block and task `vars`, outermost first. */
  readonly vars: readonly Layer[];
  /** What the roles and includes around bring; absent outside of them. */
  readonly around?: Surroundings;
  readonly noLog?: Expression<boolean>;
  readonly ignoreErrors?: Expression<boolean>;
  readonly ignoreUnreachable?: Expression<boolean>;
  readonly checkMode?: Expression<boolean>;
  readonly diff?: Expression<boolean>;
  readonly delegateTo?: Expression<string>;
  readonly runOnce?: Expression<boolean>;
  /** Seconds a host may spend in the task. */
  readonly timeout?: Expression<number>;
  /** How many hosts may be at the task at once; 0 for all. */
  readonly throttle?: Expression<number>;
}

export interface Task extends Inherited {
  readonly kind: 'task';
  /** Unique within a loaded run, stable between two loads of the same files: `file:line`. */
  readonly id: string;
  readonly source: Source;
  /** `name`, or the module's name when there is none. Evaluated for the screen; an undefined name there shows the text as written. */
  readonly name: Expression<string>;
  /** Without `ansible.builtin.` and the like. */
  readonly module: string;
  /** A mapping. `sourceAt` gives each parameter's place. */
  readonly params: Expression;
  readonly loop?: Expression;
  readonly loopControl: LoopControl;
  readonly register?: string;
  readonly notify: readonly Expression<string>[];
  readonly failedWhen?: readonly Condition[];
  readonly changedWhen?: readonly Condition[];
  readonly until?: readonly Condition[];
  /** Default 3 where `until` is given. */
  readonly retries?: Expression<number>;
  /** Seconds between tries. Default 5. */
  readonly delay?: Expression<number>;
  /** Folders in which its local files are looked for, absolute, the nearest first: of its file, then of those that import it. */
  readonly folders?: readonly string[];
  /** What it may add to the inventory (`add_host`, `group_by`). */
  readonly makes?: Made;
}

/** Names of hosts, groups and variables that a task may add to the inventory, as they are written: with templates, each of which may stand for anything. */
export interface Made {
  readonly hosts: readonly string[];
  readonly groups: readonly string[];
  readonly variables: readonly string[];
}

export interface LoopControl {
  /** Default `item`. */
  readonly loopVar: string;
  readonly indexVar?: string;
  readonly label?: Expression;
  /** Whether `ansible_loop` tells where in the loop an item stands. */
  readonly extended?: boolean;
  /** Seconds between two items. */
  readonly pause?: Expression<number>;
}

/** Tasks that succeed or fail together. Its words are already part of its tasks'; what is left is the control flow. */
export interface Block {
  readonly kind: 'block';
  readonly name?: string;
  readonly source: Source;
  readonly block: readonly Item[];
  readonly rescue: readonly Item[];
  readonly always: readonly Item[];
  readonly role?: RoleMention;
}

/** One mention of a role, where its tasks stand. */
export interface RoleMention {
  /** The same for all mentions of a role with the same parameters. */
  readonly key: string;
  /** A host that has had something to do in a mention of the same key passes over this one. */
  readonly isOnce: boolean;
  /** What it declares of its parameters; checked when it is loaded. */
  readonly arguments?: RoleArguments;
}

/**
 * `include_tasks`, `include_role`, `include_vars`: what it may include has been read; whether, what and how often is found out when its turn has
 * come. Its own words are its own: what is included has those from around it, and those of `apply`.
 */
export interface Include {
  readonly kind: 'include';
  readonly id: string;
  readonly source: Source;
  readonly name: Expression<string>;
  readonly module: 'include_tasks' | 'include_role' | 'include_vars';
  /** The name of the file or role. */
  readonly wanted: Expression<string>;
  /** All that the name may stand for, as far as its text shows. */
  readonly choices: readonly Choice[];
  /** What a name stands for. @throws InputError when that is none of the choices. */
  readonly choose: (name: string) => Choice;
  readonly when: readonly Condition[];
  readonly tags: readonly string[];
  readonly vars: readonly Layer[];
  readonly around?: Surroundings;
  readonly loop?: Expression;
  readonly loopControl: LoopControl;
}

/** What an include may come to. */
export interface Choice {
  /** For people: the file, or the role. */
  readonly shown: string;
  readonly items: readonly Item[];
  /** Variables that the host has from then on. */
  readonly vars?: Layer;
}

/** `meta: flush_handlers`, `end_play`, `end_host`. Flushing also stands after each section of a play. */
export interface Meta {
  readonly kind: 'meta';
  readonly source: Source;
  readonly action: 'flush_handlers' | 'end_play' | 'end_host' | 'noop';
  readonly when: readonly Condition[];
  readonly tags: readonly string[];
  readonly vars: readonly Layer[];
  readonly around?: Surroundings;
}

export interface Handler {
  readonly task: Task;
  /** Further names it answers to. */
  readonly listen: readonly string[];
  /** The list that it stands in: the play's own, or that of a role. Of several handlers of one name the first of the last list is meant. */
  readonly list?: number;
}
