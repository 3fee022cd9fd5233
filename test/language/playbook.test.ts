import test from 'ava';
import type { Item, Play, Task } from '../../src/language/play.ts';
import { scopeOf, valueLayer } from '../../src/language/variables.ts';
import type { Value } from '../../src/values/vars.ts';
import { loadProject, type ProjectFiles } from './project.ts';

const scope = scopeOf([valueLayer('test', { x: 'X', yes: true, item: 'i' })]);

function plays<T>(files: ProjectFiles | string, work: (plays: readonly Play[]) => T): Promise<T> {
  return loadProject(typeof files === 'string' ? { 'site.yaml': files } : files, { extraVars: ['{x: X, yes: true}'] }, (loaded) =>
    work(loaded.plays),
  );
}

/** All tasks, those in blocks too. */
function tasks(items: readonly Item[]): readonly Task[] {
  return items.flatMap((item) =>
    item.kind === 'task' ? [item] : item.kind === 'block' ? tasks([...item.block, ...item.rescue, ...item.always]) : [],
  );
}

function params(task: Task | undefined): Value | undefined {
  return task?.params.evaluate(scope);
}

test('a play without anything but hosts has the defaults', async (t) => {
  await plays('- hosts: all\n', ([play]) => {
    t.like(play, { name: 'all', tasks: [], handlers: [], serial: [], anyErrorsFatal: false, tags: [], layers: { defaults: [], vars: [] } });
    t.is(play?.hosts.evaluate(scope), 'all');
    t.is(play?.gatherFacts, undefined);
    t.is(play?.maxFailPercentage, undefined);
  });
});

test('the words of a play', async (t) => {
  const text =
    '- name: P\n  hosts: [all, "!{{ x }}"]\n  serial: [1, "25%", 10]\n  max_fail_percentage: 30%\n  any_errors_fatal: yes\n  gather_facts: no\n  tags: [a, "b,c"]\n';
  await plays(text, ([play]) => {
    t.like(play, { name: 'P', serial: [1, '25%', 10], maxFailPercentage: 30, anyErrorsFatal: true, gatherFacts: false, tags: ['a', 'b', 'c'] });
    t.is(play?.hosts.evaluate(scope), 'all:!X');
  });
});

test('hosts may come from a variable that holds a list', async (t) => {
  await plays('- hosts: "{{ targets }}"\n  vars: {targets: [h1, h2]}\n', ([play]) => {
    t.is(play?.hosts.evaluate(scopeOf(play.layers.vars)), 'h1:h2');
  });
});

test('vars stand below vars_files, which are taken in their order', async (t) => {
  const files = {
    'p/site.yaml': '- hosts: all\n  vars: {a: 0, b: 0, c: 0}\n  vars_files: [one.yaml, ../two.yaml]\n',
    'p/one.yaml': 'b: 1\nc: 1\n',
    'two.yaml': 'c: 2\n',
  };
  await loadProject(files, { playbooks: ['p/site.yaml'] }, ({ plays: [play] }) => {
    const vars = scopeOf(play?.layers.vars ?? []);
    t.deepEqual(
      ['a', 'b', 'c'].map((name) => vars.get(name)),
      [0, 1, 2],
    );
  });
});

test('sections follow each other with handlers flushed between them', async (t) => {
  const text = '- hosts: all\n  post_tasks: [{debug: {msg: c}}]\n  tasks: [{debug: {msg: b}}]\n  pre_tasks: [{debug: {msg: a}}]\n';
  await plays(text, ([play]) => {
    t.deepEqual(
      play?.tasks.map((item) => (item.kind === 'meta' ? item.action : item.kind === 'task' ? params(item) : undefined)),
      [{ msg: 'a' }, 'flush_handlers', { msg: 'b' }, 'flush_handlers', { msg: 'c' }],
    );
  });
});

