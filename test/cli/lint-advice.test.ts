import test from 'ava';
import { main } from '../../src/cli/program.ts';
import { fakeIo } from './fake-io.ts';
import { project } from './project.ts';

/** What lint says of a project: with the exit code, a line each without the hints. @param playbooks those that are named. */
async function lint(files: { readonly [path: string]: string }, ...playbooks: readonly string[]) {
  const io = fakeIo({ workingFolder: project({ 'inventory/hosts.yaml': 'all: {hosts: {web1: {}}}\n', ...files }) });
  const exit = await main(['lint', ...playbooks], io);
  const said = io.printed().output.split('\n').slice(0, -2);
  return { exit, said: said.filter((line) => !line.startsWith('  ')), hints: said.filter((line) => line.startsWith('  ')) };
}

/** Without what is said of variables that nothing uses: short cases have some. */
const butUnused = (said: readonly string[]) => said.filter((line) => !line.includes('nothing uses'));

/** A play with these tasks, and handlers. */
const site = (tasks: string, handlers = '') => ({
  'playbooks/site.yaml': `- hosts: all\n  tasks:\n${indented(tasks)}${handlers === '' ? '' : `  handlers:\n${indented(handlers)}`}`,
});
const indented = (text: string) => text.replaceAll(/^(?=.)/gm, '    ');

test('lint warns of a command that is changed in every run, with what to do, and does not fail', async (t) => {
  t.deepEqual(await lint(site('- command: date\n- name: Two\n  shell: date > /x\n- raw: date\n')), {
    exit: 0,
    said: ['command', 'shell', 'raw'].map(
      (name, index) => `playbooks/site.yaml:${[3, 4, 6][index]}:7: warning: this ${name} is done, and counts as changed, in every run`,
    ),
    hints: [
      '  Give creates (or removes) with a path that it makes (or takes away), or changed_when: false if it only looks, or changed_when: true if that is meant.',
      '  Give creates (or removes) with a path that it makes (or takes away), or changed_when: false if it only looks, or changed_when: true if that is meant.',
      '  Give changed_when: false if it only looks, or changed_when: true if that is meant.',
    ],
  });
});

for (const [what, tasks, handlers] of [
  ['creates or removes', '- command: {cmd: date, creates: /x}\n- shell: date\n  args: {removes: /x}\n'],
  ['changed_when', '- command: date\n  changed_when: false\n- shell: date\n  changed_when: true\n'],
  ['a condition on what an earlier task registered', '- stat: {path: /x}\n  register: found\n- command: date\n  when: "!found.stat.exists"\n'],
  ['a handler, which something has notified', '- copy: {content: a, dest: /a}\n  notify: again\n', '- name: again\n  command: date\n'],
] as const) {
  test(`lint says nothing of a command with ${what}`, async (t) => {
    t.deepEqual(await lint(site(tasks, handlers)), { exit: 0, said: [], hints: [] });
  });
}

test('lint warns of hosts and groups that are added as a change, and not where the task says what it is', async (t) => {
  const { exit, said } = await lint(
    site(
      '- group_by: {key: "os_{{ facts.os_family }}"}\n- add_host: {name: new1}\n  changed_when: false\n- group_by: {key: x}\n  changed_when: true\n',
    ),
  );
  t.deepEqual({ exit, said }, { exit: 0, said: ['playbooks/site.yaml:3:7: warning: this group_by is done, and counts as changed, in every run'] });
});

test('lint warns of a task that is certain to fail, with what it would say, and of which hosts', async (t) => {
  const files = {
    ...site('- assert: {that: size(users) > 0, fail_msg: "nobody in {{ json users }}"}\n- fail: {msg: no}\n  when: users == ["b"]\n'),
    'inventory/hosts.yaml': 'all: {hosts: {web1: {users: []}, web2: {users: [b]}}}\n',
  };
  t.deepEqual(await lint(files), {
    exit: 0,
    said: ['3:7: warning: this fails: nobody in [] (on web1)', '4:7: warning: this fails: no (on web2)'].map((one) => `playbooks/site.yaml:${one}`),
    hints: Array<string>(2).fill(
      '  Set the variables that it reads to what it wants. Where they are only given when it is run (-e), nothing is wrong.',
    ),
  });
  t.deepEqual((await lint({ ...files, 'inventory/hosts.yaml': 'all: {hosts: {web1: {users: [a]}}}\n' })).said, []);
});

