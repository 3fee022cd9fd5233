import type { Value } from '../values/vars.ts';
import { isMapping } from '../values/vars.ts';
import type { Walk } from './check.ts';
import { warnOfMixed } from './condition-comparisons.ts';
import { type Expression, omit, type Scope, UnknownValue } from './expression.ts';
import { handlerNames } from './handlers.ts';
import { loopNames, loopVars } from './loop-vars.ts';
import { didYouMean } from './nearest.ts';
import type { Inherited, Task } from './play.ts';
import { Problems } from './problems.ts';
import { holdsSecret } from './secrecy.ts';
import { undefinedVariable } from './undefined.ts';
import { type Layer, unknownLayer, valueLayer } from './variables.ts';

/** A longer loop is checked by its first items: the others have the same form. */
const mostItems = 100;

/** Checks a task on a host, then notes what it registers. */
export function checkTask(task: Task, walk: Walk): void {
  const found = walk.problems.of(walk.checked.host.name);
  if (mayRun(task, walk, found)) {
    for (const item of itemsOf(task, walk, found)) checkOnce(task, item, walk, found);
  }
  if (task.register !== undefined) walk.checked.registered.set(task.register, { unknown: true });
  if (task.module === 'set_fact') for (const name of task.params.entries?.keys() ?? []) walk.checked.registered.set(name, { unknown: true });
}

/** Whether the conditions are not known to fail, whatever the item. */
function mayRun(task: Task, walk: Walk, found: Problems): boolean {
  return holds(task, walk.scope(task, task.loop ? withFrame(walk, unknownItem(task)) : walk.frame), found);
}

/** The loop variables of a task, their values not known. */
function unknownItem({ loopControl }: Looping): Layer {
  return unknownLayer('loop', loopNames(loopControl));
}

/** The loop variables of a task and, below them, of the includes around it. */
function withFrame({ frame }: Walk, item: Layer): Layer {
  return frame ? { name: item.name, bindings: new Map([...frame.bindings, ...item.bindings]) } : item;
}

/** What tasks and includes loop with. */
type Looping = Pick<Task, 'loop' | 'loopControl' | 'vars' | 'around'>;

/** Whether all conditions hold or cannot be known yet. One that is wrong is noted, and the task is not looked at further. */
export function holds(task: Pick<Task, 'when'>, scope: Scope, found: Problems): boolean {
  for (const condition of task.when) {
    const outcome = known(condition, scope, found);
    warnOfMixed(condition, scope, found);
    if (outcome.state === 'wrong' || outcome.value === false) return false;
  }
  return true;
}

interface Outcome<T> {
  readonly state: 'known' | 'unknown' | 'wrong';
  readonly value?: T;
}

/** Evaluates as far as it can be; of what cannot be known yet at least the names are checked. */
export function known<T>(
  expression: { evaluate(scope: Scope): T; readonly required?: Expression['required'] | undefined },
  scope: Scope,
  found: Problems,
): Outcome<T> {
  let isUnknown = false;
  const value = found.collect(() => {
    try {
      return { value: expression.evaluate(scope) };
    } catch (error) {
      if (!(error instanceof UnknownValue)) throw error;
      isUnknown = true;
      return undefined;
    }
  });
  if (value) return { state: 'known', value: value.value };
  if (!isUnknown) return { state: 'wrong' };
  const defined = new Set(scope.names());
  for (const [name, source] of expression.required ?? []) {
    if (!defined.has(name))
      found.collect(() => {
        throw undefinedVariable(name, scope, source());
      });
  }
  return { state: 'unknown' };
}

/** The loop variables of each item of the task's loop, with those of the includes around it; undefined where there are none. */
export function itemsOf(task: Looping, walk: Walk, found: Problems): readonly (Layer | undefined)[] {
  if (!task.loop) return [walk.frame];
  const { state, value } = known(task.loop, walk.scope(task, walk.frame), found);
  if (state === 'wrong') return [];
  if (!Array.isArray(value)) return [withFrame(walk, unknownItem(task))];
  const all: readonly Value[] = value;
  return all.slice(0, mostItems).map((_, index) => withFrame(walk, valueLayer('loop', loopVars(all, index, task.loopControl))));
}

function checkOnce(task: Task, item: Layer | undefined, walk: Walk, found: Problems): void {
  const scope = walk.scope(task, item);
  if (!holds(task, scope, found)) return;
  const outcomes = [...(task.failedWhen ?? []), ...(task.changedWhen ?? []), ...(task.until ?? [])];
  const after = outcomes.length > 0 && task.register !== undefined ? walk.scope(task, item, task.register) : scope;
  checkHandedDown(task, scope, found);
  for (const word of [task.retries, task.delay, task.loopControl.label, task.loopControl.pause]) if (word) known<unknown>(word, scope, found);
  for (const condition of outcomes) {
    known(condition, after, found);
    warnOfMixed(condition, after, found);
  }
  checkDelegate(task, scope, walk, found);
  checkNotify(task, scope, walk, found);
  checkParams(task, scope, walk, found);
}

