import type { Block, Handler, Include, Item, Meta, Play, Task } from '../../src/language/play.ts';
import { InputError, TaskError } from '../../src/values/errors.ts';
import { isMapping, type Value, type Vars } from '../../src/values/vars.ts';
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

/** What is done once for all hosts of a batch: by the task and the rounds of includes around it, and by whom it has been taken. A host that comes again does it anew. */
export type Once = Map<string, { readonly give: () => Whole; readonly takers: Set<Walker> }>;

/** A task with all items of its loop. */
interface Whole {
  readonly status: Status;
  readonly isIgnored: boolean;
  readonly items: readonly { readonly vars: Vars; readonly done: Done }[];
}

/** One host on its way through the plays. */
export class Walker {
  isOut = false;
  hasEndedPlay = false;
  readonly counts: Record<string, number> = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 };
  readonly #on: ReferenceHost;
  readonly #told: Told;
  readonly #owed: Owed;
  readonly #pending = new Set<Handler>();
  #hasHandlerFailed = false;
  #play: Play | undefined;
  #once: Once = new Map();
  /** Which items of the loops of the includes around it is at. */
  #round = '';

  constructor(on: ReferenceHost, told: Told, owed: Owed) {
    this.#on = on;
    this.#told = told;
    this.#owed = owed;
  }

  play(play: Play, once: Once): void {
    this.#play = play;
    this.#once = once;
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
    const round = this.#round;
    let ended: Ended = 'done';
    for (const [index, one] of all.entries()) {
      if (ended !== 'done' || !one.isDone) continue;
      this.#round = `${round}/${index}`;
      ended = this.#walk(one.items, one.frame, isRescuable);
    }
    this.#round = round;
    return ended;
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
    let whole: Whole;
    let isMine: boolean;
    try {
      ({ whole, isMine } = this.#turn(task, frame, () => this.#whole(task, frame, event)));
    } catch (error) {
      return this.#refused(task.module, error, isRescuable, task, event);
    }
    const { status, isIgnored, items } = whole;
    for (const { done } of items) this.#keep(undefined, done.registered);
    const last: Vars = task.loop
      ? {
          results: items.map(({ vars, done }) => ({ ...done.registered, ...vars })),
          changed: items.some(({ done }) => done.status === 'changed'),
          failed: status === 'failed',
          skipped: status === 'skipped',
        }
      : (items[0]?.done.registered ?? {});
    this.#keep(task.register, last);
    if (status === 'changed') this.#notify(task.notify.map((name) => name.evaluate(this.#scope(task, frame))));
    return this.#settle(status, isIgnored, isRescuable, isMine);
  }

  /** Does the task, or takes what it came to on the host that has done it for all. */
  #turn(task: Task, frame: Vars, work: () => Whole): { readonly whole: Whole; readonly isMine: boolean } {
    if (!task.runOnce?.evaluate(this.#scope(task, frame))) return { whole: work(), isMine: true };
    const key = `${task.id} ${this.#round}`;
    const earlier = this.#once.get(key);
    if (earlier && !earlier.takers.has(this)) {
      earlier.takers.add(this);
      return { whole: earlier.give(), isMine: false };
    }
    let give: () => Whole;
    try {
      const whole = work();
      give = () => whole;
    } catch (error) {
      give = () => {
        throw error;
      };
    }
    this.#once.set(key, { give, takers: new Set([this]) });
    return { whole: give(), isMine: true };
  }

  #whole(task: Task, frame: Vars, event: 'task' | 'handler'): Whole {
    const { run } = this.#on;
    const scopeOf = (vars: Vars, result?: Vars) => {
      const registered =
        task.register !== undefined && result ? new Map<string, Value>([...run.registered, [task.register, result]]) : run.registered;
      return this.#scope(task, { ...frame, ...vars }, registered);
    };
    const items = this.#items(task, frame).map((vars) => {
      const done = doItem(this.#on, task, (result) => scopeOf(vars, result));
      this.#keep(task.register, done.registered);
      return { vars, done };
    });
    const status = statusOf(items.map((one) => one.done.status));
    const isIgnored = status === 'failed' && (task.ignoreErrors?.evaluate(scopeOf({})) ?? false);
    this.#tell(event, {
      module: task.module,
      status,
      ignored: isIgnored,
      changes: task.loop ? [] : (items[0]?.done.changes ?? []),
      items: task.loop && items.map(({ done }) => done),
    });
    return { status, isIgnored, items };
  }

  #refused(module: string, error: unknown, isRescuable: boolean, task?: Task, event = 'task'): Ended {
    if (!(error instanceof TaskError) && !(error instanceof InputError)) throw error;
    const isIgnored = task?.ignoreErrors?.evaluate(this.#scope(task, {})) ?? false;
    this.#keep(task?.register, { changed: false, failed: true, skipped: false });
    this.#tell(event, { module, status: 'failed', ignored: isIgnored, changes: [], items: task?.loop && [] });
    return this.#settle('failed', isIgnored, isRescuable);
  }

  /** @param isMine false where another has done it: only a failure counts then. */
  #settle(status: Status, isIgnored: boolean, isRescuable: boolean, isMine = true): Ended {
    const counters = status === 'failed' ? ['ok', 'ignored'] : status === 'skipped' ? ['skipped'] : status === 'changed' ? ['ok', 'changed'] : ['ok'];
    if (status !== 'failed' || isIgnored) {
      if (isMine) for (const counter of counters) this.#count(counter);
      return 'done';
    }
    if (isRescuable) return 'failed';
    this.#count('failed');
    this.isOut = true;
    return 'failed';
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
