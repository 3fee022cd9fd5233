import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { main } from '../../src/cli/program.ts';
import { describedWords } from '../../src/language/schema-words.ts';
import { wordsAt } from '../../src/language/words.ts';
import { checkParams } from '../../src/modules/check-params.ts';
import { conditionParams, localParams, variableParams } from '../../src/modules/params.ts';
import { loadModules } from '../../src/modules/registry.ts';
import type { JsonSchema } from '../../src/values/json-schema.ts';
import { Secret } from '../../src/values/secret.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { project } from '../cli/project.ts';
import { projectRoot } from '../lab/places.ts';
import { casesOf, modulesWithCases } from '../modules/cases.ts';
import { wrongPlaces } from './validate.ts';

async function schemaOf(words: string): Promise<JsonSchema> {
  const io = fakeIo();
  await main(['schema', ...words.split(' ').filter(Boolean)], io);
  return JSON.parse(io.printed().output) as JsonSchema;
}

const playbook = await schemaOf('');
const tasks = await schemaOf('tasks');
const inventory = await schemaOf('inventory');
const modules = await loadModules();

function wrongIn(text: string, schema: JsonSchema): readonly string[] {
  return [...new Set(wrongPlaces(parse(text), schema))];
}

for (const name of readdirSync(join(projectRoot, 'playbooks')).filter((file) => file.endsWith('.yaml'))) {
  test(`the schema takes playbooks/${name}`, (t) => {
    t.deepEqual(wrongIn(readFileSync(join(projectRoot, 'playbooks', name), 'utf8'), playbook), []);
  });
}

test('the schema takes the example inventory', (t) => {
  t.deepEqual(wrongIn(readFileSync(join(projectRoot, 'inventory/example/hosts.yaml'), 'utf8'), inventory), []);
});

test('the schema takes the examples of every module', (t) => {
  for (const [name, { examples }] of modules) {
    for (const { description, task } of examples) t.deepEqual(wrongPlaces([parse(task)], tasks), [], `${name}: ${description}`);
  }
});

for (const name of modulesWithCases()) {
  test(`the schema takes what the module takes: ${name}`, (t) => {
    const module = modules.get(name);
    if (!module) throw new Error(`there is no module ${name}`);
    const taken = casesOf(name).filter(({ params }) => 'params' in checkParams(name, module, params, () => undefined));
    t.true(taken.length > 0);
    for (const one of taken) {
      const params = Object.fromEntries(Object.entries(one.params).map(([param, value]) => [param, written(name, param, value, one.params)]));
      t.deepEqual(wrongPlaces([{ [name]: params }], tasks), [], one.name);
    }
  });
}

/** A parameter as a user writes it, from what the module is given. */
function written(name: string, param: string, value: unknown, params: { readonly [name: string]: unknown }): unknown {
  const module = modules.get(name);
  if (module && localParams(module.params, params).has(param)) return (value as { readonly path: string }).path;
  if (module && conditionParams(module.params).includes(param)) return (value as readonly { readonly text: string }[]).map(({ text }) => text);
  if (module && variableParams(module.params).includes(param)) return 'name';
  return withoutSecrets(value);
}

