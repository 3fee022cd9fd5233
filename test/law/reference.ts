import type { Reaching } from '../../src/engine/connections.ts';
import type { Prepared } from '../../src/engine/run.ts';
import { batches } from '../../src/engine/serial.ts';
import { Site } from '../../src/engine/site.ts';
import type { Block, Handler, Include, Item, Meta, Play, Task } from '../../src/language/play.ts';
import { InputError, TaskError } from '../../src/values/errors.ts';
import { isMapping, type Value, type Vars } from '../../src/values/vars.ts';
import type { LawHost } from './host.ts';
import { type Done, doItem, type ReferenceHost, type Status } from './reference-task.ts';

type Ended = 'done' | 'failed' | 'stopped';

/** Handlers owed by a host in a play, kept between runs. */
export type Owed = Map<string, readonly string[]>;

/** What one run tells: a line for each task on a host, and the counts of the recap, of those who have any. */
export interface Told {
  readonly lines: Record<string, string[]>;
  readonly counts: Record<string, Record<string, number>>;
}

/** One line of what is told: also what an event of the engine comes to. */
export function lineOf(event: string, { module, status, ignored, changes, items }: LineParts): string {
  const inner = items?.map((one) => `${one.status} ${one.changes.join(', ')}`.trim());
  return `${event} ${module} ${status}${ignored ? ' ignored' : ''} ${[...changes, ...(inner ? [`[${inner.join('; ')}]`] : [])].join(', ')}`.trim();
}

export interface LineParts {
  readonly module: string;
  readonly status: string;
  readonly ignored?: boolean | undefined;
  readonly changes: readonly string[];
  readonly items?: readonly { readonly status: string; readonly changes: readonly string[] }[] | undefined;
}

/**
 * Runs what was prepared one host after another, one task after another, one question after another: nothing is asked ahead, kept, or done side by
 * side. Written apart from the engine, to judge it.
 */
export function referenceRun({ loaded, modules }: Prepared, hosts: ReadonlyMap<string, LawHost>, check: boolean, owed: Owed): Told {
  const told: Told = { lines: {}, counts: {} };
  // Which hosts a play is for, and what is known of them, is no part of the law.
  const site = new Site(loaded, {
    reachingOf: () => ({ settings: {} as Reaching['settings'], become: { user: 'root', byDefault: false } }),
    mode: { check, diff: true },
    workingFolder: '',
  });
  const walkerOf = (name: string): Walker => {
    const [run, host] = [site.hosts.get(name), hosts.get(name)];
    if (!run || !host) throw new Error(`no host ${name}`);
    return new Walker({ run, host, check, modules, site, predicted: [] }, told, owed);
  };
  const all = new Map([...hosts.keys()].map((name) => [name, walkerOf(name)]));
  for (const [index, { play, hosts: names }] of site.plays.entries()) {
    site.settle(index);
    const walkers = [...names].flatMap((name) => all.get(name) ?? []);
    if (runBatches(play, walkers)) break;
  }
  for (const [name, walker] of all) if (Object.values(walker.counts).some((count) => count > 0)) told.counts[name] = walker.counts;
  return told;
}

/** Whether a whole batch has fallen out, which ends the run. */
function runBatches(play: Play, walkers: readonly Walker[]): boolean {
  for (const batch of batches(walkers, play.serial)) {
    const left = batch.filter((one) => !one.isOut);
    for (const walker of left) walker.play(play);
    if (batch.length > 0 && left.length === batch.length && left.every((one) => one.isOut)) return true;
    if (left.some((one) => one.hasEndedPlay)) return false;
  }
  return false;
}

