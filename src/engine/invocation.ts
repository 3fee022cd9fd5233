import { describe } from '../language/describe.ts';
import type { Scope } from '../language/expression.ts';
import { loopVars } from '../language/loop-vars.ts';
import { nearest } from '../language/nearest.ts';
import type { Play, Task } from '../language/play.ts';
import { checkParams } from '../modules/check-params.ts';
import type { Here, Module } from '../modules/module.ts';
import { localParams } from '../modules/params.ts';
import { InputError, type Problem, TaskError } from '../values/errors.ts';
import { Secret, type Text } from '../values/secret.ts';
import { isMapping, type Value } from '../values/vars.ts';
import type { Environment } from './batch.ts';
import type { RunContext } from './context.ts';
import { hereOf } from './here.ts';
import type { HostRun } from './host.ts';
import { type Identity, identityOf } from './target.ts';

/** One call of a module: a task on a host, or one item of its loop, with everything rendered and checked. */
export interface Invocation {
  readonly module: Module;
  /** What the module's schema made of the parameters. */
  readonly params: unknown;
  readonly identity: Identity;
  readonly here: Here;
  /** The task's own word on how many seconds each of its commands may take. */
  readonly timeoutSeconds?: number;
}

/**
 * Renders and checks the parameters of a task in `scope`.
 * @throws InputError with positions, for what cannot be rendered or does not fit the module.
 */
export function invocationOf(run: RunContext, host: HostRun, task: Task, scope: Scope): Invocation {
  const module = run.modules.get(task.module);
  if (!module) throw InputError.of(`no module is called ${task.module}`, task.source);
  const given = task.params.evaluate(scope);
  const checked = checkParams(task.module, module, withLocalFiles(run, module, task, scope, isMapping(given) ? given : {}), nearest);
  if ('problems' in checked)
    throw new InputError(checked.problems.map((one): Problem => ({ ...one, source: task.params.sourceAt(one.path, one.ofKey) })));
  const timeout = task.timeout?.evaluate(scope) ?? 0;
  // How one becomes another user, and the password for it, is the word of the host that it is done on.
  const doer = task.delegateTo ? run.hosts.get(task.delegateTo.evaluate(scope)) : host;
  const here = hereOf(host.host.name, task.folders?.at(-1) ?? '.', (addition) => run.site.knows(addition));
  return { module, params: checked.params, identity: identityFor(doer ?? host, task, scope), here, ...(timeout > 0 && { timeoutSeconds: timeout }) };
}

function withLocalFiles(
  run: RunContext,
  module: Module,
  task: Task,
  scope: Scope,
  given: { readonly [name: string]: Value },
): Record<string, unknown> {
  const params: Record<string, unknown> = { ...given };
  for (const [name, kind] of localParams(module.params, given)) {
    const path = given[name];
    if (typeof path === 'string') params[name] = run.readLocal(kind, path, task, scope);
  }
  return params;
}

/** As whom the task runs on the host, and with which environment. */
export function identityFor(host: HostRun, task: Pick<Task, 'become' | 'becomeUser' | 'becomeMethod' | 'environment'>, scope: Scope): Identity {
  const wanted = task.become ? task.become.evaluate(scope) : host.becomeByDefault;
  const user = task.becomeUser?.evaluate(scope) ?? host.becomeDefault.user;
  const method = task.becomeMethod?.evaluate(scope) ?? host.becomeDefault.method;
  const password = host.becomeDefault.password;
  const environment: Environment = Object.assign({}, ...task.environment.map((one) => textsOf(one.evaluate(scope))));
  return identityOf(wanted ? { user, ...(method !== undefined && { method }), ...(password !== undefined && { password }) } : undefined, environment);
}

function textsOf(value: Value): Environment {
  if (!isMapping(value)) throw new TaskError('environment must be a mapping of names to texts');
  const texts = Object.entries(value).map(([name, item]): [string, Text] => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new TaskError(`${JSON.stringify(name)} cannot be the name of an environment variable`);
    if (item instanceof Secret) return [name, item];
    if (typeof item === 'object') throw new TaskError(`the environment variable ${name} must be text, got ${describe(item)}`);
    return [name, String(item)];
  });
  return Object.fromEntries(texts);
}

/** The values that a task's loop goes through, each with the variables it sets; one without variables where there is no loop. */
export interface LoopItem {
  readonly vars: Readonly<Record<string, Value>>;
}

/** @throws InputError when `loop` is not a list. */
export function loopItems(task: Pick<Task, 'loop' | 'loopControl'>, scope: Scope): readonly LoopItem[] {
  if (!task.loop) return [{ vars: {} }];
  const items = task.loop.evaluate(scope);
  if (!Array.isArray(items)) {
    throw InputError.of(
      'loop must be a list',
      task.loop.sourceAt([]),
      'Write one item a line, each with a dash, or give a variable that holds a list.',
    );
  }
  const all: readonly Value[] = items;
  return all.map((_, index) => ({ vars: loopVars(all, index, task.loopControl) }));
}

/** The scope of an item of a task on a host. */
export function scopeFor(host: HostRun, play: Play, task: Task, item: LoopItem, registered: ReadonlyMap<string, Value> = host.registered): Scope {
  return host.scope(play, task, registered, item.vars);
}