for (const [what, tasks] of [
  ['depends on the host', '- fail: {}\n  when: facts.os_family == "Debian"\n- assert: {that: facts.os_family == "Debian"}\n'],
  ['comes after what may end the play', '- meta: end_host\n  when: facts.os_family == "Debian"\n- fail: {}\n'],
  ['is rescued', '- block: [{fail: {}}]\n  rescue: [{debug: {}}]\n'],
  ['is in a rescue', '- block: [{debug: {}}]\n  rescue: [{fail: {}}]\n'],
  ['is ignored', '- fail: {}\n  ignore_errors: true\n'],
  ['only has its turn when its tag is asked for', '- fail: {}\n  tags: [never, wipe]\n'],
  ['depends on what a secret is', '- assert: {that: size(word) > 100}\n  vars: {word: "{{ secret \'word\' }}"}\n'],
  ['depends on what another host has done', '- assert: {that: hostvars.web1.inventory_hostname == "x"}\n'],
  ['one host alone comes to', '- assert: {that: inventory_hostname == "x"}\n  run_once: true\n'],
  ['comes after the end of the play for any host', '- meta: end_play\n  when: inventory_hostname == "x"\n- fail: {}\n'],
  ['is not a failure', '- fail: {}\n  failed_when: false\n'],
  ['has its turn for each item', '- fail: {}\n  loop: []\n'],
] as const)
  test(`lint says nothing of a failure that ${what}`, async (t) => {
    const secrets = 'recipients: [age1x]\nnames: [word]\nsecrets: BEGIN AGE ENCRYPTED FILE\n';
    t.deepEqual((await lint({ ...site(tasks), 'inventory/secrets.age.yaml': secrets })).said, []);
  });

test('lint shows nothing of what no_log hides of a failure', async (t) => {
  const { said } = await lint(site('- fail: {msg: "a {{ word }}"}\n  no_log: true\n  vars: {word: hidden}\n'));
  t.deepEqual(said, ['playbooks/site.yaml:3:7: warning: this fails: what it says is not shown, as no_log is set']);
});

test('lint warns of a handler that nothing notifies', async (t) => {
  const { exit, said } = await lint(
    site('- copy: {content: a, dest: /a}\n  notify: used\n', '- {name: used, debug: {}}\n- {name: left, debug: {}}\n'),
  );
  t.deepEqual({ exit, said }, { exit: 0, said: ['playbooks/site.yaml:7:7: warning: nothing notifies the handler "left"'] });
});

for (const [what, tasks, handlers] of [
  ['listens to what is notified', '- debug: {}\n  notify: topic\n', '- {name: a, listen: topic, debug: {}}\n'],
  ['another handler notifies', '- debug: {}\n  notify: a\n', '- {name: a, notify: b, debug: {}}\n- {name: b, debug: {}}\n'],
  ['is perhaps named by a variable', '- debug: {}\n  notify: "{{ inventory_hostname }}"\n', '- {name: web1, debug: {}}\n- {name: web2, debug: {}}\n'],
  ['is notified from a rescue', '- block: [{debug: {}}]\n  rescue: [{debug: {}, notify: a}]\n', '- {name: a, debug: {}}\n'],
] as const) {
  test(`lint says nothing of a handler that ${what}`, async (t) => {
    t.deepEqual((await lint(site(tasks, handlers))).said, []);
  });
}