class Walker {
  isOut = false;
  hasEndedPlay = false;
  readonly counts: Record<string, number> = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 };
  readonly #on: ReferenceHost;
  readonly #told: Told;
  readonly #owed: Owed;
  readonly #pending = new Set<Handler>();
  #hasHandlerFailed = false;
  #play: Play | undefined;

  constructor(on: ReferenceHost, told: Told, owed: Owed) {
    this.#on = on;
    this.#told = told;
    this.#owed = owed;
  }

  play(play: Play): void {
    this.#play = play;
    this.hasEndedPlay = false;
    this.#pending.clear();
    this.#hasHandlerFailed = false;
    const key = `${this.#on.run.host.name} ${play.name}`;
    if (!this.#on.check) this.#notify(this.#owed.get(key) ?? []);
    const ended = this.#walk(play.tasks, {}, false);
    if (ended === 'done') {
      if (this.#flush() === 'done') this.#pending.clear();
    } else if (play.forceHandlers && this.isOut && !this.#hasHandlerFailed) {
      this.#flush();
      this.isOut = true;
    }
    if (!this.#on.check)
      this.#owed.set(
        key,
        [...this.#pending].map((handler) => this.#nameOf(handler)),
      );
  }

  #walk(items: readonly Item[], frame: Vars, isRescuable: boolean): Ended {
    for (const item of items) {
      if (this.isOut) return 'stopped';
      const ended = this.#item(item, frame, isRescuable);
      if (ended !== 'done') return ended;
    }
    return 'done';
  }

  #item(item: Item, frame: Vars, isRescuable: boolean): Ended {
    switch (item.kind) {
      case 'task':
        return this.#task(item, frame, isRescuable, 'task');
      case 'block':
        return this.#block(item, frame, isRescuable);
      case 'include':
        return this.#include(item, frame, isRescuable);
      case 'meta':
        return this.#meta(item, frame, isRescuable);
    }
  }

  #block({ block, rescue, always }: Block, frame: Vars, isRescuable: boolean): Ended {
    let ended = this.#walk(block, frame, isRescuable || rescue.length > 0);
    if (ended === 'failed' && rescue.length > 0 && !this.isOut) {
      this.#count('rescued');
      ended = this.#walk(rescue, frame, isRescuable);
    }
    if (ended === 'stopped') return ended;
    const wasOut = this.isOut;
    this.isOut = false;
    const after = this.#walk(always, frame, isRescuable);
    this.isOut ||= wasOut;
    return after === 'done' || (after === 'stopped' && ended === 'failed') ? ended : after;
  }

  #meta({ action, when, vars, around }: Meta, frame: Vars, isRescuable: boolean): Ended {
    try {
      const scope = this.#scope({ vars, ...(around && { around }) }, frame);
      if (!when.every((condition) => condition.evaluate(scope))) return 'done';
    } catch (error) {
      return this.#refused('meta', error, isRescuable);
    }
    if (action === 'flush_handlers') return this.#flush();
    this.hasEndedPlay = action === 'end_play';
    return 'stopped';
  }

  #include(include: Include, frame: Vars, isRescuable: boolean): Ended {
    let all: { readonly items: readonly Item[]; readonly isDone: boolean; readonly frame: Vars }[];
    try {
      all = this.#items(include, frame).map((vars) => {
        const scope = this.#scope(include, { ...frame, ...vars });
        const isDone = include.when.every((condition) => condition.evaluate(scope));
        return { isDone, items: isDone ? include.choose(include.wanted.evaluate(scope)).items : [], frame: { ...frame, ...vars } };
      });
    } catch (error) {
      return this.#refused(include.module, error, isRescuable);
    }
    const done = all.filter((one) => one.isDone);
    const items = all.map((one) => ({ status: one.isDone ? 'ok' : 'skipped', changes: [] }));
    this.#tell('task', { module: include.module, status: done.length > 0 ? 'ok' : 'skipped', changes: [], items: include.loop && items });
    for (let count = 0; count < Math.max(1, done.length); count++) this.#count(done.length > 0 ? 'ok' : 'skipped');
    for (const one of done) {
      const ended = this.#walk(one.items, one.frame, isRescuable);
      if (ended !== 'done') return ended;
    }
    return 'done';
  }

  /** Each that is pending when its turn has come; one that fails stays so, and ends it. */
  #flush(): Ended {
    for (const handler of this.#play?.handlers ?? []) {
      if (!this.#pending.has(handler)) continue;
      // What force_handlers flushes goes on although the host has failed.
      const wasOut = this.isOut;
      this.isOut = false;
      const ended = this.#task(handler.task, {}, false, 'handler');
      this.isOut ||= wasOut;
      this.#hasHandlerFailed ||= ended === 'failed';
      if (ended !== 'done') return ended;
      this.#pending.delete(handler);
    }
    return 'done';
  }

  #task(task: Task, frame: Vars, isRescuable: boolean, event: 'task' | 'handler'): Ended {
    const { run } = this.#on;
    const scopeOf = (vars: Vars, result?: Vars) => {
      const registered =
        task.register !== undefined && result ? new Map<string, Value>([...run.registered, [task.register, result]]) : run.registered;
      return this.#scope(task, { ...frame, ...vars }, registered);
    };
    let items: { readonly vars: Vars; readonly done: Done }[];
    try {
      items = this.#items(task, frame).map((vars) => {
        const done = doItem(this.#on, task, (result) => scopeOf(vars, result));
        this.#keep(task.register, done.registered);
        return { vars, done };
      });
    } catch (error) {
      return this.#refused(task.module, error, isRescuable, task, event);
    }
    const status = statusOf(items.map((one) => one.done.status));
    const whole: Vars = task.loop
      ? {
          results: items.map(({ vars, done }) => ({ ...done.registered, ...vars })),
          changed: items.some(({ done }) => done.status === 'changed'),
          failed: status === 'failed',
          skipped: status === 'skipped',
        }
      : (items[0]?.done.registered ?? {});
    this.#keep(task.register, whole);
    const isIgnored = status === 'failed' && (task.ignoreErrors?.evaluate(scopeOf({})) ?? false);
    this.#tell(event, {
      module: task.module,
      status,
      ignored: isIgnored,
      changes: task.loop ? [] : (items[0]?.done.changes ?? []),
      items: task.loop && items.map(({ done }) => done),
    });
    if (status === 'changed') this.#notify(task.notify.map((name) => name.evaluate(scopeOf({}))));
    return this.#settle(status, isIgnored, isRescuable);
  }

  #refused(module: string, error: unknown, isRescuable: boolean, task?: Task, event = 'task'): Ended {
    if (!(error instanceof TaskError) && !(error instanceof InputError)) throw error;
    const isIgnored = task?.ignoreErrors?.evaluate(this.#scope(task, {})) ?? false;
    this.#keep(task?.register, { changed: false, failed: true, skipped: false });
    this.#tell(event, { module, status: 'failed', ignored: isIgnored, changes: [], items: task?.loop && [] });
    return this.#settle('failed', isIgnored, isRescuable);
  }

  #settle(status: Status, isIgnored: boolean, isRescuable: boolean): Ended {
    if (status === 'failed' && isIgnored) {
      this.#count('ok');
      this.#count('ignored');
      return 'done';
    }
    if (status === 'failed') {
      if (isRescuable) return 'failed';
      this.#count('failed');
      this.isOut = true;
      return 'failed';
    }
    this.#count(status === 'skipped' ? 'skipped' : 'ok');
    if (status === 'changed') this.#count('changed');
    return 'done';
  }

  #notify(names: readonly string[]): void {
    for (const handler of this.#play?.handlers ?? [])
      if (names.some((name) => name === this.#nameOf(handler) || handler.listen.includes(name))) this.#pending.add(handler);
  }

  #nameOf({ task }: Handler): string {
    return task.name.evaluate(this.#scope(task, {}));
  }

  #keep(name: string | undefined, result: Vars): void {
    const { registered } = this.#on.run;
    if (name !== undefined) registered.set(name, result);
    const facts = result['ansible_facts'];
    if (isMapping(facts)) for (const [fact, value] of Object.entries(facts)) registered.set(fact, value);
  }

  #items(task: Pick<Task, 'loop' | 'loopControl' | 'vars' | 'around'>, frame: Vars): readonly Vars[] {
    if (!task.loop) return [{}];
    const items = task.loop.evaluate(this.#scope(task, frame));
    if (!Array.isArray(items)) throw new TaskError('loop must be a list');
    return items.map((item: Value): Vars => ({ [task.loopControl.loopVar]: item }));
  }

  #scope(what: Pick<Task, 'vars' | 'around'>, vars: Vars, registered = this.#on.run.registered) {
    if (!this.#play) throw new Error('no play has begun');
    return this.#on.run.scope(this.#play, what, registered, vars);
  }

  #count(counter: string): void {
    this.counts[counter] = (this.counts[counter] ?? 0) + 1;
  }

  #tell(event: string, parts: LineParts): void {
    (this.#told.lines[this.#on.run.host.name] ??= []).push(lineOf(event, parts));
  }
}

function statusOf(all: readonly Status[]): Status {
  return (['failed', 'changed', 'ok'] as const).find((one) => all.includes(one)) ?? 'skipped';
}
