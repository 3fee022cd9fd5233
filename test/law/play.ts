import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Effect } from './host.ts';

/** A playbook as data. */
export interface Playbook {
  readonly plays: readonly object[];
  /** What `include_tasks` may come to. */
  readonly included: Readonly<Record<'low' | 'high', readonly object[]>>;
}

/** The hosts as they are, and what happens to them: first a run, then the drift, then another run. */
export interface World {
  readonly start: Readonly<Record<'h1' | 'h2', Readonly<Record<string, string>>>>;
  readonly effects: readonly Effect[];
  /** Set on both hosts between the runs; empty: removed. */
  readonly drift: Readonly<Record<string, string>>;
  /** Whether the first and the second run are in check mode. */
  readonly check: readonly [boolean, boolean];
}

/** The files of a playbook, by name. */
export function filesOf({ plays, included }: Playbook): Readonly<Record<string, string>> {
  return { 'site.yaml': stringify(plays), 'low.yaml': stringify(included.low), 'high.yaml': stringify(included.high) };
}

/** Playbook and worlds as a person reads them. */
export function shown(playbook: Playbook, worlds: readonly World[]): string {
  return [...Object.entries(filesOf(playbook)).map(([name, text]) => `# ${name}\n${text}`), `# hosts\n${stringify(worlds)}`].join('\n');
}

const folders = ['/a', '/b', '/home/alice'];
const paths = [...folders, '/a/x', '/a/y', '/b/x', '/home/alice/x'];
const contents = ['x', 'y', '{{ own }}', '{{ fact }}', '{{ r1.value }}', '{{ default r2.value "x" }}', '{{ r1.changed }}'];
const one = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const path = one(...paths);
const content = one(...contents);

const conditions = [
  'r1.changed',
  '!r1.failed',
  'has(r1.value) && r1.value == "x"',
  'has(r2.exists) && r2.exists',
  'r2.changed || r1.changed',
  'fact == "x"',
  'own == "y"',
  'inventory_hostname == "h1"',
  'inventory_hostname != "h3"',
  '!(fact == "nothing")',
  '!r2.changed || own != "z"',
  'false',
];
const condition = one(...conditions);

