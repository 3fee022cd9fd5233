import * as z from 'zod';
import type { Reaching } from '../../src/engine/connections.ts';
import type { RunContext } from '../../src/engine/context.ts';
import type { RunEvent } from '../../src/engine/event.ts';
import type { HostRun } from '../../src/engine/host.ts';
import { noJournal } from '../../src/engine/journal.ts';
import { Masker } from '../../src/engine/mask.ts';
import { exitCodeOf, runPlays } from '../../src/engine/plays.ts';
import { noRecord } from '../../src/engine/run-record.ts';
import { type Selection, tasksInOrder } from '../../src/engine/select.ts';
import { Site } from '../../src/engine/site.ts';
import { type HostLock, Target } from '../../src/engine/target.ts';
import type { BatchSize } from '../../src/language/batch-size.ts';
import type { Expression, Scope } from '../../src/language/expression.ts';
import type { Inventory } from '../../src/language/inventory.ts';
import { assembled } from '../../src/language/inventory-assemble.ts';
import { growing } from '../../src/language/inventory-growing.ts';
import type { RawHost } from '../../src/language/inventory-raw.ts';
import type { LoadedPlay } from '../../src/language/load.ts';
import { matchPattern } from '../../src/language/pattern.ts';
import type { Choice, Handler, Include, Item, Play, Task } from '../../src/language/play.ts';
import { Problems } from '../../src/language/problems.ts';
import { scopeOf, valueLayer } from '../../src/language/variables.ts';
import addHost from '../../src/modules/add_host.ts';
import groupBy from '../../src/modules/group_by.ts';
import { defineModule, type Module } from '../../src/modules/module.ts';
import { ask, type QuestionKind, question } from '../../src/questions/question.ts';
import { InputError, TaskError } from '../../src/values/errors.ts';
import type { Value } from '../../src/values/vars.ts';
import type { SimulatedHost } from './simulated-host.ts';

const nowhere = { file: 'test.yaml', line: 1, column: 1 };

/** An expression that is a function of the scope. */
export function expression<T>(evaluate: (scope: Scope) => T, variables: readonly string[] = []): Expression<T> {
  return { source: nowhere, variables: new Set(variables), required: new Map(), evaluate, sourceAt: () => nowhere };
}

const valueKind: QuestionKind<string, string> = {
  kind: 'value',
  reads: (name) => [`value:${name}`],
  script: (names) => `get ${names.join(' ')}`,
  split(output, names) {
    const lines = new Map(output.split('\n').map((line) => [line.split('=')[0], `${line}\n`]));
    return names.map((name) => lines.get(name) ?? '');
  },
  parse: (part) => part.slice(part.indexOf('=') + 1, -1),
};

export const value = (name: string) => question(valueKind, name);

const nameAndValue = z.strictObject({ name: z.string(), value: z.string() });

const sign = { command: { script: 'get back' }, otherwise: 'it is not back' };
const soon = (timeoutSeconds: number) => ({ timeoutSeconds, sleepSeconds: 0.001 });