function withoutSecrets(value: unknown): unknown {
  if (value instanceof Secret) return '{{ secret "a" }}';
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

const right: readonly (readonly [what: string, text: string, schema: JsonSchema])[] = [
  [
    'a template wherever a number, a list, a mapping or a choice is wanted',
    task('uri: {url: x, timeout: "{{ a }}", status_code: "{{ b }}", headers: "{{ c }}", method: "{{ d }}", return_content: "{{ e }}"}'),
    playbook,
  ],
  [
    "a module by Ansible's longer name, and words for true",
    task('ansible.builtin.copy: {content: a, dest: /a, backup: Yes}\n      become: "off"'),
    playbook,
  ],
  ['parameters below args', task('command: ls\n      args: {chdir: /srv}'), playbook],
  ['what must be there below args', task('copy: {content: a}\n      args: {dest: /a}'), playbook],
  ['another name of a parameter that must be there', task('sysctl: {key: a.b, val: 1}'), playbook],
  ['text for a list of one', task('docker_network: {name: a}\n      tags: a, b\n      notify: x\n      loop: "{{ list }}"'), playbook],
  [
    'blocks, imports and meta',
    '- hosts: all\n  tasks:\n    - block: [{debug: {msg: 1}}]\n      rescue: [{meta: end_host}]\n    - import_tasks: a.yaml\n    - meta: flush_handlers\n',
    playbook,
  ],
  [
    'imported playbooks',
    '- import_playbook: a.yaml\n  tags: [a]\n- hosts: [web, db]\n  serial: [1, "50%"]\n  handlers:\n    - import_tasks: a.yaml\n    - {name: a, listen: b, debug: {}}\n',
    playbook,
  ],
  [
    'roles and includes',
    '- hosts: all\n  roles: [a, {role: b, colour: red, when: true}]\n  tasks:\n    - import_role: {name: a, tasks_from: b}\n    - include_tasks: "{{ a }}.yaml"\n      loop: [1]\n    - include_role: {name: a, apply: {become: true}}\n    - include_vars: {file: a.yaml, name: b}\n',
    playbook,
  ],
  ['defaults of modules', task('copy: {content: a}\n      module_defaults: {ansible.builtin.copy: {dest: /a}}'), playbook],
  [
    'groups in groups, empty ones and ranges',
    'all:\n  children:\n    web: {hosts: {"w[1:3]": , one: {ssh_port: "{{ p }}"}}, vars: {a: [1]}}\n    db:\n',
    inventory,
  ],
];

for (const [what, text, schema] of right) {
  test(`the schema takes ${what}`, (t) => t.deepEqual(wrongIn(text, schema), []));
}

const wrong: readonly (readonly [what: string, text: string, place: string, schema: JsonSchema])[] = [
  ['an unknown parameter', task('copy: {content: a, dest: /a, ownr: root}'), '0.tasks.0.copy.ownr', playbook],
  ["a parameter of Ansible's that is left out", task('copy: {src: a, dest: /a, local_follow: true}'), '0.tasks.0.copy.local_follow', playbook],
  ['a parameter that is lacking', task('copy: {content: a}'), '0.tasks.0.copy', playbook],
  ['a number of the wrong size', task('wait_for: {port: 70000}'), '0.tasks.0.wait_for.port', playbook],
  ['text for a number', task('wait_for: {port: http}'), '0.tasks.0.wait_for.port', playbook],
  ['another choice', task('file: {path: /a, state: folder}'), '0.tasks.0.file.state', playbook],
  ['a mode that is a number', task('file: {path: /a, mode: 644}'), '0.tasks.0.file.mode', playbook],
  ['text that is neither true nor false', task('systemd: {name: a, enabled: maybe}'), '0.tasks.0.systemd.enabled', playbook],
  ['a list for text', task('copy: {dest: /a, content: [1]}'), '0.tasks.0.copy.content', playbook],
  [
    'an unknown entry of a parameter',
    task('docker_container: {name: a, wait_healthy: {url: "http://a", timeot: 1}}'),
    '0.tasks.0.docker_container.wait_healthy.timeot',
    playbook,
  ],
  ['text for parameters', task('copy: src=a dest=b'), '0.tasks.0.copy', playbook],
  ['an unknown module', task('cpoy: {dest: /a}'), '0.tasks.0.cpoy', playbook],
  ['an unknown word of a task', task('debug: {}\n      wehn: true'), '0.tasks.0.wehn', playbook],
  ["a word of Ansible's that is not taken", task('debug: {}\n      async: 5'), '0.tasks.0.async', playbook],
  ['a wrong value of a word', task('debug: {}\n      retries: often'), '0.tasks.0.retries', playbook],
  ['a loop that is no list', task('debug: {}\n      loop: web'), '0.tasks.0.loop', playbook],
  ['a module beside a block', task('block: []\n      debug: {}'), '0.tasks.0.debug', playbook],
  ['a word of a handler in a task', task('debug: {}\n      listen: a'), '0.tasks.0.listen', playbook],
  ['an unknown meta action', task('meta: stop'), '0.tasks.0.meta', playbook],
  ['a play without hosts', '- tasks: []\n', '0', playbook],
  ['a task at the top', '- hosts: all\n  debug: {}\n', '0.debug', playbook],
  ['a batch of nobody', '- hosts: all\n  serial: 0\n', '0.serial', playbook],
  ['a wrong parameter in a handler', '- hosts: all\n  handlers: [{name: a, systemd: {nme: a}}]\n', '0.handlers.0.systemd.nme', playbook],
  ['a wrong parameter in a file of tasks', '- systemd: {nme: a}\n', '0.systemd.nme', tasks],
  ['an unknown entry of a role', task('import_role: {name: a, task_from: b}'), '0.tasks.0.import_role.task_from', playbook],
  ['an unknown word beside an include', task('include_tasks: a.yaml\n      register: b'), '0.tasks.0.register', playbook],
  [
    'an unknown parameter among the defaults of modules',
    '- hosts: all\n  module_defaults: {copy: {ownr: root}}\n  tasks: [{copy: {content: a, dest: /a}}]\n',
    '0.module_defaults.copy.ownr',
    playbook,
  ],
  ['a host at the place of a group', 'all: {web1: {}}\n', 'all.web1', inventory],
  ['a list of hosts', 'all: {hosts: [web1]}\n', 'all.hosts', inventory],
  ['an unknown connection variable', 'all: {vars: {ssh_prot: 1}}\n', 'all.vars.ssh_prot', inventory],
  ['a port that is none', 'all: {hosts: {a: {ssh_port: 0}}}\n', 'all.hosts.a.ssh_port', inventory],
  ['a way of becoming others that there is not', 'all: {vars: {become_method: runas}}\n', 'all.vars.become_method', inventory],
  ['a connection variable that is refused', 'all: {vars: {ansible_become_flags: -i}}\n', 'all.vars.ansible_become_flags', inventory],
];

for (const [what, text, place, schema] of wrong) {
  test(`the schema refuses ${what}, as lint does`, async (t) => {
    t.deepEqual(wrongIn(text, schema), [place]);
    const io = fakeIo({ workingFolder: projectWith(text, schema) });
    t.is(await main(['lint'], io), 1, io.printed().output);
  });
}

function projectWith(text: string, schema: JsonSchema): string {
  return project({
    'inventory/hosts.yaml': schema === inventory ? text : 'all: {hosts: {web1: {}}}\n',
    'playbooks/site.yaml':
      schema === playbook ? text : `- hosts: all\n  tasks:\n    - ${schema === tasks ? 'import_tasks: tasks/a.yaml' : 'debug: {}'}\n`,
    'playbooks/tasks/a.yaml': schema === tasks ? text : '',
  });
}

test('every word of the language has a schema, and no other', (t) => {
  const words = (['play', 'block', 'task', 'handler', 'import', 'role', 'include'] as const).flatMap(wordsAt);
  t.deepEqual([...new Set(words)].sort(), [...describedWords].sort());
});

test('every parameter and word of the schema has a description to show', (t) => {
  const definitions = playbook['definitions'] as { readonly [name: string]: { readonly properties?: { readonly [key: string]: JsonSchema } } };
  for (const [name, { properties = {} }] of Object.entries(definitions)) {
    for (const [key, { description }] of Object.entries(properties)) t.is(typeof description, 'string', `${name}.${key}`);
  }
});

/** A play with one task. */
function task(text: string): string {
  return `- hosts: all\n  tasks:\n    - ${text}\n`;
}