/** Undefined but for one time in so many. */
const oneIn = <T>(count: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: count - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** The parameters of one task; `at` stands for the paths that it may name. */
function moduleOf(at: fc.Arbitrary<string>, text: fc.Arbitrary<string>): fc.Arbitrary<object> {
  const named = one('p', 'q');
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ copy: fc.record({ dest: at, content: text }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        file: fc.oneof(
          fc.record({ path: at, state: one('directory', 'absent') }),
          fc.record({ path: at, state: fc.constant('link'), src: one('/a', '/b', '/a/x') }),
        ),
      }),
    },
    { weight: 2, arbitrary: fc.record({ stat: fc.record({ path: at }) }) },
    { weight: 1, arbitrary: fc.record({ find: fc.record({ path: at }) }) },
    { weight: 2, arbitrary: fc.record({ package: fc.record({ name: named, state: one('present', 'absent') }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        systemd: fc.record({ name: named, state: one('started', 'stopped', 'restarted'), enabled: fc.boolean() }, { requiredKeys: ['name'] }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ user: fc.record({ name: one('alice', 'bob') }) }) },
    { weight: 2, arbitrary: fc.record({ docker_container: fc.record({ name: one('c', 'd'), image: one('i', 'j') }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        command: fc.record(
          {
            put: one('file:/a', 'file:/a/x', 'file:/b/x', 'unit:p', 'package:q', 'container:c', 'image:j'),
            to: one('x', 'y', 'folder', 'present', 'broken', 'garbage', '{{ own }}'),
            creates: at,
            fails: one(false, false, false, false, false, true),
          },
          { requiredKeys: ['put', 'to'] },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ wait_for: fc.record({ path: at }) }) },
    { weight: 2, arbitrary: fc.record({ set_fact: fc.record({ fact: text }) }) },
    { weight: 1, arbitrary: fc.record({ set_fact: fc.record({ level: one('low', 'high') }) }) },
    { weight: 1, arbitrary: fc.record({ group_by: fc.record({ key: one('g-{{ own }}', 'g-x', 'g-{{ fact }}') }) }) },
    { weight: 1, arbitrary: fc.record({ debug: fc.record({ msg: text }) }) },
    { weight: 1, arbitrary: oneIn(3, condition).map((that) => (that === undefined ? { fail: { msg: 'as told' } } : { assert: { that } })) },
  );
}

/** Words of a task; most tasks have few. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>) => oneIn(10, arbitrary);
const words = fc.record({
  when: oneIn(3, fc.oneof(condition, fc.array(condition, { minLength: 2, maxLength: 2 }))),
  register: oneIn(2, one('r1', 'r2')),
  notify: oneIn(3, fc.oneof(one('n1', 'n2', 'n3', 'all'), fc.constant(['n3', 'n1']))),
  ignore_errors: fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: fc.constant(true) }),
  changed_when: seldom(one(...conditions, '1 == 2')),
  failed_when: seldom(one('r1.changed', 'false', 'fact == "x"')),
  become_user: seldom(one('alice', 'bob')),
  environment: seldom(fc.constant({ LANG: 'C' })),
  check_mode: seldom(fc.boolean()),
  vars: seldom(fc.record({ fact: one('x', '{{ own }}', '{{ r1.changed }}') })),
  tries: seldom(condition),
});

type Words = typeof words extends fc.Arbitrary<infer T> ? T : never;

function withWords(module: object, { tries, become_user, ...rest }: Partial<Words>): object {
  const set = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    ...module,
    ...Object.fromEntries(set),
    ...(become_user !== undefined && { become: true, become_user }),
    ...(tries !== undefined && { until: tries, retries: 1, delay: 0 }),
  };
}

const plain = fc.tuple(moduleOf(path, content), words).map(([module, more]) => withWords(module, more));
/** A loop over names below a folder, or over values. */
const looped = fc
  .tuple(
    moduleOf(one('/a/{{ item }}', '/b/{{ item }}', '/{{ item }}'), one('{{ item }}', ...contents)),
    words,
    fc.array(one('a', 'b', 'x', 'y'), { maxLength: 3 }),
    oneIn(2, one(...conditions, 'item == "x"')),
  )
  .map(([module, more, loop, when]) => withWords({ ...module, loop }, { ...more, when }));
const task = fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: looped });
const tasks = (maxLength: number) => fc.array(task, { minLength: 1, maxLength });

const blockWords = fc.record({ when: seldom(condition), become_user: seldom(one('alice')), ignore_errors: seldom(fc.constant(true)) });
const block = fc
  .record({ block: tasks(3), rescue: oneIn(2, tasks(2)), always: oneIn(2, tasks(1)), more: blockWords })
  .map(({ block: inner, rescue, always, more }) => withWords({ block: inner, ...(rescue && { rescue }), ...(always && { always }) }, more));
const nested = fc
  .record({ block: fc.array(fc.oneof(task, block), { minLength: 1, maxLength: 2 }), rescue: tasks(2) })
  .map(({ block: inner, rescue }) => ({ block: inner, rescue }));

const include = fc
  .record({
    file: one('low.yaml', 'high.yaml', '{{ level }}.yaml'),
    loop: oneIn(2, fc.array(one('x', 'y'), { maxLength: 3 })),
    when: oneIn(2, condition),
    fact: oneIn(2, one('x', '{{ own }}', '{{ r1.changed }}')),
  })
  .map(({ file, loop, when, fact }) => ({
    include_tasks: file,
    ...(loop && { loop, loop_control: { loop_var: 'outer' } }),
    ...(when !== undefined && { when }),
    ...(fact !== undefined && { vars: { fact } }),
  }));
