import fc from 'fast-check';

export const folders = ['/a', '/b', '/home/alice'];
/** Every path that is spoken of. */
export const paths = [...folders, '/a/x', '/a/y', '/b/x', '/home/alice/x'];
const contents = ['x', 'y', '{{ own }}', '{{ fact }}', '{{ r1.value }}', '{{ default r2.value "x" }}', '{{ r1.changed }}'];
export const one = <T>(...values: readonly T[]) => fc.constantFrom(...values);
export const path = one(...paths);
export const content = one(...contents);

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
export const condition = one(...conditions);

/** Undefined but for one time in so many. */
export const oneIn = <T>(count: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: count - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** The parameters of one task; `at` stands for the paths that it may name. */
export function moduleOf(at: fc.Arbitrary<string>, text: fc.Arbitrary<string>): fc.Arbitrary<object> {
  const named = one('p', 'q');
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ copy: fc.record({ dest: at, content: text }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        file: fc.oneof(
          fc.record({ path: at, state: one('directory', 'absent', 'absent') }),
          fc.record({ path: at, state: fc.constant('link'), src: one('/a', '/b', '/a/x') }),
        ),
      }),
    },
    { weight: 3, arbitrary: fc.record({ stat: fc.record({ path: at }) }) },
    { weight: 2, arbitrary: fc.record({ find: fc.record({ path: at }) }) },
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
    { weight: 2, arbitrary: fc.record({ wait_for: fc.record({ path: at }) }) },
    { weight: 2, arbitrary: fc.record({ set_fact: fc.record({ fact: text }) }) },
    { weight: 1, arbitrary: fc.record({ set_fact: fc.record({ level: one('low', 'high') }) }) },
    { weight: 1, arbitrary: fc.record({ group_by: fc.record({ key: one('g-{{ own }}', 'g-x', 'g-{{ fact }}') }) }) },
    { weight: 1, arbitrary: fc.record({ debug: fc.record({ msg: text }) }) },
    { weight: 1, arbitrary: oneIn(3, condition).map((that) => (that === undefined ? { fail: { msg: 'as told' } } : { assert: { that } })) },
  );
}

/** Words of a task; most tasks have few. */
export const seldom = <T>(arbitrary: fc.Arbitrary<T>) => oneIn(10, arbitrary);
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
  run_once: seldom(one<boolean | string>(true, true, true, '{{ r1.changed }}')),
  delegate_to: seldom(one('h1', 'h2', 'h3', 'h3', '{{ other }}')),
});

type Words = typeof words extends fc.Arbitrary<infer T> ? T : never;

export function withWords(module: object, { tries, become_user, ...rest }: Partial<Words>): object {
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
export const task = fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: looped });
export const tasks = (maxLength: number) => fc.array(task, { minLength: 1, maxLength });
