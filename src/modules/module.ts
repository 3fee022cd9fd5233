import type * as z from 'zod';
import type { Asking } from '../questions/question.ts';
import type { Addition } from '../values/addition.ts';
import type { Change } from '../values/change.ts';
import type { Output } from '../values/command.ts';
import type { Vars } from '../values/vars.ts';

/** Something on the user's own machine. */
export interface LocalFound {
  readonly isFolder: boolean;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 in hexadecimal; reads the whole file. @throws TaskError when it cannot be read. */
  sha256(): string;
}

/** The user's own machine and the inventory, for a module that brings something there: to look, never to write. */
export interface Here {
  /** The host that the task is for, as the inventory names it. */
  readonly host: string;
  /** Makes a path absolute: `~/` is the home folder, a relative one begins at the playbook. A trailing slash is dropped. */
  resolve(path: string): string;
  /** What is at an absolute path; undefined for nothing. A link is followed. */
  look(path: string): LocalFound | undefined;
  /** Whether the inventory of the run has all that already. */
  knows(addition: Addition): boolean;
}

/** A module's documentation by example: what a user would write, as YAML of one task. Tests load every one. */
export interface Example {
  readonly description: string;
  readonly task: string;
}

/**
 * A module as its file describes it. Everything else (status, check mode, diff, verification, masking, become, docs, editor schema) is
 * derived by the engine from `ask` and `plan`.
 */
export interface ModuleDefinition<Schema extends z.ZodType, Answers> {
  /** One sentence with a full stop. */
  readonly summary: string;
  /** A strict object; each parameter with `.describe('…')` that ends with a full stop. The one source for types, validation, docs and schema. */
  readonly params: Schema;
  /** At least two. */
  readonly examples: readonly Example[];
  /**
   * What to know before deciding: `(params) => ask({ … })`, or a generator of its own where a later question needs an earlier answer. Whatever the
   * look after the change can depend on is asked too, as what a new link leads to. Pure; may throw TaskError.
   */
  readonly ask: (params: z.output<Schema>) => Asking<Answers>;
  /** The differences between what is and what shall be; [] means ok. Pure. @throws TaskError when the host cannot do it. */
  readonly plan: (params: z.output<Schema>, answers: Answers, here: Here) => readonly Change[];
  /** What `register` sees beyond changed, failed, skipped, msg (and rc, stdout, stderr where commands ran). `answers` are those after the change. */
  readonly result?: (params: z.output<Schema>, answers: Answers, outputs: readonly Output[], here: Here) => Vars;
  /** Of an opaque change: whether it changed anything, as its commands' outputs tell. Default: it did. */
  readonly hadEffect?: (params: z.output<Schema>, outputs: readonly Output[]) => boolean;
  /** Why it fails with these parameters on whatever host, for `homerun lint`; undefined where it does not, or that depends on the host. */
  readonly foresee?: (params: z.output<Schema>) => string | undefined;
  /** Parameters of Ansible's module of that name that are left out, and why or what to write instead; using one is an error that says this. */
  readonly absent?: { readonly [param: string]: string };
  /** Other names that Ansible has for parameters: the name of the parameter, by the other. */
  readonly aliases?: { readonly [name: string]: string };
  /** The parameter that free text after the module's name fills: `command: ls -l`, `shell: |`. */
  readonly freeForm?: string;
  /** Done once for all hosts of a batch, as if the task said `run_once`. */
  readonly once?: true;
}

/** A module in the form that the engine drives: params are validated by `params` first, answers come from `ask`. */
export interface Module {
  readonly summary: string;
  readonly params: z.ZodType;
  readonly examples: readonly Example[];
  readonly ask: (params: never) => Asking<unknown>;
  readonly plan: (params: never, answers: never, here: Here) => readonly Change[];
  readonly result?: (params: never, answers: never, outputs: readonly Output[], here: Here) => Vars;
  readonly hadEffect?: (params: never, outputs: readonly Output[]) => boolean;
  readonly foresee?: (params: never) => string | undefined;
  readonly absent?: { readonly [param: string]: string };
  readonly aliases?: { readonly [name: string]: string };
  readonly freeForm?: string;
  /** Done once for all hosts of a batch, as if the task said `run_once`. */
  readonly once?: true;
}

/** Checks the types of a definition and gives it the form that the engine drives. */
export function defineModule<Schema extends z.ZodType, Answers>(definition: ModuleDefinition<Schema, Answers>): Module {
  return definition;
}
