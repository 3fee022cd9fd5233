import test from 'ava';
import { main } from '../../src/cli/program.ts';
import { fakeIo } from './fake-io.ts';
import { project } from './project.ts';

/** What lint says of a project: with the exit code, a line each without the hints. */
async function lint(files: { readonly [path: string]: string }) {
  const io = fakeIo({ workingFolder: project({ 'inventory/hosts.yaml': 'all: {hosts: {web1: {}}}\n', ...files }) });
  const exit = await main(['lint'], io);
  const said = io.printed().output.split('\n').slice(0, -2);
  return { exit, said: said.filter((line) => !line.startsWith('  ')), hints: said.filter((line) => line.startsWith('  ')) };
}

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
  t.deepEqual(
    { exit, said },
    { exit: 0, said: ['playbooks/site.yaml:3:7: warning: this group_by counts as changed in every run, also for homerun check'] },
  );
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
      said.map((line) => line.replace(/^playbooks\/site\.yaml:5:\d+: warning: /, '')),
      says === undefined ? [] : [says],
    );
  });
}

test('lint warns of passwords in plain text, wherever in the inventory and plays, and shows none of them', async (t) => {
  const { exit, said, hints } = await lint({
    'inventory/hosts.yaml': 'all:\n  vars:\n    db_password: hunter2\n  hosts:\n    web1: {api_token: hunter2}\n',
    'inventory/group_vars/all.yaml': 'settings:\n  turn_shared_secret: hunter2\n  port: "{{ 1 }}"\n  users: [{password: hunter2}]\n',
    'playbooks/site.yaml': '- hosts: all\n  vars: {admin_pass: 12345}\n  tasks: [{debug: {}}]\n',
  });
  t.is(exit, 0);
  t.deepEqual([...said].sort(), [
    'inventory/group_vars/all.yaml:2:3: warning: "turn_shared_secret" stands here in plain text',
    'inventory/group_vars/all.yaml:4:12: warning: "password" stands here in plain text',
    'inventory/hosts.yaml:3:5: warning: "db_password" stands here in plain text',
    'inventory/hosts.yaml:5:12: warning: "api_token" stands here in plain text',
    'playbooks/site.yaml:2:10: warning: "admin_pass" stands here in plain text',
  ]);
  t.true(hints.includes(`  Keep it encrypted: homerun secret set db_password, and write '{{ secret "db_password" }}' here.`));
  t.notRegex(hints.join(), /hunter2|12345/);
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
  t.deepEqual((await lint({ 'inventory/hosts.yaml': inventory, '.env': 'A=x\n', ...site('- debug: {}\n') })).said, []);
});