test('a handler of an imported file is left alone when one of the plays that import it notifies it', async (t) => {
  const play = (notify: string) =>
    `- hosts: all\n  tasks:\n    - {debug: {}, notify: ${notify}}\n  handlers:\n    - import_tasks: handlers/some.yaml\n`;
  const files = { 'playbooks/handlers/some.yaml': '- {name: a, debug: {}}\n- {name: b, debug: {}}\n- {name: c, debug: {}}\n' };
  const { said } = await lint({ ...files, 'playbooks/site.yaml': play('a') + play('b') });
  t.deepEqual(said, ['playbooks/handlers/some.yaml:3:3: warning: nothing notifies the handler "c"']);
});

test('lint looks into what is included, and leaves handlers of roles to those who use them', async (t) => {
  const { said } = await lint({
    ...site('- include_tasks: more/some.yaml\n', '- {name: a, debug: {}}\n'),
    'playbooks/more/some.yaml': '- {debug: {}, notify: a}\n- command: date\n',
    'playbooks/roles/web/tasks/main.yaml': '- command: date\n',
    'playbooks/roles/web/handlers/main.yaml': '- {name: left, debug: {}}\n',
    'playbooks/other.yaml': '- hosts: all\n  roles: [web]\n',
  });
  t.deepEqual(
    said.map((line) => line.replace(/: warning.*/, '')),
    ['playbooks/roles/web/tasks/main.yaml:1:3', 'playbooks/more/some.yaml:2:3'],
  );
});

const withPorts = {
  'inventory/hosts.yaml': 'all: {vars: {port: 8008, text: "8008", any: none, deep: {port: 1}}, hosts: {web1: {}, web2: {text: 1}}}\n',
};

for (const [condition, says] of [
  ['port == "8008"', 'port is a number and is compared with the text "8008": they are never equal'],
  ['true && !(text != 8008)', 'text is text and is compared with the number 8008: they are never equal (on web1)'],
  ['"1" == deep.port', 'deep.port is a number and is compared with the text "1": they are never equal'],
  ['done.rc != "0"', 'done.rc is a number and is compared with the text "0": they are never equal'],
  ['port == 8008 && any != 5 && any != "5" && done.stdout == "5" && done.rc == 0 && port != "none" && string(port) == "8008"', undefined],
] as const) {
  test(`lint on numbers and text: ${condition}`, async (t) => {
    const task = `- {debug: {}, register: done}\n- debug: {}\n  when: '${condition}'\n`;
    const { exit, said } = await lint({ ...site(task), ...withPorts });
    t.is(exit, 0);
    t.deepEqual(
      butUnused(said).map((line) => line.replace(/^playbooks\/site\.yaml:5:\d+: warning: /, '')),
      says === undefined ? [] : [says],
    );
  });
}

for (const [what, files, says, cure] of [
  ['a value', { 'msg.hbs': '' }, 'playbooks/site.yaml:3:28', 'Write (eq port 8008).'],
  [
    'a template',
    { 'playbooks/templates/msg.hbs': 'a\n{{#if on}}{{#unless (ne "8008" port)}}x{{/unless}}{{/if}}' },
    'playbooks/templates/msg.hbs:2:22',
    'Write (ne port 8008).',
  ],
] as const) {
  test(`lint on numbers and text in ${what}`, async (t) => {
    const task =
      what === 'a value' ? `- debug: {msg: '{{ if (eq port "8008") "a" "b" }} {{ eq port 8008 }}'}\n` : '- template: {src: msg.hbs, dest: /a}\n';
    const { exit, said, hints } = await lint({ ...site(task), ...withPorts, 'inventory/group_vars/all.yaml': 'on: true\n', ...files });
    t.is(exit, 0);
    t.deepEqual(butUnused(said), [`${says}: warning: port is a number and is compared with the text "8008": they are never equal`]);
    t.true(hints.includes(`  ${cure}`));
  });
}