/** Modules over the simulated host's values. */
export const modules: ReadonlyMap<string, Module> = new Map(
  Object.entries({
    /** The value is as declared; writes that one. */
    value: defineModule({
      summary: 'Set a value.',
      params: nameAndValue,
      examples: [],
      ask: ({ name }) => ask({ value: value(name) }),
      plan: ({ name, value: wanted }, { value: is }) =>
        is === wanted
          ? []
          : [
              {
                summary: `set ${name}`,
                diff: { label: name, before: is, after: wanted },
                commands: [{ script: `put ${name} ${wanted}` }],
                writes: [`value:${name}`],
              },
            ],
      result: (_, { value: is }) => ({ value: is }),
    }),
    add_host: addHost,
    group_by: groupBy,
    /** Runs whatever it is told, on everything. */
    run: defineModule({
      summary: 'Run a script.',
      params: z.strictObject({ script: z.string() }),
      examples: [],
      ask: () => ask({}),
      plan: ({ script }) => [{ summary: 'run', commands: [{ script }], writes: ['*'], opaque: true }],
    }),
    /** Sends something, which counts as no change. */
    send: defineModule({
      summary: 'Send.',
      params: z.strictObject({ script: z.string() }),
      examples: [],
      ask: () => ask({}),
      plan: ({ script }) => [{ summary: 'send', commands: [{ script }], writes: ['*'], opaque: true, uncounted: 'nothing is sent in check mode' }],
    }),
    /** Reads a value and refuses if it is not there. */
    need: defineModule({
      summary: 'Need a value.',
      params: z.strictObject({ name: z.string() }),
      examples: [],
      ask: ({ name }) => ask({ value: value(name) }),
      plan: ({ name }, { value: is }) => {
        if (is === '') throw new TaskError(`${name} is missing`, undefined, { value: 'none' });
        return [];
      },
      result: (_, { value: is }) => ({ value: is }),
    }),
    /** Lets time pass. */
    wait: defineModule({
      summary: 'Wait.',
      params: z.strictObject({ seconds: z.number() }),
      examples: [],
      ask: () => ask({}),
      plan: ({ seconds: waitsSeconds }) => [{ summary: 'wait', commands: [], writes: [], waitsSeconds }],
    }),
    /** Runs what makes the host go away, and waits until it is back. */
    leave: defineModule({
      summary: 'Leave.',
      params: z.strictObject({ script: z.string(), timeout: z.number().default(60) }),
      examples: [],
      ask: () => ask({ boot: value('boot') }),
      plan: ({ script, timeout }) => [
        { summary: 'leave', commands: [{ script }], writes: ['*'], opaque: true, reconnects: { ...soon(timeout), signs: [sign] } },
      ],
      result: (_, { boot }) => ({ boot }),
    }),
    /** Waits for a host that may not be there. */
    find: defineModule({
      summary: 'Find.',
      params: z.strictObject({ timeout: z.number().default(60) }),
      examples: [],
      ask: () => ask({}),
      plan: ({ timeout }) => [{ summary: 'find', commands: [], writes: [], reconnects: { ...soon(timeout), signs: [] } }],
    }),
    /** Says that it sets a value, and does not. */
    liar: defineModule({
      summary: 'Pretend.',
      params: nameAndValue,
      examples: [],
      ask: ({ name }) => ask({ value: value(name) }),
      plan: ({ name, value: wanted }, { value: is }) =>
        is === wanted ? [] : [{ summary: `set ${name}`, commands: [{ script: 'get x' }], writes: [`value:${name}`] }],
    }),
    /** Copies one value to another: which it reads second depends on what it reads first. */
    follow: defineModule({
      summary: 'Follow.',
      params: z.strictObject({ name: z.string(), to: z.string() }),
      examples: [],
      *ask({ name, to }) {
        const { pointer } = yield* ask({ pointer: value(name) });
        const { target, is } = yield* ask({ target: value(pointer), is: value(to) });
        return { target, is };
      },
      plan: ({ to }, { target, is }) =>
        is === target ? [] : [{ summary: `set ${to}`, commands: [{ script: `put ${to} ${target}` }], writes: [`value:${to}`] }],
    }),
  }),
);

let line = 0;

/** A task of `module`; `params` may be a function of the scope. */
export function task(module: string, params: Record<string, Value> | ((scope: Scope) => Record<string, Value>), more: Partial<Task> = {}): Task {
  line += 1;
  const evaluate = typeof params === 'function' ? params : () => params;
  return {
    kind: 'task',
    id: `test.yaml:${line}`,
    source: { ...nowhere, line },
    name: expression(() => `${module} ${line}`),
    module,
    params: expression<Value>(evaluate),
    loopControl: { loopVar: 'item' },
    notify: [],
    when: [],
    tags: [],
    environment: [],
    vars: [],
    ...more,
  };
}

/** An include of what `choices` holds under the name that `wanted` gives. */
export function include(choices: Readonly<Record<string, readonly Item[]>>, wanted: (scope: Scope) => string, more: Partial<Include> = {}): Include {
  line += 1;
  const all = new Map(Object.entries(choices).map(([shown, items]): [string, Choice] => [shown, { shown, items }]));
  return {
    kind: 'include',
    id: `test.yaml:${line}`,
    source: { ...nowhere, line },
    name: expression(() => `include ${line}`),
    module: 'include_tasks',
    wanted: expression(wanted),
    choices: [...all.values()],
    choose: (name) => {
      const choice = all.get(name);
      if (!choice) throw InputError.of(`there is no ${name}`);
      return choice;
    },
    when: [],
    tags: [],
    vars: [],
    loopControl: { loopVar: 'item' },
    ...more,
  };
}

export function handler(name: string, module: string, params: Record<string, Value>): Handler {
  return { task: task(module, params, { name: expression(() => name) }), listen: [] };
}