test('the words of a task', async (t) => {
  const text = `
- hosts: all
  tasks:
    - name: Say {{ x }}
      ansible.builtin.command: echo {{ item }}
      args: {chdir: /tmp}
      loop: ["{{ x }}", 2]
      loop_control: {loop_var: item, index_var: i, label: "no {{ x }}"}
      register: said
      notify: [One, "Two {{ x }}"]
      failed_when: said.rc > 1
      changed_when: [yes == true, true]
      until: said.rc == 0
      retries: 5
      delay: "2"
      timeout: 30
      become: "{{ yes }}"
      become_user: app
      become_method: community.general.doas
      no_log: true
      ignore_errors: yes
      ignore_unreachable: false
      check_mode: false
      diff: no
      run_once: true
      delegate_to: h1
      environment: {A: "{{ x }}"}
      tags: t1, t2
      vars: {own: "{{ x }}"}
  handlers:
    - {name: One, debug: {msg: a}}
    - {name: "Two {{ x }}", debug: {msg: a}, listen: [both, every]}
`;
  await plays(text, ([play]) => {
    const [task] = tasks(play?.tasks ?? []);
    t.like(task, {
      kind: 'task',
      id: 'site.yaml:4',
      module: 'command',
      register: 'said',
      tags: ['t1', 't2'],
      loopControl: { loopVar: 'item', indexVar: 'i' },
    });
    t.is(task?.name.evaluate(scope), 'Say X');
    t.deepEqual(params(task), { cmd: 'echo i', chdir: '/tmp' });
    t.deepEqual(task?.loop?.evaluate(scope), ['X', 2]);
    t.is(task?.loopControl.label?.evaluate(scope), 'no X');
    t.deepEqual(
      task?.notify.map((one) => one.evaluate(scope)),
      ['One', 'Two X'],
    );
    t.is(task?.failedWhen?.length, 1);
    t.is(task?.changedWhen?.length, 2);
    t.is(task?.until?.length, 1);
    t.deepEqual(
      [task?.retries, task?.delay, task?.timeout].map((one) => one?.evaluate(scope)),
      [5, 2, 30],
    );
    t.deepEqual(
      [task?.become, task?.noLog, task?.ignoreErrors, task?.ignoreUnreachable, task?.checkMode, task?.diff, task?.runOnce].map((one) =>
        one?.evaluate(scope),
      ),
      [true, true, true, false, false, false, true],
    );
    t.deepEqual(
      [task?.becomeUser, task?.becomeMethod, task?.delegateTo].map((one) => one?.evaluate(scope)),
      ['app', 'doas', 'h1'],
    );
    t.deepEqual(
      task?.environment.map((one) => one.evaluate(scope)),
      [{ A: 'X' }],
    );
    t.deepEqual(
      play?.handlers.map(({ task: handler, listen }) => [handler.name.evaluate(scope), listen]),
      [
        ['One', []],
        ['Two X', ['both', 'every']],
      ],
    );
  });
});

test('a task without a name is called like its module, one with an undefined name as it is written', async (t) => {
  const text = '- hosts: all\n  tasks:\n    - debug: {msg: a}\n    - {name: "a {{ nope }}", debug: {msg: a}}\n';
  await plays(text, ([play]) => {
    t.deepEqual(
      tasks(play?.tasks ?? []).map((task) => task.name.evaluate(scope)),
      ['debug', 'a {{ nope }}'],
    );
  });
});

test('prefixes of collections are dropped', async (t) => {
  const text =
    '- hosts: all\n  tasks:\n    - ansible.builtin.copy: {dest: /a, content: b}\n    - community.general.debug: {msg: a}\n    - ansible.builtin.meta: noop\n';
  await plays(text, ([play]) => {
    t.deepEqual(
      tasks(play?.tasks ?? []).map((task) => task.module),
      ['copy', 'debug'],
    );
  });
});

test('conditions among the parameters are evaluated and told with their text', async (t) => {
  await plays('- hosts: all\n  tasks:\n    - assert: {that: [x == "X", "!yes"], fail_msg: "{{ x }}"}\n', ([play]) => {
    t.deepEqual(params(tasks(play?.tasks ?? [])[0]), {
      that: [
        { text: 'x == "X"', holds: true },
        { text: '!yes', holds: false },
      ],
      fail_msg: 'X',
    });
  });
});

test('a block hands its words down; the inner one counts, conditions and tags add up', async (t) => {
  const text = `
- hosts: all
  become: false
  tags: [play]
  environment: {A: play}
  tasks:
    - name: B
      become: true
      when: x == "X"
      tags: [outer]
      vars: {a: outer}
      environment: {A: outer}
      block:
        - block:
            - {debug: {msg: a}, when: [yes, true], tags: own, become_user: app, vars: {a: inner}}
          rescue: [{debug: {msg: r}, become: false}]
          always: [{debug: {msg: z}}]
          when: yes
    - debug: {msg: last}
`;
  await plays(text, ([play]) => {
    const [inner, rescue, always, last] = tasks(play?.tasks ?? []);
    t.deepEqual(
      [inner, rescue, always, last].map((task) => task?.when.length),
      [4, 2, 2, 0],
    );
    t.deepEqual(
      [inner, rescue, always, last].map((task) => task?.become?.evaluate(scope)),
      [true, false, true, false],
    );
    t.deepEqual(inner?.tags, ['play', 'outer', 'own']);
    t.deepEqual(last?.tags, ['play']);
    t.deepEqual(
      inner?.environment.map((one) => one.evaluate(scope)),
      [{ A: 'play' }, { A: 'outer' }],
    );
    t.is(scopeOf(inner?.vars ?? []).get('a'), 'inner');
    t.is(scopeOf(rescue?.vars ?? []).get('a'), 'outer');
    const [block] = play?.tasks ?? [];
    t.like(block, { kind: 'block', name: 'B' });
  });
});