test('lint warns of passwords in plain text, wherever in the inventory and plays, and shows none of them', async (t) => {
  const { exit, said, hints } = await lint({
    'inventory/hosts.yaml': 'all:\n  vars:\n    db_password: hunter2\n  hosts:\n    web1: {api_token: hunter2}\n',
    'inventory/group_vars/all.yaml': 'settings:\n  turn_shared_secret: hunter2\n  port: "{{ 1 }}"\n  users: [{password: hunter2}]\n',
    'playbooks/site.yaml': '- hosts: all\n  vars: {admin_pass: 12345}\n  tasks: [{debug: {}}]\n',
  });
  t.is(exit, 0);
  t.deepEqual(butUnused(said).sort(), [
    'inventory/group_vars/all.yaml:2:3: warning: "turn_shared_secret" stands here in plain text',
    'inventory/group_vars/all.yaml:4:12: warning: "password" stands here in plain text',
    'inventory/hosts.yaml:3:5: warning: "db_password" stands here in plain text',
    'inventory/hosts.yaml:5:12: warning: "api_token" stands here in plain text',
    'playbooks/site.yaml:2:10: warning: "admin_pass" stands here in plain text',
  ]);
  t.true(hints.includes(`  Keep it encrypted: homerun secret set db_password, and write '{{ secret "db_password" }}' here.`));
  t.notRegex(hints.join(), /hunter2|12345/);
});

test('lint warns of passwords in plain text in tasks, blocks, roles and handlers too', async (t) => {
  const { said, hints } = await lint({
    ...site(
      '- {user: {name: a, password: hunter2}, notify: b}\n- vars: {db_password: hunter2}\n  block: [{debug: {msg: "{{ db_password }}"}}]\n- docker_container: {name: app, image: "a:1", env: {DB_PASSWORD: hunter2}}\n- set_fact: {my_token: "{{ env \'TOKEN\' }}", my_secret: hunter2}\n',
      '- {name: b, user: {name: c, password: "{{ db_pass }}"}, vars: {db_pass: hunter2}}\n',
    ),
    'playbooks/roles/web/defaults/main.yaml': 'api_key: hunter2\nkey: "{{ api_key }}"\n',
    'playbooks/roles/web/tasks/main.yaml': '- user: {name: a, password: $6$abc$def}\n- debug: {msg: "{{ key }}"}\n',
    'playbooks/other.yaml': '- hosts: all\n  roles: [web]\n',
    '.env': 'TOKEN=x\n',
  });
  const plain = (name: string) => `warning: "${name}" stands here in plain text`;
  t.deepEqual(butUnused(said).sort(), [
    `playbooks/roles/web/defaults/main.yaml:1:1: ${plain('api_key')}`,
    `playbooks/site.yaml:3:24: ${plain('password')}`,
    `playbooks/site.yaml:4:14: ${plain('db_password')}`,
    `playbooks/site.yaml:6:57: ${plain('DB_PASSWORD')}`,
    `playbooks/site.yaml:7:49: ${plain('my_secret')}`,
    `playbooks/site.yaml:9:68: ${plain('db_pass')}`,
  ]);
  t.notRegex(hints.join(), /hunter2/);
});

test('lint says nothing of secrets that are kept, and of what only sounds like one', async (t) => {
  const inventory = `all:
  vars:
    a_password: "{{ env 'A' }}"
    b_password: "{{ a_password }}"
    token_url: https://example.org
    password_file: secret.txt
    ssl_private_key: /etc/ssl/key.pem
    user_password: $6$abc$def
    update_password: on_create
    lock_password: true
    no_token: ""
  hosts: {web1: {}}
`;
  t.deepEqual(butUnused((await lint({ 'inventory/hosts.yaml': inventory, '.env': 'A=x\n', ...site('- debug: {}\n') })).said), []);
});