export interface Options {
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly prefetch?: boolean;
  readonly handlers?: readonly Handler[];
  readonly selection?: Selection;
  readonly startAt?: number;
  readonly play?: Partial<Play>;
  readonly journal?: RunContext['journal'];
  readonly record?: RunContext['record'];
  readonly lock?: HostLock;
  readonly signal?: AbortSignal;
  /** Hosts side by side. Default 50. */
  readonly forks?: number;
  /** Batches of hosts through all plays (`--serial`). */
  readonly serial?: readonly BatchSize[];
  /** Hosts that are one machine. Default: each is one of its own. */
  readonly sameMachine?: readonly string[];
  /** Whom a host is logged in to as. */
  readonly users?: Readonly<Record<string, string>>;
  /** Hosts that the play is for. Default all. */
  readonly playHosts?: readonly string[];
  /** Hosts that are there, though the inventory does not know them until a task adds them. */
  readonly added?: Readonly<Record<string, SimulatedHost>>;
  /** A second play, of the same name unless it says another: over all hosts, or those of its own pattern once the first is done. */
  readonly next?: Partial<Play>;
  readonly onEvent?: (event: RunEvent) => void;
}

export interface Ran {
  readonly events: readonly RunEvent[];
  readonly exitCode: number;
  /** `host task-module status`, in order. */
  readonly statuses: readonly string[];
  readonly hosts: ReadonlyMap<string, HostRun>;
}

/** Runs one play of `items` over simulated hosts. */
export async function play(hosts: Readonly<Record<string, SimulatedHost>>, items: readonly Item[], options: Options = {}): Promise<Ran> {
  const events: RunEvent[] = [];
  const names = Object.keys(hosts);
  const one: Play = {
    folder: '',
    name: 'test',
    source: nowhere,
    hosts: expression(() => 'all'),
    layers: { defaults: [], vars: [] },
    tasks: items,
    handlers: options.handlers ?? [],
    serial: [],
    anyErrorsFatal: false,
    gatherFacts: false,
    tags: [],
    ...options.play,
  };
  const next: Play = { ...one, maxFailPercentage: 100, anyErrorsFatal: false, ...options.next };
  const planned: readonly LoadedPlay[] = [
    { play: one, hosts: options.playHosts ?? names },
    ...(options.next ? [{ play: next, hosts: names, ...(options.next.hosts && { settledAfter: 0 }) }] : []),
  ];
  const raw = new Map(names.map((name): [string, RawHost] => [name, { name, source: nowhere, file: '', folder: '', layers: [] }]));
  const inventory = growing({
    raw: { hosts: raw, groups: new Map() },
    varsFiles: [],
    assemble: (now) => assembled(now, [], '', new Problems()),
    folder: '',
    warnOfStrays: () => {},
  });
  const select = ({ hosts: pattern }: Play, now: Inventory) => {
    const { hosts: found } = matchPattern(pattern.evaluate(scopeOf([])), now);
    return { hosts: found, isEmpty: found.length === 0 };
  };
  const { sameMachine = [] } = options;
  const machine = new Set<Target>();
  const site = new Site(
    { planned, inventory, select, extraVars: valueLayer('extra', {}) },
    {
      reachingOf: ({ name }) => ({
        settings: {
          transport: 'ssh',
          host: sameMachine.includes(name) ? 'shared' : name,
          user: options.users?.[name] ?? 'root',
        } as Reaching['settings'],
        become: { user: 'root', byDefault: false },
      }),
      mode: { check: options.check ?? false, diff: options.diff ?? false },
      workingFolder: '',
    },
  );
  const runs = site.hosts;
  const order = tasksInOrder(site.plays);
  const context: RunContext = {
    order,
    positions: new Map(order.map((placed, index) => [placed.task.id, index])),
    startAt: options.startAt ?? 0,
    modules,
    hosts: runs,
    site,
    check: options.check ?? false,
    diff: options.diff ?? false,
    prefetch: options.prefetch ?? true,
    selection: options.selection ?? { tags: [], skipTags: [] },
    masker: new Masker(),
    emit: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
    journal: options.journal ?? noJournal,
    record: options.record ?? noRecord,
    signal: options.signal ?? new AbortController().signal,
    readLocal: () => {
      throw new Error('no local files in this test');
    },
    explain: () => undefined,
    targetOf: (name) => {
      const run = runs.get(name);
      const host = hosts[name] ?? options.added?.[name];
      if (!run || !host) throw new Error(`no host ${name}`);
      run.target ??= new Target(() => host.connect(), host.isHere, options.lock, sameMachine.includes(name) ? machine : undefined);
      return run.target;
    },
  };
  await runPlays(context, options.forks ?? 50, options.serial);
  return {
    events,
    exitCode: exitCodeOf(context),
    hosts: runs,
    statuses: events.flatMap((event) =>
      event.event === 'task' || event.event === 'handler' ? [`${event.host} ${event.module} ${event.status}`] : [],
    ),
  };
}