test('imported tasks stand where the import stands, with its conditions, tags and variables', async (t) => {
  const files = {
    'site.yaml':
      '- hosts: all\n  tasks:\n    - {import_tasks: tasks/a.yaml, when: yes, tags: i, vars: {v: 1}, become: true}\n    - import_tasks: {file: tasks/a.yaml}\n',
    'tasks/a.yaml': '- import_tasks: b.yaml\n- debug: {msg: a}\n',
    'tasks/b.yaml': '- {debug: {msg: b}, tags: own, when: x == "X"}\n',
  };
  await loadProject(files, { extraVars: ['{x: X, yes: true}'] }, ({ plays: [play] }, folder) => {
    const all = tasks(play?.tasks ?? []);
    t.deepEqual(
      all.map((task) => params(task)),
      [{ msg: 'b' }, { msg: 'a' }, { msg: 'b' }, { msg: 'a' }],
    );
    t.deepEqual(
      all.map((task) => task.tags),
      [['i', 'own'], ['i'], ['own'], []],
    );
    t.deepEqual(
      all.map((task) => task.when.length),
      [2, 1, 1, 0],
    );
    t.deepEqual(
      all.map((task) => task.become?.evaluate(scope)),
      [true, true, undefined, undefined],
    );
    t.is(scopeOf(all[0]?.vars ?? []).get('v'), 1);
    t.is(new Set(all.map((task) => task.id)).size, 4);
    t.deepEqual(
      all.map((task) => task.id),
      ['tasks/b.yaml:1', 'tasks/a.yaml:2', 'tasks/b.yaml:1:3#1', 'tasks/a.yaml:2:3#1'],
    );
    t.deepEqual(all[0]?.folders, [`${folder}/tasks`, folder]);
  });
});

test('imported playbooks give their plays, with the tags, variables and conditions of the import', async (t) => {
  const files = {
    'site.yaml': '- {import_playbook: p/one.yaml, tags: [i], vars: {v: import}, when: yes}\n- hosts: all\n  name: Second\n',
    'p/one.yaml': '- import_playbook: two.yaml\n- {hosts: all, name: First, vars: {v: own}, tasks: [{debug: {msg: a}}]}\n',
    'p/two.yaml': '- {hosts: all, name: Deepest}\n',
  };
  await loadProject(files, { extraVars: ['{yes: true}'] }, ({ plays: all }, folder) => {
    t.deepEqual(
      all.map((play) => play.name),
      ['Deepest', 'First', 'Second'],
    );
    t.deepEqual(
      all.map((play) => play.tags),
      [['i'], ['i'], []],
    );
    t.is(scopeOf(all[1]?.layers.vars ?? []).get('v'), 'import');
    const [task] = tasks(all[1]?.tasks ?? []);
    t.is(task?.when.length, 1);
    t.deepEqual(task?.tags, ['i']);
    t.is(all[1]?.folder, `${folder}/p`);
  });
});

test('handlers may stand in a file of their own', async (t) => {
  const files = {
    'site.yaml':
      '- hosts: all\n  tasks: [{debug: {msg: a}, notify: [One, two]}]\n  handlers:\n    - {import_tasks: handlers/h.yaml, when: yes}\n    - {name: Last, debug: {msg: l}}\n',
    'handlers/h.yaml': '- {name: One, debug: {msg: a}}\n- {name: Two, debug: {msg: b}, listen: two}\n',
  };
  await loadProject(files, { extraVars: ['{yes: true}'] }, ({ plays: [play] }) => {
    t.deepEqual(
      play?.handlers.map(({ task, listen }) => [task.name.evaluate(scope), listen, task.when.length]),
      [
        ['One', [], 1],
        ['Two', ['two'], 1],
        ['Last', [], 0],
      ],
    );
  });
});

test('meta actions', async (t) => {
  await plays('- hosts: all\n  tasks:\n    - {meta: end_host, when: yes, tags: a}\n    - meta: flush_handlers\n', ([play]) => {
    const [first, second] = play?.tasks ?? [];
    t.like(first, { kind: 'meta', action: 'end_host', tags: ['a'] });
    t.like(second, { kind: 'meta', action: 'flush_handlers', when: [] });
  });
});

test('the same files give the same ids each time', async (t) => {
  const text = '- hosts: all\n  tasks: [{debug: {msg: a}}, {debug: {msg: b}}]\n';
  const ids = () => plays(text, ([play]) => tasks(play?.tasks ?? []).map((task) => task.id));
  t.deepEqual(await ids(), await ids());
  t.deepEqual(await ids(), ['site.yaml:2', 'site.yaml:2:30#1']);
});