for (const [what, task, cure] of [
  ['a file that is touched', 'file: {path: /a, state: touch}', 'Make an empty file that then stays as it is with copy: {content: "", force: false}.'],
  [
    'a service that is restarted',
    'systemd: {name: a, state: restarted}',
    'Make it a handler, and let the tasks notify it whose changes it is to see; state: started is what a task says.',
  ],
  ['a host that is started anew', 'reboot: {}', 'Make it a handler, or let it depend on what an earlier task has registered (when).'],
] as const) {
  test(`lint warns of ${what} in every run`, async (t) => {
    const { exit, said, hints } = await lint(site(`- ${task}\n- {stat: {path: /a}, register: found}\n- ${task}\n  when: found.stat.exists\n`));
    const name = task.slice(0, task.indexOf(':'));
    t.deepEqual({ exit, said }, { exit: 0, said: [`playbooks/site.yaml:3:7: warning: this ${name} is done, and counts as changed, in every run`] });
    t.deepEqual(hints, [`  ${cure}`]);
  });
}

test('lint warns of variables that nothing uses, each at its place', async (t) => {
  const { exit, said, hints } = await lint({
    'inventory/hosts.yaml': 'all:\n  vars: {used: 1, left_of_all: 2}\n  hosts: {web1: {left_of_host: 3, ssh_port: 22, ansible_user: root}}\n',
    'inventory/group_vars/all/a.yaml': '# left_in_file is for later\nleft_in_file: "{{ used }}"\n',
    'playbooks/site.yaml': `- hosts: all
  vars: {left_of_play: 1, _meant: 2}
  vars_files: [vars/more.yaml]
  roles: [web]
  tasks:
    - name: Say left_of_play
      debug: {msg: "{{ x }}"}
      vars: {x: 1, left_of_task: 2}
    - {command: date, register: left_result, changed_when: false}
    - set_fact: {left_fact: 1, port: 2}
    - vars: {left_of_block: 1}
      block: [{debug: {}}]
    - {include_vars: vars/included.yaml}
    - {include_tasks: tasks/more.yaml, vars: {left_of_include: 1}}
`,
    'playbooks/tasks/more.yaml': '- debug: {}\n',
    'playbooks/vars/more.yaml': 'left_of_file: 1\n',
    'playbooks/vars/included.yaml': 'left_included: 1\n',
    'playbooks/roles/web/defaults/main.yaml': 'left_default: 1\nweb_port: 2\n',
    'playbooks/roles/web/vars/main.yaml': 'left_of_role: 1\n',
    'playbooks/roles/web/tasks/main.yaml': '- wait_for: {port: "{{ web_port }}"}\n',
  });
  t.is(exit, 0);
  const variable = (name: string) => `nothing uses the variable "${name}"`;
  t.deepEqual(
    [...said].sort(),
    [
      `inventory/group_vars/all/a.yaml:2:1: warning: ${variable('left_in_file')}`,
      `inventory/hosts.yaml:2:19: warning: ${variable('left_of_all')}`,
      `inventory/hosts.yaml:3:18: warning: ${variable('left_of_host')}`,
      `playbooks/roles/web/defaults/main.yaml:1:1: warning: ${variable('left_default')}`,
      `playbooks/roles/web/vars/main.yaml:1:1: warning: ${variable('left_of_role')}`,
      `playbooks/site.yaml:2:10: warning: ${variable('left_of_play')}`,
      `playbooks/site.yaml:8:20: warning: ${variable('left_of_task')}`,
      'playbooks/site.yaml:9:7: warning: nothing uses what is registered as "left_result"',
      `playbooks/site.yaml:10:18: warning: ${variable('left_fact')}`,
      `playbooks/site.yaml:10:32: warning: ${variable('port')}`,
      `playbooks/site.yaml:11:14: warning: ${variable('left_of_block')}`,
      `playbooks/site.yaml:14:47: warning: ${variable('left_of_include')}`,
      `playbooks/vars/included.yaml:1:1: warning: ${variable('left_included')}`,
      `playbooks/vars/more.yaml:1:1: warning: ${variable('left_of_file')}`,
    ].sort(),
  );
  t.deepEqual([...new Set(hints)].sort(), [
    '  Delete it, or look whether the name that is read is spelt otherwise.',
    '  Take register out, or read it where it was meant to be.',
  ]);
});

