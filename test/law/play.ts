import fc from 'fast-check';
import { stringify } from 'yaml';
import { apart } from './apart.ts';
import { condition, content, moduleOf, one, oneIn, path, seldom, task, tasks, withWords } from './tasks.ts';

/** A playbook as data. */
export interface Playbook {
  /** How many hosts are at it at once. */
  readonly forks: number;
  readonly plays: readonly object[];
  /** What `include_tasks` may come to. */
  readonly included: Readonly<Record<'low' | 'high', readonly object[]>>;
}

/** The files of a playbook, by name. */
export function filesOf({ plays, included }: Playbook): Readonly<Record<string, string>> {
  return { 'site.yaml': stringify(plays), 'low.yaml': stringify(included.low), 'high.yaml': stringify(included.high) };
}

const blockWords = fc.record({
  when: seldom(condition),
  become_user: seldom(one('alice')),
  ignore_errors: seldom(fc.constant(true)),
  run_once: seldom(fc.constant(true)),
  delegate_to: seldom(one('h2', 'h3')),
});
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
  .tuple(
    ...['n1', 'n2', 'n3'].map((name) =>
      fc.tuple(
        fc.constant(name),
        moduleOf(path, content),
        fc.record({
          when: seldom(condition),
          notify: seldom(one('n3', 'n1')),
          run_once: seldom(fc.constant(true)),
          delegate_to: seldom(one('h2', 'h3')),
        }),
      ),
    ),
  )
  .map((all) =>
    all.map(([name, module, more], index) => ({
      name,
      ...module,
      ...(index > 0 && { listen: 'all' }),
      ...withWords({}, more),
    })),
  );

/** What was registered last is told in the end. */
const told = {
  debug: { msg: '{{ default r1.value "-" }} {{ default r2.value "-" }} {{ r1.changed }} {{ r2.changed }} {{ r1.failed }} {{ r2.failed }}' },
};

/** Every variable that a task reads is there from the beginning, so that none is refused before the run. */
const vars = { r1: { changed: false, failed: false, value: 'none' }, r2: { changed: false, failed: false }, fact: 'y', level: 'low' };
const play = fc
  .record({
    tasks: items,
    handlers,
    serial: seldom(one(1)),
    force_handlers: seldom(fc.constant(true)),
    become_user: seldom(one('alice')),
    hosts: one('web', 'web', 'web', 'all', 'h1', 'g-x', 'g-y:h1'),
  })
  .map(({ tasks: list, handlers: own, hosts, ...more }) => ({
    hosts,
    gather_facts: false,
    ...withWords({}, more),
    vars,
    tasks: [...list, told],
    handlers: own,
  }));

/** Fewer paths, so that more tasks get in each other's way. */
const crowded = (text: string) => text.replaceAll('/home/alice', '/a').replaceAll('/a/y', '/a/x');

export const playbooks: fc.Arbitrary<Playbook> = fc
  .record({
    forks: one(1, 5),
    plays: fc.array(play, { minLength: 1, maxLength: 2 }).map((plays) => plays.map((words, index) => ({ name: `play ${index + 1}`, ...words }))),
    included: fc.record({ low: tasks(3), high: tasks(2) }),
    isCrowded: fc.boolean(),
  })
  // As plain data: records are made without a prototype, some of the time.
  .map(({ isCrowded, ...playbook }) => JSON.parse(isCrowded ? crowded(JSON.stringify(playbook)) : JSON.stringify(playbook)) as Playbook)
  .map((playbook) => (playbook.forks === 1 ? playbook : apart(playbook)));