const meta = fc
  .record({ meta: one('flush_handlers', 'flush_handlers', 'end_host', 'end_play'), when: oneIn(2, condition) })
  // Where hosts end the play by a condition, those that are further on end where they are: that depends on how fast each is.
  .map(({ meta: action, when }) => ({ meta: action, ...(when !== undefined && action !== 'end_play' && { when }) }));

const items = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: task },
    { weight: 2, arbitrary: block },
    { weight: 1, arbitrary: nested },
    { weight: 1, arbitrary: include },
    { weight: 1, arbitrary: meta },
  ),
  { minLength: 1, maxLength: 10, size: 'max' },
);

const handlers = fc
  .tuple(...['n1', 'n2', 'n3'].map((name) => fc.tuple(fc.constant(name), moduleOf(path, content), seldom(condition), seldom(one('n3', 'n1')))))
  .map((all) =>
    all.map(([name, module, when, notify], index) => ({
      name,
      ...module,
      ...(index > 0 && { listen: 'all' }),
      ...withWords({}, { when, notify }),
    })),
  );

/** Every variable that a task reads is there from the beginning, so that none is refused before the run. */
const vars = { r1: { changed: false, failed: false, value: 'none' }, r2: { changed: false, failed: false }, fact: 'y', level: 'low' };
const play = fc
  .record({
    tasks: items,
    handlers,
    serial: seldom(one(1)),
    force_handlers: seldom(fc.constant(true)),
    become_user: seldom(one('alice')),
    hosts: one('all', 'all', 'all', 'h1', 'g-x', 'g-y:h1'),
  })
  .map(({ tasks: list, handlers: own, hosts, ...more }) => ({
    hosts,
    gather_facts: false,
    ...withWords({}, more),
    vars,
    tasks: list,
    handlers: own,
  }));

/** What a host may have, and as what; the first is twice as likely. */
const things: Readonly<Record<string, readonly string[]>> = {
  'package:p': ['present', ''],
  'package:q': ['present', ''],
  'unit:p': ['started', 'stopped'],
  'unit:p.enabled': ['yes', ''],
  'user:alice': ['present', 'present', ''],
  'user:bob': ['', 'present'],
  'image:i': ['here', ''],
  'container:c': ['i', 'j', ''],
  ...Object.fromEntries(
    paths.map((at) => [
      `file:${at}`,
      folders.includes(at) ? ['folder', 'folder', 'folder', '', 'x', '->/b', '->/a'] : ['x', 'y', '', 'garbage', 'broken', '->/b/x'],
    ]),
  ),
};
const thing = one(...Object.keys(things)).chain((name) => fc.tuple(fc.constant(name), one(...(things[name] ?? []))));
const state = fc
  .record(Object.fromEntries(Object.entries(things).map(([name, [first = '', ...others]]) => [name, one(first, first, ...others)])))
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')));
/** Removing a user is no effect: a shell that is open stays open, whoever opened it early. */
const effect = fc.record({
  when: one('package:p', 'package:q', 'unit:p', 'container:c', 'file:/a/x', 'file:/b/x'),
  to: thing.filter(([name]) => !name.startsWith('user:')),
});

export const playbooks: fc.Arbitrary<Playbook> = fc.record({
  plays: fc.array(play, { minLength: 1, maxLength: 2 }).map((plays) => plays.map((words, index) => ({ name: `play ${index + 1}`, ...words }))),
  included: fc.record({ low: tasks(3), high: tasks(2) }),
});

export const worlds: fc.Arbitrary<World> = fc.record({
  start: fc.record({ h1: state, h2: state }),
  effects: fc.array(effect, { maxLength: 2 }).map((all) => all.map(({ when, to: [name, value] }): Effect => ({ when, name, value }))),
  drift: fc
    .array(
      thing.filter(([name]) => !name.startsWith('user:')),
      { maxLength: 3 },
    )
    .map((all): Record<string, string> => Object.fromEntries(all)),
  check: one<readonly [boolean, boolean]>([false, false], [false, false], [true, false], [false, true]),
});
