import { posix } from 'node:path';
import type { Here, Module } from '../../src/modules/module.ts';
import type { Asking, Questions } from '../../src/questions/question.ts';
import type { Change } from '../../src/values/change.ts';
import type { Output } from '../../src/values/command.ts';
import type { Vars } from '../../src/values/vars.ts';

/** How questions are answered: all of one step of an asking, by name. */
export type Answer = (questions: Questions) => Promise<{ readonly [name: string]: unknown }>;

/** A module with the types of its own params let go: what is driven here was validated by its schema. */
interface Driven {
  readonly ask: (params: unknown) => Asking<unknown>;
  readonly plan: (params: unknown, answers: unknown, here: Here) => readonly Change[];
  readonly result?: (params: unknown, answers: unknown, outputs: readonly Output[], here: Here) => Vars;
}

/** Drives `ask` of a module to its end. @param params validated. */
export async function askModule(module: Module, params: unknown, answer: Answer): Promise<unknown> {
  const asking = driven(module).ask(params);
  let step = asking.next();
  while (!step.done) step = asking.next(await answer(step.value));
  return step.value;
}

/**
 * @param files the digest of each file of the user's machine by its path, `folder` for a folder.
 * @param isKnown the inventory has already what the module would add to it.
 */
export function planModule(module: Module, params: unknown, answers: unknown, files: LocalFiles = {}, isKnown = false): readonly Change[] {
  return driven(module).plan(params, answers, hereWith(files, isKnown));
}

export function resultOf(module: Module, params: unknown, answers: unknown, outputs: readonly Output[], files: LocalFiles = {}): Vars {
  return driven(module).result?.(params, answers, outputs, hereWith(files)) ?? {};
}

type LocalFiles = { readonly [path: string]: string };

function hereWith(files: LocalFiles, isKnown = false): Here {
  return {
    host: 'web1',
    knows: () => isKnown,
    resolve: (path) => posix.resolve('/play', path),
    look: (path) => {
      const found = files[path];
      return found === undefined ? undefined : { isFolder: found === 'folder', size: 1, sha256: () => found };
    },
  };
}

/** `defineModule` has checked the types against each other; they are private to the module. */
function driven(module: Module): Driven {
  return module as unknown as Driven;
}

/** Validates `given` as the engine does. @throws Error with the schema's words. */
export function validate(module: Module, given: unknown): unknown {
  const parsed = module.params.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
}

/** The module of a file in src/modules. */
export async function loadModule(name: string): Promise<Module> {
  const { default: module } = (await import(`../../src/modules/${name}.js`)) as { readonly default: Module };
  return module;
}