for (const [what, files] of [
  ['a template reads', { 'playbooks/templates/a.hbs': '{{#each list as |one|}}{{ one }} {{ @root.mine }}{{/each}}' }],
  ['a part of a template reads', { 'templates/parts/b.hbs': '{{> c mine=1}}{{ mine }}' }],
  ['a condition of another playbook reads', { 'playbooks/other.yaml': '- hosts: all\n  tasks:\n    - {debug: {}, when: has(vars.mine)}\n' }],
  [
    'a condition over several lines reads',
    { 'playbooks/tasks/more.yaml': '- debug: {}\n  when:\n    - true\n    - >-\n      1 == 1 &&\n      mine\n' },
  ],
  ['hostvars reads', { 'playbooks/tasks/more.yaml': '- debug: {msg: "{{ hostvars.web1.mine }}"}\n' }],
  ['hostvars reads by a name in quotes', { 'playbooks/tasks/more.yaml': "- debug: {}\n  when: hostvars['web1']['mine'] == 1\n" }],
  ['a variable of a role reads', { 'playbooks/roles/a/vars/main.yaml': 'b: "{{ mine }}"\nc: "{{ b }}"\nb2: "{{ c }}"\nc2: "{{ b2 }} {{ c2 }}"\n' }],
  ['another file of tasks of a role reads', { 'playbooks/roles/a/tasks/other.yaml': '- debug: {msg: "{{ mine }}"}\n' }],
  ['is perhaps read by a name that is put together', { 'playbooks/tasks/more.yaml': '- debug: {}\n  when: vars["mi" + "ne"] == 1\n' }],
  ['the inventory reads', { 'inventory/group_vars/all.yaml': 'other: "{{ mine }}"\n', 'templates/a.hbs': '{{ other }}' }],
] as const) {
  test(`lint says nothing of a variable that ${what}`, async (t) => {
    const { said } = await lint({
      'playbooks/site.yaml': '- hosts: all\n  vars: {mine: 1}\n  tasks: [{debug: {}}]\n',
      ...(files as { readonly [path: string]: string }),
    });
    t.deepEqual(said, []);
  });
}

test('lint of one playbook says nothing of what others may use', async (t) => {
  const files = {
    'inventory/hosts.yaml': 'all: {vars: {of_inventory: 1}, hosts: {web1: {}}}\n',
    'playbooks/site.yaml': '- hosts: all\n  vars: {of_play: 1}\n  vars_files: [shared.yaml]\n  tasks: [{debug: {}}]\n',
    'playbooks/shared.yaml': 'of_file: 1\n',
  };
  const names = (said: readonly string[]) => said.map((line) => /"(.*)"/.exec(line)?.[1]).sort();
  t.deepEqual(names((await lint(files)).said), ['of_file', 'of_inventory', 'of_play']);
  t.deepEqual(names((await lint(files, 'playbooks/site.yaml')).said), ['of_play']);
});

test('lint says nothing of parameters that a role declares', async (t) => {
  const { said } = await lint({
    'playbooks/site.yaml': '- hosts: all\n  roles: [{role: web, web_port: 1}]\n',
    'playbooks/roles/web/meta/argument_specs.yaml': 'argument_specs: {main: {options: {web_port: {type: int}, web_name: {type: str}}}}\n',
    'playbooks/roles/web/defaults/main.yaml': 'web_name: a\n',
    'playbooks/roles/web/tasks/main.yaml': '- debug: {}\n',
  });
  t.deepEqual(said, []);
});

test('lint tells a warning as one JSON object, with its place and cure', async (t) => {
  const io = fakeIo({
    workingFolder: project({ 'inventory/hosts.yaml': 'all: {hosts: {web1: {}}}\n', ...site('- {set_fact: {left: 1}}\n') }),
  });
  t.is(await main(['lint', '--output', 'json'], io), 0);
  t.deepEqual(JSON.parse(io.printed().output), {
    severity: 'warning',
    message: 'nothing uses the variable "left"',
    file: 'playbooks/site.yaml',
    line: 3,
    column: 19,
    hint: 'Delete it, or look whether the name that is read is spelt otherwise.',
  });
});