/** Checks the words of a task that a block or play may have handed down. */
export function checkHandedDown(words: Inherited, scope: Scope, found: Problems): void {
  const { become, becomeUser, becomeMethod, noLog, ignoreErrors, ignoreUnreachable, checkMode, diff, runOnce, timeout, throttle, environment } =
    words;
  for (const word of [become, becomeUser, becomeMethod, noLog, ignoreErrors, ignoreUnreachable, checkMode, diff, runOnce, timeout, throttle])
    if (word) known<unknown>(word, scope, found);
  for (const expression of environment) checkEnvironment(expression, scope, found);
}

function checkEnvironment(expression: Expression, scope: Scope, found: Problems): void {
  const { value } = known(expression, scope, found);
  if (value === undefined || value === omit) return;
  if (!isMapping(value)) return found.error('environment wants a mapping of names to texts', expression.source, 'Write environment: {NAME: value}.');
  for (const name of Object.keys(value)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) found.error(`"${name}" cannot be the name of an environment variable`, expression.sourceAt([name]));
  }
}

function checkDelegate({ delegateTo }: Task, scope: Scope, { input, growth }: Walk, found: Problems): void {
  const name = delegateTo && known(delegateTo, scope, found).value;
  if (!delegateTo || name === undefined || name === 'localhost' || input.inventory.hosts.has(name) || growth?.mayHaveHost(name)) return;
  const names = [...input.inventory.hosts.keys()];
  const hint = didYouMean(name, names) ?? `Hosts: ${names.slice(0, 20).join(', ')}.`;
  found.error(`delegate_to: there is no host "${name}" in the inventory`, delegateTo.source, hint);
}

/** Handlers whose name holds variables; those without were checked when the playbook was read. */
function checkNotify({ notify }: Task, scope: Scope, { play }: Walk, found: Problems): void {
  for (const notified of notify) {
    if (notified.variables.size === 0) continue;
    const name = known(notified, scope, found).value;
    const names = play.handlers.flatMap((handler) => [...handlerNames(handler.task, scope), ...handler.listen]);
    if (name !== undefined && !names.includes(name))
      found.error(`there is no handler "${name}"`, notified.source, `Handlers of the play: ${names.join(', ') || 'none'}.`);
  }
}

function checkParams(task: Task, scope: Scope, walk: Walk, found: Problems): void {
  const { modules } = walk.input;
  if (!task.params.entries) return;
  const params: Record<string, unknown> = {};
  const unknown = new Set<string>();
  for (const [name, expression] of task.params.entries) {
    const { state, value } = known(expression, scope, found);
    warnOfMixed(expression, scope, found);
    if (value === omit) continue;
    params[name] = value;
    if (state !== 'known') unknown.add(name);
  }
  for (const [name, kind] of modules.localParams(task.module, params)) {
    const expression = task.params.entries.get(name);
    const path = params[name];
    if (!expression || unknown.has(name) || typeof path !== 'string') continue;
    const { local } = walk.input;
    const read = {
      evaluate: () =>
        kind === 'template' ? local.read(kind, path, task, scope, expression.source) : local.probe(kind, path, task, expression.source),
      get required() {
        return kind === 'template' ? local.template(path, task, expression.source).required : undefined;
      },
    };
    const { state, value } = known(read, scope, found);
    if (kind === 'template' && state !== 'wrong') warnOfMixed(local.template(path, task, expression.source), scope, found);
    params[name] = value;
    if (state !== 'known') unknown.add(name);
  }
  for (const { path, ofKey, message, hint } of modules.check(task.module, params, unknown))
    found.error(message, task.params.sourceAt(path, ofKey), hint);
  const failure = walk.input.foresees && unknown.size === 0 ? modules.foresee(task.module, params) : undefined;
  if (failure === undefined || !isCertain(task, scope, walk)) return;
  const isHidden = task.noLog && known(task.noLog, scope, found).value !== false;
  found.warning(
    `this fails: ${isHidden ? 'what it says is not shown, as no_log is set' : failure.trim()}`,
    task.source,
    'Set the variables that it reads to what it wants. Where they are only given when it is run (-e), nothing is wrong.',
  );
}

/** Whether a task is known to have its turn, with parameters that are what they will be, and fails where its module does. */
function isCertain(task: Task, scope: Scope, { checked, isDoubtful }: Walk): boolean {
  if (isDoubtful || checked.mayBeDone || task.loop || task.ignoreErrors || task.failedWhen || task.runOnce || task.tags.includes('never'))
    return false;
  const certain = withoutDoubt(scope);
  const holdsSurely = new Problems().collectKnown(() => {
    for (const expression of task.params.entries?.values() ?? []) expression.evaluate(certain);
    return task.when.every((condition) => condition.evaluate(certain));
  });
  return holdsSurely === true;
}

/** The scope without what is only a stand-in while no host is contacted: secrets are not opened, and other hosts have not done their tasks yet. */
function withoutDoubt(scope: Scope): Scope {
  return {
    ...scope,
    get(name) {
      const value = scope.get(name);
      if (name === 'hostvars' || (value !== undefined && holdsSecret(value))) throw new UnknownValue(name);
      return value;
    },
  };
}
